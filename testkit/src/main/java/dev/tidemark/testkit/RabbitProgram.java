package dev.tidemark.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * RabbitMQ as its package has it, but for the wrapper on the path, which wants to be another user. It has a directory,
 * ports and a name server for its names ({@code epmd}) of its own, and shares nothing with a server of the machine.
 */
final class RabbitProgram {

    private static final List<Path> PLACES =
            List.of(Path.of("/usr/lib/rabbitmq/bin/rabbitmq-server"), Path.of("/opt/rabbitmq/sbin/rabbitmq-server"));
    private static final String NAME_SERVER_PORT = "ERL_EPMD_PORT";

    private static final byte[] GREETING = {'A', 'M', 'Q', 'P', 0, 0, 9, 1};

    /** The type of the frame with which a server that is ready answers. */
    private static final int METHOD = 1;

    private static final int ANSWERS_WITHIN_MILLIS = 1_000;

    private RabbitProgram() {}

    static Optional<Path> find() {
        return PLACES.stream().filter(Files::isExecutable).findFirst();
    }

    /** What the server's process has in its environment. */
    static Map<String, String> environment(Path directory, int port) throws IOException {
        Path file = Files.writeString(directory.resolve("rabbitmq.conf"), """
                listeners.tcp.default = 127.0.0.1:%d
                # its neighbours' memory and disk are no reason to stop
                vm_memory_high_watermark.relative = 0.9
                disk_free_limit.absolute = 1MB
                """.formatted(port));
        Path plugins = Files.writeString(directory.resolve("enabled_plugins"), "[].\n");
        Map<String, String> environment = new LinkedHashMap<>();
        environment.put("HOME", directory.toString());
        environment.put("ERL_EPMD_ADDRESS", "127.0.0.1");
        environment.put(NAME_SERVER_PORT, Integer.toString(RelayProcess.freePort()));
        environment.put("RABBITMQ_NODENAME", "tidemark" + port + "@localhost");
        environment.put("RABBITMQ_NODE_PORT", Integer.toString(port));
        environment.put("RABBITMQ_NODE_IP_ADDRESS", "127.0.0.1");
        environment.put("RABBITMQ_DIST_PORT", Integer.toString(RelayProcess.freePort()));
        environment.put("RABBITMQ_MNESIA_BASE", directory.resolve("mnesia").toString());
        environment.put("RABBITMQ_LOG_BASE", directory.resolve("log").toString());
        environment.put("RABBITMQ_LOGS", "-");
        environment.put("RABBITMQ_CONFIG_FILE", file.toString());
        environment.put(
                "RABBITMQ_CONF_ENV_FILE", directory.resolve("no-such-file").toString());
        environment.put("RABBITMQ_ENABLED_PLUGINS_FILE", plugins.toString());
        // so that the process is the server itself, and not a shell that waits for it
        environment.put("RABBITMQ_ALLOW_INPUT", "true");
        environment.put("RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS", "-noinput +S 2:2 +sbwt none");
        return environment;
    }

    /** The name server, which the server would else start and leave behind. */
    static List<String> companion(Map<String, String> environment) {
        return List.of("epmd", "-address", "127.0.0.1", "-port", String.valueOf(environment.get(NAME_SERVER_PORT)));
    }

    static boolean companionAnswers(Map<String, String> environment) {
        int port = Integer.parseInt(String.valueOf(environment.get(NAME_SERVER_PORT)));
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), ANSWERS_WITHIN_MILLIS);
            return true;
        } catch (IOException notYet) {
            return false;
        }
    }

    /** @param settings such as {@code max_message_size=1000} */
    static List<String> options(String... settings) {
        return Stream.of(settings)
                .flatMap(setting -> Stream.of(
                        "-rabbit",
                        setting.substring(0, setting.indexOf('=')),
                        setting.substring(setting.indexOf('=') + 1)))
                .toList();
    }

    static List<String> tls(TlsListener listener) {
        TlsStore clients = listener.clients();
        String verify = clients == null
                ? "{verify,verify_none}"
                : "{cacertfile,\"" + clients.authority() + "\"},{verify,verify_peer},{fail_if_no_peer_cert,true}";
        return options(
                "ssl_listeners=[{\"127.0.0.1\"," + listener.port() + "}]",
                "ssl_options=[{certfile,\"" + listener.server().certificate() + "\"},{keyfile,\""
                        + listener.server().key() + "\"}," + verify + "]");
    }

    /** It listens before it has written all that it needs for its next start. */
    static boolean hasStarted(String log) {
        return log.contains(" completed with ");
    }

    /**
     * Whether one that is killed now finds its quorum queues again. The names of new ones are on its disk only a second or
     * so after it has answered that they are there. One that is killed before that begins such a queue anew: without what it
     * has confirmed, and without a leader, so that whoever writes or reads waits for ever.
     */
    static boolean hasSaved(Map<String, String> environment) {
        String node = String.valueOf(environment.get("RABBITMQ_NODENAME"));
        Path queues = Path.of(String.valueOf(environment.get("RABBITMQ_MNESIA_BASE")), node, "quorum", node);
        Path names = queues.resolve("names.dets");
        if (!Files.exists(names)) {
            return true; // it has not come so far
        }
        try (Stream<Path> all = Files.list(queues)) {
            String saved = Files.readString(names, StandardCharsets.ISO_8859_1);
            return all.filter(Files::isDirectory)
                    .allMatch(queue -> saved.contains(queue.getFileName().toString()));
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + queues, e);
        }
    }

    static boolean answers(int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), ANSWERS_WITHIN_MILLIS);
            socket.setSoTimeout(ANSWERS_WITHIN_MILLIS);
            socket.getOutputStream().write(GREETING);
            InputStream in = socket.getInputStream();
            return in.read() == METHOD;
        } catch (IOException notYet) {
            return false;
        }
    }
}
