package dev.tidemark.relay.sink;

import static dev.tidemark.relay.Events.event;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.relay.Events;
import dev.tidemark.testkit.Broker;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Against a Kafka broker that is its own controller; each test has topics of its own. */
class KafkaSinkTest extends SlowBrokerSinkContract<Broker> {

    private static final Duration LONG = Duration.ofSeconds(30);
    private static final Duration SHORT = Duration.ofSeconds(8);
    private static final KafkaSink.NewTopics ONE_PARTITION = new KafkaSink.NewTopics(1, 1);
    private static final String RUN = UUID.randomUUID() + "-";
    private static final AtomicInteger NUMBER = new AtomicInteger();

    /** Each event is a batch of its own: what refuses one of several refuses those beside it too. */
    private static final Map<String, String> ALONE = Map.of("batch.size", "1");

    private static @Nullable Broker shared;

    private final Broker broker = Objects.requireNonNull(shared);
    private final String prefix = RUN + NUMBER.incrementAndGet();
    private final KafkaDestination destination = new KafkaDestination(broker, prefix + ".order");
    private final KafkaSink sink = sink(destination.place(), prefix + ".{aggregatetype}", ONE_PARTITION, LONG, ALONE);

    @BeforeAll
    static void startBroker() {
        shared = Broker.kafka();
    }

    @AfterAll
    static void stopBroker() {
        Broker started = shared;
        if (started != null) { // else the tests are skipped
            started.close();
        }
    }

    @AfterEach
    void close() {
        sink.close();
        destination.close();
    }

    private static KafkaSink sink(
            String bootstrap,
            String topic,
            KafkaSink.@Nullable NewTopics create,
            Duration timeout,
            Map<String, String> properties) {
        return new KafkaSink(new KafkaSink.Settings(
                bootstrap, Template.of(topic, Template.GROUPS), KafkaSink.Mode.BINARY, create, timeout, properties));
    }

    private KafkaSink to(String topic, KafkaSink.@Nullable NewTopics create) {
        return sink(KafkaReader.bootstrap(broker), topic, create, LONG, Map.of());
    }

    @Override
    Sink sink() {
        return sink;
    }

    @Override
    Destination destination() {
        return destination;
    }

    @Override
    Broker ownBroker() {
        return Broker.kafka("num.partitions=4");
    }

    /** A client of Kafka takes its time to begin, so one is handed out that has begun. */
    @Override
    Sink sinkTo(Broker other, Duration timeout) {
        KafkaReader.create(other, "events.order", 4, Map.of());
        Envelope first = event("w", 1).toBuilder()
                .aggregate(new Aggregate("orders", "", "warmup", "w"))
                .build();
        KafkaSink begun = sink(KafkaReader.bootstrap(other), "events.{aggregatetype}", ONE_PARTITION, SHORT, Map.of());
        await().until(() -> begun.deliver(List.of(first)).contains(Delivery.delivered()));
        return begun;
    }

    @Override
    List<Envelope> storedIn(Broker other) {
        return KafkaReader.events(other, "events.order");
    }

    @Test
    void theKeyIsTheAggregateAndAnEventWithoutDataIsATombstone() throws InterruptedException {
        Envelope tombstone =
                Events.of(new Aggregate("orders", "acme", "order", "ключ 1"), 1).build();
        assertThat(sink.deliver(List.of(event("a", 1), tombstone))).containsOnly(Delivery.delivered());
        List<ConsumerRecord<byte[], byte[]>> records = KafkaReader.records(broker, prefix + ".order");
        assertThat(records).extracting(ConsumerRecord::key).containsExactly(utf8("a"), utf8("acme/ключ 1"));
        assertThat(records.get(0).headers().lastHeader("content-type").value()).isEqualTo(utf8("application/json"));
        assertThat(records.get(1).value()).isNull();
        assertThat(records.get(1).headers().lastHeader("ce_subject").value()).isEqualTo(utf8("ключ 1"));
    }

    @TestFactory
    Stream<DynamicTest> whatIsCompressedArrivesAsItWas() {
        return Stream.of("none", "gzip", "snappy", "lz4", "zstd")
                .map(compression -> DynamicTest.dynamicTest(compression, () -> {
                    Map<String, String> compressed = Map.of("compression.type", compression);
                    String topic = prefix + "." + compression;
                    String bootstrap = KafkaReader.bootstrap(broker);
                    try (KafkaSink toIt = sink(bootstrap, topic, ONE_PARTITION, LONG, compressed)) {
                        assertThat(toIt.deliver(interleaved(20, 5)))
                                .hasSize(100)
                                .containsOnly(Delivery.delivered());
                    }
                    assertThat(KafkaReader.events(broker, topic))
                            .hasSize(100)
                            .allSatisfy(arrived -> assertThat(arrived.data())
                                    .isEqualTo(utf8("{\"n\":" + arrived.aggregateVersion() + "}")));
                }));
    }

