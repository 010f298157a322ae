package dev.tidemark.relay.doctor;

import static dev.tidemark.relay.doctor.DoctorTest.one;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.relay.config.Feed;
import dev.tidemark.relay.config.HttpSinkConfig;
import dev.tidemark.relay.config.KafkaSinkConfig;
import dev.tidemark.relay.config.MemoryConfig;
import dev.tidemark.relay.config.NatsSinkConfig;
import dev.tidemark.relay.config.PostgresSinkConfig;
import dev.tidemark.relay.config.RabbitSinkConfig;
import dev.tidemark.relay.config.RedisSinkConfig;
import dev.tidemark.relay.config.Secret;
import dev.tidemark.relay.config.SnsSinkConfig;
import dev.tidemark.relay.config.SqsSinkConfig;
import dev.tidemark.relay.config.SubscriberConfig;
import dev.tidemark.relay.doctor.Finding.Severity;
import dev.tidemark.testkit.Broker;
import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.PostgresServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SinkExaminationTest {

    /** Of a machine that has other things to do. */
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    @Test
    void aListenerIsReachedAndSentNothing() throws Exception {
        try (ServerSocket receiver = listener()) {
            assertThat(one("sink shipping", Severity.OK, examine("http", receiver.getLocalPort()))
                            .message())
                    .contains("localhost:" + receiver.getLocalPort() + " answers", "no event was sent");
            try (Socket seen = receiver.accept()) {
                assertThat(seen.getInputStream().read()).isEqualTo(-1);
            }
        }
    }

    @Test
    void aClosedPortIsAProblem() throws Exception {
        int port;
        try (ServerSocket receiver = listener()) {
            port = receiver.getLocalPort();
        }
        assertThat(one("sink shipping", Severity.PROBLEM, examine("http", port)).message())
                .contains("cannot be reached", "would wait in the backlog")
                .doesNotContain("key");
    }

    @Test
    void aHostThatDoesNotExistIsAProblem() {
        Findings findings = new Findings();
        new SinkExamination(List.of(subscriber("http://nowhere.invalid/events"))).examine(findings);
        assertThat(one("sink shipping", Severity.PROBLEM, findings.all()).message())
                .isEqualTo("no host is called nowhere.invalid");
    }

    @Test
    void anAddressThatTheRelayWouldRefuseIsAProblem() {
        Findings findings = new Findings();
        new SinkExamination(List.of(subscriber("http://169.254.169.254/latest"))).examine(findings);
        assertThat(one("sink shipping", Severity.PROBLEM, findings.all()).message())
                .startsWith("169.254.169.254 leads to 169.254.169.254, which is link-local")
                .endsWith("see http.addresses and http.allow; its events would wait in the backlog");
    }

    @Test
    void aListenerThatDoesNotSpeakTlsIsAProblem() throws Exception {
        try (ServerSocket receiver = listener()) {
            Thread plain = new Thread(() -> answerPlainly(receiver));
            plain.start();
            assertThat(one("sink shipping", Severity.PROBLEM, examine("https", receiver.getLocalPort()))
                            .message())
                    .contains("but not with TLS that is trusted");
            plain.join();
        }
    }

    @Test
    void aDatabaseIsAskedWhetherItWouldTakeAnEvent() throws Exception {
        PostgresServer server = PostgresServer.shared();
        Database reports = server.createDatabase();
        try {
            String place = "PostgreSQL at " + server.host() + ":" + server.port() + "/" + reports.name();
            assertThat(one("sink reporting", Severity.PROBLEM, examinePostgres(reports))
                            .message())
                    .isEqualTo(place + " answers, but public.incoming takes no events: the table is not there; apply"
                            + " V008__incoming.sql (SQLSTATE 42P01); they would wait in the backlog");
            reports.runResource("dev/tidemark/sql/V008__incoming.sql");
            assertThat(one("sink reporting", Severity.OK, examinePostgres(reports))
                            .message())
                    .isEqualTo(place + " answers, and takes events; none was sent");
            assertThat(one("sink reporting", Severity.PROBLEM, examinePostgres(reports.as("postgres", "hunter2")))
                            .message())
                    .startsWith(place + " cannot be reached: the user or its password is not accepted");
            try (Connection connection = reports.connect();
                    Statement statement = connection.createStatement();
                    ResultSet row = statement.executeQuery("select count(*) from incoming")) {
                row.next();
                assertThat(row.getInt(1)).isZero();
            }
        } finally {
            server.dropDatabase(reports);
        }
    }

    private static List<Finding> examinePostgres(Database database) {
        Findings findings = new Findings();
        PostgresSinkConfig sink =
                PostgresSinkConfig.to(database.url(), database.user(), Secret.of(database.password()));
        new SinkExamination(
                        List.of(SubscriberConfig.builder("reporting").sink(sink).build()), PATIENCE)
                .examine(findings);
        return findings.all();
    }

    @Test
    void kafkaIsAskedForItsBrokersAndForTheOnlyTopic() {
        try (Broker kafka = Broker.kafka()) {
            String place = kafka.host() + ":" + kafka.port();
            assertThat(one("sink ledger", Severity.OK, examineKafka(place, "events.{source}", null))
                            .message())
                    .isEqualTo("Kafka at " + place + " answers, brokers: 1; no event was sent");
            assertThat(one("sink ledger", Severity.PROBLEM, examineKafka(place, "events", null))
                            .message())
                    .isEqualTo("Kafka at " + place + " answers, but topic events: it is not there; make it, or let the"
                            + " relay: kafka.create; its events would wait in the backlog");
            KafkaSinkConfig.Create create = new KafkaSinkConfig.Create(1, 1);
            assertThat(one("sink ledger", Severity.OK, examineKafka(place, "events", create)))
                    .isNotNull();
            assertThat(one("sink ledger", Severity.PROBLEM, examineKafka(place, "events", null)))
                    .as("the doctor has made nothing")
                    .isNotNull();
        }
    }

    @Test
    void kafkaThatIsNotThereIsAProblem() throws Exception {
        int port;
        try (ServerSocket broker = listener()) {
            port = broker.getLocalPort();
        }
        assertThat(one("sink ledger", Severity.PROBLEM, examineKafka("localhost:" + port, "events", null))
                        .message())
                .isEqualTo("Kafka at localhost:" + port
                        + " cannot be reached: no answer in time; its events would wait in the backlog");
    }

    @Test
    void rabbitmqIsAskedForTheExchange() {
        try (Broker rabbitmq = Broker.rabbitmq()) {
            String place = rabbitmq.host() + ":" + rabbitmq.port();
            assertThat(one("sink billing", Severity.PROBLEM, examineRabbit(place, "doctor", null))
                            .message())
                    .isEqualTo("RabbitMQ at " + place + " answers, but exchange doctor: answered 404 NOT_FOUND: the"
                            + " exchange is not there; make it, or let the relay: rabbitmq.create; its events would"
                            + " wait in the backlog");
            RabbitSinkConfig.Create create = new RabbitSinkConfig.Create("", "#");
            assertThat(one("sink billing", Severity.OK, examineRabbit(place, "doctor", create))
                            .message())
                    .isEqualTo("RabbitMQ at " + place + " answers; no event was sent");
            assertThat(one("sink billing", Severity.PROBLEM, examineRabbit(place, "doctor", null)))
                    .as("the doctor has made nothing")
                    .isNotNull();
            assertThat(one("sink billing", Severity.OK, examineRabbit(place, "amq.topic", null)))
                    .isNotNull();
        }
    }

    @Test
    void rabbitmqThatIsNotThereIsAProblem() throws Exception {
        int port;
        try (ServerSocket broker = listener()) {
            port = broker.getLocalPort();
        }
        assertThat(one("sink billing", Severity.PROBLEM, examineRabbit("localhost:" + port, "a", null))
                        .message())
                .isEqualTo("RabbitMQ at localhost:" + port
                        + " cannot be reached: connection refused; its events would wait in the backlog");
    }

    @Test
    void redisIsAskedAsItsSinkWould() {
        try (Broker redis = Broker.redis("--requirepass", "hunter2")) {
            String place = redis.host() + ":" + redis.port();
            assertThat(one("sink cache", Severity.PROBLEM, examineRedis(place, Secret.none()))
                            .message())
                    .isEqualTo("Redis at " + place
                            + " cannot be reached: answered NOAUTH; its events would wait in the backlog");
            assertThat(one("sink cache", Severity.OK, examineRedis(place, Secret.of("hunter2")))
                            .message())
                    .isEqualTo("Redis at " + place + " answers; no event was sent");
            redis.kill9();
            assertThat(one("sink cache", Severity.PROBLEM, examineRedis(place, Secret.of("hunter2")))
                            .message())
                    .isEqualTo("Redis at " + place
                            + " cannot be reached: connection refused; its events would wait in the backlog");
        }
    }

    @Test
    void natsIsAskedAsItsSinkWould() {
        try (Broker nats = Broker.nats("--user", "relay", "--pass", "hunter2")) {
            String place = nats.host() + ":" + nats.port();
            assertThat(one("sink mail", Severity.PROBLEM, examineNats(place, "", Secret.none()))
                            .message())
                    .isEqualTo("NATS at " + place
                            + " cannot be reached: user or password refused; its events would wait in the backlog");
            assertThat(one("sink mail", Severity.OK, examineNats(place, "relay", Secret.of("hunter2")))
                            .message())
                    .isEqualTo("NATS at " + place + " answers; no event was sent");
            nats.kill9();
            assertThat(one("sink mail", Severity.PROBLEM, examineNats(place, "relay", Secret.of("hunter2")))
                            .message())
                    .isEqualTo("NATS at " + place
                            + " cannot be reached: connection refused; its events would wait in the backlog");
        }
    }

    private static List<Finding> examineRedis(String place, Secret password) {
        RedisSinkConfig redis = new RedisSinkConfig(
                URI.create("redis://" + place), "", password, "events", 0, Duration.ofSeconds(20), Map.of());
        Findings findings = new Findings();
        new SinkExamination(
                        List.of(SubscriberConfig.builder("cache").sink(redis).build()), PATIENCE)
                .examine(findings);
        return findings.all();
    }

    private static List<Finding> examineNats(String place, String user, Secret password) {
        NatsSinkConfig nats = new NatsSinkConfig(
                URI.create("nats://" + place),
                user,
                password,
                "events",
                "",
                NatsSinkConfig.Mode.STRUCTURED,
                Duration.ofSeconds(20),
                Map.of());
        Findings findings = new Findings();
        new SinkExamination(List.of(SubscriberConfig.builder("mail").sink(nats).build()), PATIENCE).examine(findings);
        return findings.all();
    }

    @Test
    void sqsIsAskedForTheQueue() {
        try (Broker sqs = Broker.sqs()) {
            String place = "http://" + sqs.host() + ":" + sqs.port();
            assertThat(one("sink invoicing", Severity.PROBLEM, examineSqs(place, "doctor.fifo"))
                            .message())
                    .isEqualTo(
                            "SQS at " + place + " answered QueueDoesNotExist: it is not there; make it, the relay does"
                                    + " not; its events would wait in the backlog");
            assertThat(one("sink invoicing", Severity.OK, examineSqs(place, "{source}.fifo"))
                            .message())
                    .isEqualTo(sqs.host() + ":" + sqs.port() + " answers; no event was sent");
            sqs.kill9();
            assertThat(one("sink invoicing", Severity.PROBLEM, examineSqs(place, "doctor.fifo"))
                            .message())
                    .isEqualTo("SQS at " + place + " cannot be asked: it failed: connection refused; its events would"
                            + " wait in the backlog");
        }
    }

    @Test
    void snsIsAskedForTheTopic() throws Exception {
        int port;
        try (ServerSocket server = listener()) {
            port = server.getLocalPort();
        }
        String topic = "arn:aws:sns:eu-central-1:123456789012:";
        assertThat(one("sink everybody", Severity.PROBLEM, examineSns(port, topic + "a.fifo"))
                        .message())
                .isEqualTo("SNS topic " + topic + "a.fifo cannot be asked: it failed: connection refused; its events"
                        + " would wait in the backlog");
        assertThat(one("sink everybody", Severity.OK, examineSns(port, topic + "{source}"))
                        .message())
                .isEqualTo("SNS topics " + topic + "{source} are not looked at: events decide which");
    }

    private static List<Finding> examineSns(int port, String topic) {
        SnsSinkConfig sns = new SnsSinkConfig(
                topic, URI.create("http://localhost:" + port), "key", Secret.of("secret"), Duration.ofSeconds(20));
        Findings findings = new Findings();
        new SinkExamination(
                        List.of(SubscriberConfig.builder("everybody").sink(sns).build()), PATIENCE)
                .examine(findings);
        return findings.all();
    }

    private static List<Finding> examineSqs(String place, String queue) {
        SqsSinkConfig sqs = new SqsSinkConfig(
                place + "/000000000000/" + queue, "eu-central-1", "key", Secret.of("secret"), Duration.ofSeconds(20));
        Findings findings = new Findings();
        new SinkExamination(
                        List.of(SubscriberConfig.builder("invoicing").sink(sqs).build()), PATIENCE)
                .examine(findings);
        return findings.all();
    }

    private static List<Finding> examineRabbit(
            String place, String exchange, RabbitSinkConfig.@Nullable Create create) {
        RabbitSinkConfig rabbit = new RabbitSinkConfig(
                URI.create("amqp://" + place),
                "",
                Secret.none(),
                exchange,
                "{type}",
                create,
                Duration.ofSeconds(20),
                Map.of());
        Findings findings = new Findings();
        new SinkExamination(
                        List.of(SubscriberConfig.builder("billing").sink(rabbit).build()), PATIENCE)
                .examine(findings);
        return findings.all();
    }

    private static List<Finding> examineKafka(String place, String topic, KafkaSinkConfig.@Nullable Create create) {
        KafkaSinkConfig kafka = new KafkaSinkConfig(
                place, topic, KafkaSinkConfig.Mode.BINARY, create, Duration.ofSeconds(20), Map.of());
        Findings findings = new Findings();
        new SinkExamination(
                        List.of(SubscriberConfig.builder("ledger").sink(kafka).build()), PATIENCE)
                .examine(findings);
        return findings.all();
    }

    @Test
    void aSmallHeapIsTold() {
        Findings findings = new Findings();
        new MemoryExamination(new MemoryConfig(1000, 1 << 20), Feed.DEBEZIUM).examine(64L << 20, findings);
        assertThat(one("memory", Severity.WARNING, findings.all()).message()).startsWith("heap 64MiB");
    }

    @Test
    void theFeedThatHoldsOpenTransactionsNeedsADirectory() {
        MemoryConfig nowhere = new MemoryConfig(1000, 1 << 20, "/dev/null/nowhere");
        Findings findings = new Findings();
        new MemoryExamination(nowhere, Feed.PGOUTPUT).examine(1L << 30, findings);
        new MemoryExamination(nowhere, Feed.DEBEZIUM).examine(1L << 30, findings);
        assertThat(one("directory", Severity.PROBLEM, findings.all()).message()).startsWith("/dev/null/nowhere");

        Findings good = new Findings();
        new MemoryExamination(new MemoryConfig(1000, 1 << 20), Feed.PGOUTPUT).examine(1L << 30, good);
        assertThat(one("directory", Severity.OK, good.all()).message()).contains("transactions that are open");
    }

    private static void answerPlainly(ServerSocket receiver) {
        try (Socket caller = receiver.accept()) {
            caller.getInputStream().read();
            caller.getOutputStream().write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            caller.getInputStream().transferTo(OutputStream.nullOutputStream());
        } catch (IOException e) {
            // the caller has gone
        }
    }

    private static List<Finding> examine(String scheme, int port) {
        Findings findings = new Findings();
        new SinkExamination(List.of(subscriber(scheme + "://localhost:" + port + "/events?key=secret")))
                .examine(findings);
        return findings.all();
    }

    private static SubscriberConfig subscriber(String url) {
        return SubscriberConfig.builder("shipping")
                .sink(HttpSinkConfig.builder(url).timeout(Duration.ofSeconds(5)).build())
                .build();
    }

    private static ServerSocket listener() throws Exception {
        return new ServerSocket(0, 50, InetAddress.getByName("localhost"));
    }
}
