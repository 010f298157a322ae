package dev.tidemark.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** What differs between brokers: how one is found, started, and known to be up. */
enum BrokerKind {
    /**
     * With an append-only file: what it has answered survives its own death. With {@code everysec}, which is its default, it
     * answers before it has written while its disk is busy.
     */
    REDIS("redis-server", 6379, "PING\r\n", "[+]PONG|-NOAUTH .*") {
        @Override
        List<String> arguments(Path directory, int port) {
            return List.of(
                    "--bind",
                    "127.0.0.1",
                    "--port",
                    Integer.toString(port),
                    "--dir",
                    directory.toString(),
                    "--save",
                    "",
                    "--appendonly",
                    "yes",
                    "--appendfsync",
                    "always");
        }

        @Override
        List<String> tls(int port, TlsListener listener) {
            TlsStore clients = listener.clients();
            return List.of(
                    "--tls-port",
                    Integer.toString(listener.port()),
                    "--tls-cert-file",
                    listener.server().certificate().toString(),
                    "--tls-key-file",
                    listener.server().key().toString(),
                    "--tls-ca-cert-file",
                    (clients == null ? listener.server() : clients).authority().toString(),
                    "--tls-auth-clients",
                    clients == null ? "no" : "yes");
        }
    },
    /** With JetStream, and room for messages of 8 MiB. */
    NATS("nats-server", 4222, "", "INFO .*") {
        @Override
        List<String> arguments(Path directory, int port) throws IOException {
            Path file = Files.writeString(directory.resolve("nats.conf"), "max_payload: 8388608\n");
            return List.of(
                    "--addr",
                    "127.0.0.1",
                    "--port",
                    Integer.toString(port),
                    "--jetstream",
                    "--store_dir",
                    directory.toString(),
                    "--config",
                    file.toString());
        }

        @Override
        List<String> tls(int port, TlsListener listener) {
            List<String> options = new ArrayList<>(List.of(
                    "--tls",
                    "--tlscert",
                    listener.server().certificate().toString(),
                    "--tlskey",
                    listener.server().key().toString()));
            TlsStore clients = listener.clients();
            if (clients != null) {
                options.addAll(List.of(
                        "--tlsverify", "--tlscacert", clients.authority().toString()));
            }
            return options;
        }

        @Override
        boolean hasTlsBehindItsGreeting() {
            return true;
        }
    },
    /** From its own jars. */
    KAFKA("java", 9092, "", "") {
        @Override
        Optional<Path> find() {
            return KafkaProgram.find();
        }

        @Override
        String remedy() {
            return "the jars of Kafka are not where " + KafkaProgram.JARS_PROPERTY
                    + " says; ./mvnw -pl testkit-kafka generate-test-resources puts them into testkit-kafka/target/lib";
        }

        @Override
        List<String> arguments(Path directory, int port) throws IOException {
            return KafkaProgram.arguments(directory, port);
        }

        @Override
        List<String> tls(int port, TlsListener listener) {
            return KafkaProgram.tls(port, listener);
        }

        @Override
        boolean answers(int port) {
            return KafkaProgram.answers(port);
        }
    },
    /** From its Debian package. */
    RABBITMQ("rabbitmq-server", 5672, "", "") {
        @Override
        Optional<Path> find() {
            return RabbitProgram.find();
        }

        @Override
        String remedy() {
            return "there is no RabbitMQ in /usr/lib/rabbitmq; apt-get install rabbitmq-server";
        }

        @Override
        List<String> arguments(Path directory, int port) {
            return List.of();
        }

        @Override
        List<String> tls(int port, TlsListener listener) {
            return RabbitProgram.tls(listener);
        }

        @Override
        Map<String, String> environment(Path directory, int port) throws IOException {
            return RabbitProgram.environment(directory, port);
        }

        @Override
        List<String> companion(Map<String, String> environment) {
            return RabbitProgram.companion(environment);
        }

        @Override
        boolean companionAnswers(Map<String, String> environment) {
            return RabbitProgram.companionAnswers(environment);
        }

        @Override
        boolean hasStarted(String log) {
            return RabbitProgram.hasStarted(log);
        }

        @Override
        boolean answers(int port) {
            return RabbitProgram.answers(port);
        }

        @Override
        boolean hasSaved(Map<String, String> environment) {
            return RabbitProgram.hasSaved(environment);
        }
    },
    /** From its own jars, without any user; what it has answered does not survive its death. */
    SQS("java", 9324, "", "") {
        @Override
        Optional<Path> find() {
            return SqsProgram.find();
        }

        @Override
        String remedy() {
            return "the jars of ElasticMQ are not where " + SqsProgram.JARS_PROPERTY
                    + " says; ./mvnw -pl testkit-sqs generate-test-resources puts them into testkit-sqs/target/lib";
        }

        @Override
        List<String> arguments(Path directory, int port) {
            return SqsProgram.arguments(port);
        }

        @Override
        boolean answers(int port) {
            return SqsProgram.answers(port);
        }
    };

    private static final int ANSWERS_WITHIN_MILLIS = 1_000;

    private final String program;
    private final int port;
    private final String question;
    private final String answer;

    BrokerKind(String program, int port, String question, String answer) {
        this.program = program;
        this.port = port;
        this.question = question;
        this.answer = answer;
    }

    /** The arguments of its program, but for those that a test adds. */
    abstract List<String> arguments(Path directory, int port) throws IOException;

    /** Further arguments, with which it speaks TLS too. */
    List<String> tls(int port, TlsListener listener) {
        throw new IllegalArgumentException(word() + " is not started with TLS here");
    }

    /** Whether it speaks TLS at its only port, after it has begun without. */
    boolean hasTlsBehindItsGreeting() {
        return false;
    }

    /** What its process has in its environment besides. */
    Map<String, String> environment(Path directory, int port) throws IOException {
        return Map.of();
    }

    /** Another program that it needs beside it, with the same environment; empty if none. */
    List<String> companion(Map<String, String> environment) {
        return List.of();
    }

    /** Whether that other program is ready. */
    boolean companionAnswers(Map<String, String> environment) {
        return true;
    }

    /** Whether what it has written since its start does not say that it is still busy with that. */
    boolean hasStarted(String log) {
        return true;
    }

    /** Whether one that is killed now would still have what it has promised to keep, as far as it says so at all. */
    boolean hasSaved(Map<String, String> environment) {
        return true;
    }

    /** Its program; empty if this machine has none. */
    Optional<Path> find() {
        String path = System.getenv().getOrDefault("PATH", "") + ":/usr/sbin:/usr/local/sbin";
        return Stream.of(path.split(":"))
                .filter(directory -> !directory.isEmpty())
                .map(directory -> Path.of(directory, program))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** What is missing where there is no program, and how to get it: its Debian package has its name. */
    String remedy() {
        return "there is no " + program + " on the path; apt-get install " + program;
    }

    /** The port of a URL without one. */
    int usualPort() {
        return port;
    }

    /** Such as {@code redis}. */
    String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Whether one that is ready to serve answers at {@code port} of this machine. */
    boolean answers(int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), ANSWERS_WITHIN_MILLIS);
            socket.setSoTimeout(ANSWERS_WITHIN_MILLIS);
            socket.getOutputStream().write(question.getBytes(StandardCharsets.US_ASCII));
            return firstLine(socket.getInputStream()).matches(answer);
        } catch (IOException notYet) {
            return false;
        }
    }

    private static String firstLine(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c >= 0 && c != '\r' && c != '\n'; c = in.read()) {
            line.append((char) c);
        }
        return line.toString();
    }
}