    @Test
    void aTopicThatIsMissingIsNotMadeAndHoldsUpNoOther() throws InterruptedException {
        KafkaReader.create(broker, prefix + ".customer", 2, Map.of());
        Envelope customer = event("c", 1).toBuilder()
                .aggregate(new Aggregate("orders", "", "customer", "c"))
                .build();
        try (KafkaSink toBoth = to(prefix + ".{aggregatetype}", null)) {
            List<Delivery> answer = toBoth.deliver(List.of(event("a", 1), event("a", 2), customer));
            assertThat(reason(answer))
                    .isEqualTo("sending to topic " + prefix + ".order of Kafka at " + KafkaReader.bootstrap(broker)
                            + ": it is not there; make it, or let the relay: kafka.create");
            assertThat(answer.subList(1, 3)).containsExactly(Delivery.notAttempted(), Delivery.delivered());
            assertThat(KafkaReader.partitions(broker, prefix + ".order")).isZero();

            KafkaReader.create(broker, prefix + ".order", 2, Map.of());
            assertThat(toBoth.deliver(List.of(event("a", 1), event("a", 2)))).containsOnly(Delivery.delivered());
            assertThat(KafkaReader.partitions(broker, prefix + ".order")).isEqualTo(2);
        }
    }

    @Test
    void aTopicThatIsDeletedIsLookedUpAgain() throws InterruptedException {
        try (Broker strict = Broker.kafka("auto.create.topics.enable=false");
                KafkaSink toIt = sink(KafkaReader.bootstrap(strict), "all", null, SHORT, Map.of())) {
            KafkaReader.create(strict, "all", 1, Map.of());
            await().until(() -> toIt.deliver(List.of(event("a", 1))).contains(Delivery.delivered()));
            KafkaReader.delete(strict, "all");
            await().until(() -> toIt.deliver(List.of(event("a", 2))).get(0) instanceof Delivery.Retry retry
                    && retry.reason().contains("it is not there"));
            KafkaReader.create(strict, "all", 1, Map.of());
            await().until(() -> toIt.deliver(List.of(event("a", 2))).contains(Delivery.delivered()));
            assertThat(KafkaReader.events(strict, "all").stream().map(Events::label))
                    .containsOnly("a@2");
        }
    }

    @Test
    void aTopicIsMadeWhereThatIsAllowed() throws InterruptedException {
        try (KafkaSink making = to(prefix + ".{aggregatetype}", new KafkaSink.NewTopics(3, 1))) {
            assertThat(making.deliver(List.of(event("a", 1)))).containsOnly(Delivery.delivered());
            assertThat(KafkaReader.partitions(broker, prefix + ".order")).isEqualTo(3);
        }
        try (KafkaSink tooMany = to(prefix + ".more", new KafkaSink.NewTopics(3, 2))) {
            assertThat(reason(tooMany.deliver(List.of(event("a", 1)))))
                    .endsWith(": it is not there and cannot be made: INVALID_REPLICATION_FACTOR");
        }
    }

    @Test
    void theOnlyTopicIsMadeBeforeTheFirstEventComes() {
        try (KafkaSink making = to(prefix + ".all", new KafkaSink.NewTopics(2, 1))) {
            await().until(() -> KafkaReader.partitions(broker, prefix + ".all") == 2);
            assertThat(making).isNotNull();
        }
    }

    @Test
    void aTopicThatKafkaDoesNotAllowIsRejected() throws InterruptedException {
        Envelope odd = event("c", 1).toBuilder()
                .aggregate(new Aggregate("orders", "", "cust omer", "c"))
                .build();
        List<Delivery> answer = sink.deliver(List.of(odd, event("a", 1)));
        assertThat(((Delivery.Rejected) answer.get(0)).reason()).contains("a topic has at most 249 of a-z");
        assertThat(answer.get(1)).isEqualTo(Delivery.delivered());
    }

    @Test
    void whatIsTooLargeForTheTopicOrTheClientIsRejected() throws InterruptedException {
        String topic = prefix + ".small";
        KafkaReader.create(broker, topic, 1, Map.of("max.message.bytes", "3000"));
        Map<String, String> smaller = Map.of("max.request.size", "100000");
        try (KafkaSink toSmall = sink(KafkaReader.bootstrap(broker), topic, null, LONG, smaller)) {
            List<Delivery> answer = toSmall.deliver(List.of(sized("a", 4000), sized("b", 200_000), event("c", 1)));
            assertThat(answer.subList(0, 2))
                    .allSatisfy(delivery ->
                            assertThat(((Delivery.Rejected) delivery).reason()).endsWith("answered MESSAGE_TOO_LARGE"));
            assertThat(answer.get(2)).isEqualTo(Delivery.delivered());
        }
    }

