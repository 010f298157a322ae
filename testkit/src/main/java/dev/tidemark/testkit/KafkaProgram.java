package dev.tidemark.testkit;

import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Kafka from its own jars: one node that is its own controller, with everything replicated once. Topics are made for
 * whoever asks, as a broker does that nobody has set up.
 */
final class KafkaProgram {

    /** A directory with the jars of the broker and all that they need. */
    static final String JARS_PROPERTY = "tidemark.kafka.jars";

    private static final String CLUSTER = "dGlkZW1hcmstdGVzdGtpdA";
    private static final String MAIN = "kafka.Kafka";
    private static final String FORMATTER = "kafka.tools.StorageTool";

    /** ApiVersions in its version 0, which every broker answers, also before anybody has said who he is. */
    private static final byte[] QUESTION = {0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, -1, -1};

    private static final int ANSWERS_WITHIN_MILLIS = 1_000;

    private KafkaProgram() {}

    /** The JVM that runs it; empty if the jars are not there. */
    static Optional<Path> find() {
        return Optional.ofNullable(System.getProperty(JARS_PROPERTY))
                .filter(jars -> new File(jars).isDirectory())
                .map(jars -> Path.of(System.getProperty("java.home"), "bin", "java"));
    }

    /** Formats an empty directory, and says what the JVM needs to run over it. */
    static List<String> arguments(Path directory, int port) throws IOException {
        int controller = RelayProcess.freePort();
        Path file = Files.writeString(
                directory.resolve("server.properties"), """
                process.roles=broker,controller
                node.id=1
                controller.quorum.voters=1@127.0.0.1:%2$d
                listeners=CLIENTS://127.0.0.1:%1$d,CONTROLLER://127.0.0.1:%2$d
                listener.security.protocol.map=CLIENTS:PLAINTEXT,CONTROLLER:PLAINTEXT
                inter.broker.listener.name=CLIENTS
                controller.listener.names=CONTROLLER
                log.dirs=%3$s
                message.max.bytes=8388608
                offsets.topic.replication.factor=1
                transaction.state.log.replication.factor=1
                transaction.state.log.min.isr=1
                group.initial.rebalance.delay.ms=0
                # one that was killed may come back soon, and one that a busy machine has stopped for seconds is not given up
                broker.heartbeat.interval.ms=500
                broker.session.timeout.ms=6000
                """.formatted(port, controller, directory.resolve("topics")));
        List<String> format = new ArrayList<>(List.of(find().orElseThrow().toString()));
        format.addAll(java(FORMATTER));
        format.addAll(List.of("format", "--cluster-id", CLUSTER, "--config", file.toString()));
        new Command(format).run();
        List<String> arguments = java(MAIN);
        arguments.add(file.toString());
        return arguments;
    }

    /** With a listener more, and the controller at another port, as all listeners stand in one setting. */
    static List<String> tls(int port, TlsListener listener) {
        int controller;
        try {
            controller = RelayProcess.freePort();
        } catch (IOException e) {
            throw new UncheckedIOException("no port is free", e);
        }
        TlsStore clients = listener.clients();
        List<String> settings = new ArrayList<>(List.of(
                "controller.quorum.voters=1@127.0.0.1:" + controller,
                "listeners=CLIENTS://127.0.0.1:" + port + ",TLS://127.0.0.1:" + listener.port()
                        + ",CONTROLLER://127.0.0.1:" + controller,
                "advertised.listeners=CLIENTS://127.0.0.1:" + port + ",TLS://localhost:" + listener.port(),
                "listener.security.protocol.map=CLIENTS:PLAINTEXT,TLS:SSL,CONTROLLER:PLAINTEXT",
                "ssl.keystore.location=" + listener.server().path(),
                "ssl.keystore.password=" + TlsStore.PASSWORD));
        if (clients != null) {
            settings.addAll(List.of(
                    "ssl.client.auth=required",
                    "ssl.truststore.location=" + clients.path(),
                    "ssl.truststore.password=" + TlsStore.PASSWORD));
        }
        return settings.stream()
                .flatMap(setting -> Stream.of("--override", setting))
                .toList();
    }

    private static List<String> java(String main) {
        return new ArrayList<>(List.of(
                "-Xmx256m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
                "-cp",
                System.getProperty(JARS_PROPERTY) + File.separator + "*",
                main));
    }

    static boolean answers(int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), ANSWERS_WITHIN_MILLIS);
            socket.setSoTimeout(ANSWERS_WITHIN_MILLIS);
            socket.getOutputStream().write(QUESTION);
            InputStream in = socket.getInputStream();
            return in.readNBytes(Integer.BYTES).length == Integer.BYTES;
        } catch (IOException notYet) {
            return false;
        }
    }
}
