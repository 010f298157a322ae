package dev.tidemark.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.HttpURLConnection;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(300)
class BrokerTest {

    @Test
    void whatABrokerHasAnsweredSurvivesItsDeath() throws IOException {
        try (Broker redis = Broker.redis()) {
            assertThat(ask(redis, "SET a 1")).isEqualTo("+OK");
            int port = redis.port();
            redis.kill9();
            redis.restart();
            assertThat(redis.port()).isEqualTo(port);
            assertThat(ask(redis, "STRLEN a")).isEqualTo(":1");
        }
    }

    @Test
    void aFrozenBrokerAnswersWhenItWakes() throws IOException {
        try (Broker redis = Broker.redis();
                Socket socket = new Socket(redis.host(), redis.port())) {
            redis.freeze();
            socket.setSoTimeout(100);
            socket.getOutputStream().write("PING\r\n".getBytes(StandardCharsets.US_ASCII));
            assertThat(firstLine(socket)).isEqualTo("nothing");
            redis.wake();
            socket.setSoTimeout(120_000);
            assertThat(firstLine(socket)).isEqualTo("+PONG");
        }
    }

    @Test
    void natsIsThereAgainOnTheSamePort() throws IOException {
        try (Broker nats = Broker.nats()) {
            nats.kill9();
            nats.restart();
            try (Socket socket = new Socket(nats.host(), nats.port())) {
                assertThat(firstLine(socket)).startsWith("INFO ").contains("\"jetstream\":true");
            }
        }
    }

    @Tag("long")
    @Test
    void kafkaIsThereAgainOnTheSamePort() throws IOException {
        try (Broker kafka = Broker.kafka("auto.create.topics.enable=false")) {
            kafka.kill9();
            kafka.restart();
            try (Socket socket = new Socket(kafka.host(), kafka.port())) {
                byte[] apiVersions = {0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 42, -1, -1};
                socket.getOutputStream().write(apiVersions);
                assertThat(socket.getInputStream().readNBytes(8)).endsWith(0, 0, 0, 42);
            }
        }
    }

    @Tag("long")
    @Test
    void rabbitmqIsThereAgainOnTheSamePort() throws IOException {
        try (Broker rabbitmq = Broker.rabbitmq("channel_max=7")) {
            rabbitmq.kill9();
            rabbitmq.restart();
            try (Socket socket = new Socket(rabbitmq.host(), rabbitmq.port())) {
                socket.getOutputStream().write(new byte[] {'A', 'M', 'Q', 'P', 0, 0, 9, 1});
                byte[] frame = socket.getInputStream().readNBytes(200);
                assertThat(new String(frame, StandardCharsets.ISO_8859_1)).contains("publisher_confirms");
            }
        }
    }

    @Tag("long")
    @Test
    void sqsIsThereAgainOnTheSamePortWithoutItsQueues() throws IOException {
        try (Broker sqs = Broker.sqs()) {
            assertThat(askSqs(sqs, "CreateQueue", "{\"QueueName\":\"a\"}")).contains("/a\"");
            assertThat(askSqs(sqs, "ListQueues", "{}")).contains("/a\"");
            sqs.kill9();
            sqs.restart();
            assertThat(askSqs(sqs, "ListQueues", "{}")).startsWith("{").doesNotContain("/a\"");
        }
    }

    private static String askSqs(Broker sqs, String action, String body) throws IOException {
        HttpURLConnection connection = (HttpURLConnection) URI.create("http://" + sqs.host() + ":" + sqs.port() + "/")
                .toURL()
                .openConnection();
        connection.setDoOutput(true);
        connection.setRequestProperty("content-type", "application/x-amz-json-1.0");
        connection.setRequestProperty("x-amz-target", "AmazonSQS." + action);
        connection.getOutputStream().write(body.getBytes(StandardCharsets.UTF_8));
        return new String(connection.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    /** RabbitMQ has its name server beside it, which is there before it. */
    @Test
    void aBrokerWhoseProgramCannotRunLeavesNothingBehind() {
        assumeTrue(BrokerKind.RABBITMQ.find().isPresent(), BrokerKind.RABBITMQ.remedy());
        List<Long> before = children();
        assertThatExceptionOfType(UncheckedIOException.class)
                .isThrownBy(
                        () -> BrokerProcess.start(BrokerKind.RABBITMQ, Path.of("/no-such-directory/server"), List.of()))
                .withMessageContaining("/no-such-directory/server");
        assertThat(children()).isSubsetOf(before);
    }

    @Test
    void aBrokerThatDoesNotComeUpLeavesNothingBehind() {
        assumeTrue(BrokerKind.RABBITMQ.find().isPresent(), BrokerKind.RABBITMQ.remedy());
        List<Long> before = children();
        assertThatIllegalStateException().isThrownBy(() -> Broker.rabbitmq("tcp_listeners=[nonsense]"));
        assertThat(children()).isSubsetOf(before);
    }

    @Test
    void aBrokerSpeaksTlsToThoseWhoHaveTheCertificateItWants(@TempDir Path directory) throws Exception {
        TlsStore server = TlsStore.make(directory, "dns:localhost");
        TlsStore client = TlsStore.signed(directory, "dns:client");
        try (Broker redis = Broker.tls("redis", server, client)) {
            assertThat(askOverTls(redis, client.context(server))).isEqualTo("+PONG");
            assertThatIOException().isThrownBy(() -> askOverTls(redis, server.trusting()));
        }
        assertThatIllegalArgumentException().isThrownBy(() -> Broker.tls("sqs", server, null));
    }

    private static String askOverTls(Broker redis, SSLContext context) throws IOException {
        try (Socket socket = context.getSocketFactory().createSocket(redis.host(), redis.tlsPort())) {
            socket.getOutputStream().write("PING\r\n".getBytes(StandardCharsets.US_ASCII));
            return firstLine(socket);
        }
    }

    private static List<Long> children() {
        return ProcessHandle.current().children().map(ProcessHandle::pid).toList();
    }

    @Test
    void kafkaThatDoesNotStartSaysWhy() {
        assertThatIllegalStateException()
                .isThrownBy(() -> Broker.kafka("num.network.threads=-1"))
                .withMessageContaining("num.network.threads")
                .withMessageContaining("did not start on port");
    }

    @Test
    void aBrokerThatDoesNotStartSaysWhy() {
        assertThatIllegalStateException()
                .isThrownBy(() -> Broker.redis("--no-such-option", "1"))
                .withMessageContaining("no-such-option")
                .withMessageContaining("did not start on port");
    }

    private static String ask(Broker redis, String command) throws IOException {
        try (Socket socket = new Socket(redis.host(), redis.port())) {
            socket.getOutputStream().write((command + "\r\n").getBytes(StandardCharsets.US_ASCII));
            return firstLine(socket);
        }
    }

    private static String firstLine(Socket socket) throws IOException {
        try {
            return new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII))
                    .readLine();
        } catch (SocketTimeoutException e) {
            return "nothing";
        }
    }
}