    /** Kafka refuses a whole batch for one event in it, and says which. */
    @Test
    void whatIsBesideARejectedEventIsTriedAgainAndArrivesOnce() throws InterruptedException {
        destination.refuseForGood("bad@1");
        try (KafkaSink batching = sink(destination.place(), prefix + ".order", ONE_PARTITION, LONG, Map.of())) {
            List<Envelope> batch = new ArrayList<>();
            List<Delivery> answer = List.of();
            for (int round = 0; destination.besideTheRefused().isEmpty(); round++) {
                batch.clear();
                for (int i = 0; i < 200; i++) {
                    batch.add(i == 100 ? event("bad", 1) : event("r" + round + "i" + i, 1));
                }
                answer = batching.deliver(batch);
            }
            List<Envelope> again = new ArrayList<>();
            for (int i = 0; i < batch.size(); i++) {
                String label = Events.label(batch.get(i));
                if (label.equals("bad@1")) {
                    assertThat(answer.get(i)).isInstanceOf(Delivery.Rejected.class);
                } else if (destination.besideTheRefused().contains(label)) {
                    assertThat(reason(answer.subList(i, i + 1))).endsWith(": an event beside it was refused");
                    again.add(batch.get(i));
                } else {
                    assertThat(answer.get(i)).as(label).isEqualTo(Delivery.delivered());
                }
            }
            assertThat(again).isNotEmpty();
            assertThat(batching.deliver(again)).containsOnly(Delivery.delivered());
            assertThat(destination.accepted().stream().map(Events::label))
                    .doesNotHaveDuplicates()
                    .doesNotContain("bad@1")
                    .containsAll(again.stream().map(Events::label).toList());
        }
    }

    /** Here every event is too old for the topic that is not stored in the millisecond in which it was sent. */
    @Test
    void aClockThatIsWrongMakesNoEventDead() throws InterruptedException {
        String topic = prefix + ".timed";
        KafkaReader.create(broker, topic, 1, Map.of("message.timestamp.before.max.ms", "0"));
        try (KafkaSink batching = sink(destination.place(), topic, null, LONG, Map.of())) {
            await().until(() -> {
                List<Delivery> answer = batching.deliver(interleaved(200, 1));
                assertThat(answer).doesNotHaveAnyElementsOfTypes(Delivery.Rejected.class);
                return answer.stream()
                                .filter(one -> one instanceof Delivery.Retry retry
                                        && retry.reason().contains("answered INVALID_TIMESTAMP"))
                                .count()
                        > 1;
            });
        }
    }

    /** It would send nothing more. */
    @Test
    void aProducerThatKafkaRefusesIsReplaced() throws InterruptedException {
        destination.refuseForNowWith(Errors.CLUSTER_AUTHORIZATION_FAILED);
        destination.refuseForNow("a@1");
        List<Delivery> answer = sink.deliver(List.of(event("a", 1), event("a", 2)));
        assertThat(reason(answer)).endsWith("answered CLUSTER_AUTHORIZATION_FAILED");
        assertThat(answer.get(1)).isEqualTo(Delivery.notAttempted());
        destination.acceptAll();
        assertThat(sink.deliver(List.of(event("a", 1), event("a", 2)))).containsOnly(Delivery.delivered());
        assertVersions("a", 2);
    }

    /** The client gives a request up that got stuck on its way; it must not arrive behind what was sent since. */
    @Test
    void whatWasGivenUpIsRefusedWhenItArrivesLate() throws InterruptedException, IOException {
        try (KafkaSink impatient = sink(destination.place(), prefix + ".order", ONE_PARTITION, SHORT, ALONE)) {
            await().until(() -> impatient.deliver(List.of(event("a", 1))).contains(Delivery.delivered()));
            destination.hold("a@2");
            assertThat(reason(impatient.deliver(List.of(event("a", 2))))).contains("no acknowledgement");
            destination.holdNoMore();
            List<Envelope> left = List.of(event("a", 2), event("a", 3));
            await().until(() -> impatient.deliver(left).stream().allMatch(Delivery.Delivered.class::isInstance));
            assertThat(destination.releaseHeld()).isEqualTo(Errors.INVALID_PRODUCER_EPOCH);
            assertThat(destination.accepted().stream().map(Events::label).distinct())
                    .containsExactly("a@1", "a@2", "a@3");
            assertThat(destination.accepted())
                    .last()
                    .satisfies(event -> assertThat(Events.label(event)).isEqualTo("a@3"));
        }
    }

    /** The client itself sends a request again that got stuck on its way; the broker knows it when it arrives too. */
    @Test
    void whatTheClientSentAgainIsNotStoredTwice() throws InterruptedException, ExecutionException, IOException {
        ExecutorService lane = Executors.newSingleThreadExecutor();
        try (KafkaSink patient = sink(destination.place(), prefix + ".order", ONE_PARTITION, LONG, ALONE)) {
            assertThat(patient.deliver(List.of(event("a", 1)))).containsOnly(Delivery.delivered());
            destination.hold("a@2");
            Future<List<Delivery>> answer = lane.submit(() -> patient.deliver(List.of(event("a", 2), event("a", 3))));
            destination.holdNoMore();
            assertThat(answer.get()).containsOnly(Delivery.delivered());
            assertThat(destination.releaseHeld()).isIn(Errors.NONE, Errors.DUPLICATE_SEQUENCE_NUMBER);
            assertVersions("a", 3);
        } finally {
            lane.shutdownNow();
        }
    }

    @Test
    void usersAndRightsAreKafkasOwnAndNotShown() throws InterruptedException {
        String module = "org.apache.kafka.common.security.plain.PlainLoginModule required ";
        try (Broker guarded = Broker.kafka(
                "listener.security.protocol.map=CLIENTS:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT",
                "sasl.enabled.mechanisms=PLAIN",
                "sasl.mechanism.inter.broker.protocol=PLAIN",
                "listener.name.clients.plain.sasl.jaas.config=" + module
                        + "username=\"admin\" password=\"right\" user_admin=\"right\" user_relay=\"right\";",
                "authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer",
                "super.users=User:admin;User:ANONYMOUS")) {
            assertThat(as("admin", "right", guarded)).isEqualTo(Delivery.delivered());
            assertThat(reason(List.of(as("relay", "hunter2", guarded))))
                    .isEqualTo("Kafka at " + KafkaReader.bootstrap(guarded) + ": answered SASL_AUTHENTICATION_FAILED");
            assertThat(reason(List.of(as("relay", "right", guarded))))
                    .endsWith(": it cannot be looked at: TOPIC_AUTHORIZATION_FAILED");
        }
    }

    private static Delivery as(String user, String password, Broker guarded) throws InterruptedException {
        Map<String, String> properties = Map.of(
                "security.protocol",
                "SASL_PLAINTEXT",
                "sasl.mechanism",
                "PLAIN",
                "sasl.jaas.config",
                "org.apache.kafka.common.security.plain.PlainLoginModule required username=\"" + user + "\" password=\""
                        + password + "\";");
        try (KafkaSink sink =
                sink(KafkaReader.bootstrap(guarded), "guarded.{source}", ONE_PARTITION, LONG, properties)) {
            return sink.deliver(List.of(event("a", 1))).get(0);
        }
    }

    @Test
    void aBrokerOrHostThatIsNotThereIsTriedAgainLater() throws InterruptedException {
        try (KafkaSink toNobody = sink("127.0.0.1:1", "a.{source}", null, SHORT, Map.of());
                KafkaSink toNoHost = sink("nowhere.invalid:9092", "a.{source}", null, SHORT, Map.of())) {
            List<Delivery> answer = toNobody.deliver(List.of(event("a", 1), event("b", 1)));
            assertThat(reason(answer)).isEqualTo("Kafka at 127.0.0.1:1: no answer in time");
            assertThat(answer.get(1)).isEqualTo(Delivery.notAttempted());
            assertThat(reason(toNoHost.deliver(List.of(event("a", 1)))))
                    .isEqualTo("Kafka at nowhere.invalid:9092: unknown host");
        }
    }

    @Test
    void propertiesThatTheClientRefusesAreNotShown() throws InterruptedException {
        Map<String, String> properties = Map.of("security.protocol", "SSL", "ssl.keystore.location", "/hunter2");
        try (KafkaSink refused = sink("127.0.0.1:1", "a.{source}", null, LONG, properties)) {
            assertThat(reason(refused.deliver(List.of(event("a", 1)))))
                    .startsWith("Kafka at 127.0.0.1:1: the client refuses its properties: ")
                    .doesNotContain("hunter2");
        }
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static String reason(List<Delivery> answer) {
        return ((Delivery.Retry) answer.get(0)).reason();
    }
}
