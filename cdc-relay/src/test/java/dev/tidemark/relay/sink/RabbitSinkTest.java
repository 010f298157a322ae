package dev.tidemark.relay.sink;

import static dev.tidemark.relay.Events.event;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.BuiltinExchangeType;
import com.rabbitmq.client.GetResponse;
import dev.tidemark.envelope.Aggregate;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.relay.Events;
import dev.tidemark.testkit.Broker;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Against {@code rabbitmq-server}; each test has an exchange and a queue of its own. */
class RabbitSinkTest extends SlowBrokerSinkContract<Broker> {

    private static final Duration LONG = Duration.ofSeconds(30);
    private static final Duration SHORT = Duration.ofSeconds(4);
    private static final String KEY = "{aggregatetype}.{type}";
    private static final String RUN = UUID.randomUUID() + "-";
    private static final AtomicInteger NUMBER = new AtomicInteger();

    private static @Nullable Broker shared;

    private final Broker broker = Objects.requireNonNull(shared);
    private final String name = RUN + NUMBER.incrementAndGet();
    private final RabbitDestination destination = new RabbitDestination(broker, name);
    private final RabbitSink sink = sink("amqp://" + destination.place(), name, KEY, null, LONG);

    @BeforeAll
    static void startBroker() {
        shared = Broker.rabbitmq();
    }

    @AfterAll
    static void stopBroker() {
        Broker started = shared;
        if (started != null) { // else the tests are skipped
            started.close();
        }
    }

    RabbitSinkTest() {
        RabbitReader.make(broker, name, "#", Map.of());
    }

    @AfterEach
    void close() {
        sink.close();
        destination.close();
    }

    private static RabbitSink sink(
            String url, String exchange, String key, RabbitSink.@Nullable Making making, Duration timeout) {
        return sink(url, "guest", exchange, key, making, timeout);
    }

    private static RabbitSink sink(
            String url,
            String password,
            String exchange,
            String key,
            RabbitSink.@Nullable Making making,
            Duration timeout) {
        Template template = Template.of(key, Set.of("aggregatetype", "aggregateid", "type"));
        return new RabbitSink(new RabbitSink.Settings(
                URI.create(url), "guest", password, exchange, template, making, timeout, Map.of()));
    }

    private static String url(Broker broker) {
        return "amqp://" + broker.host() + ":" + broker.port();
    }

    private RabbitSink to(Broker other, String exchange) {
        return sink(url(other), exchange, KEY, null, LONG);
    }

    private static String publishing(String exchange, Broker other) {
        return "publishing to exchange " + exchange + " with key order.order-placed of RabbitMQ at " + url(other);
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
        Broker own = Broker.rabbitmq("channel_max=100");
        RabbitReader.make(own, "events", "order.#", Map.of());
        return own;
    }

    /** RabbitMQ takes its time to begin, so one is handed out that has begun. */
    @Override
    Sink sinkTo(Broker other, Duration timeout) {
        RabbitReader.make(other, "warmup", "#", Map.of());
        RabbitReader.with(other, channel -> channel.queueBind("warmup", "events", "warmup.#"));
        Envelope first = event("w", 1).toBuilder()
                .aggregate(new Aggregate("orders", "", "warmup", "w"))
                .build();
        RabbitSink begun = sink(url(other), "events", KEY, null, SHORT);
        await().until(() -> begun.deliver(List.of(first)).contains(Delivery.delivered()));
        return begun;
    }

    @Override
    List<Envelope> storedIn(Broker other) {
        return RabbitReader.events(other, "events");
    }

    @Test
    void messagesArePersistentAndKnownByTheirEvent() throws InterruptedException {
        assertThat(sink.deliver(List.of(event("ключ 1", 1)))).containsOnly(Delivery.delivered());
        GetResponse message = RabbitReader.messages(broker, name).get(0);
        AMQP.BasicProperties properties = message.getProps();
        assertThat(message.getEnvelope().getRoutingKey()).isEqualTo("order.order-placed");
        assertThat(properties.getDeliveryMode()).isEqualTo(2);
        assertThat(properties.getMessageId()).isEqualTo(event("ключ 1", 1).id().toString());
        assertThat(properties.getContentType()).isEqualTo("application/json");
        assertThat(properties.getHeaders().get("cloudEvents_subject")).hasToString("ключ 1");
        assertThat(properties.getHeaders()).doesNotContainKey("cloudEvents_datacontenttype");
    }

    @Test
    void anEmptyPayloadIsNoTombstone() throws InterruptedException {
        Aggregate aggregate = new Aggregate("orders", "", "order", "a");
        Envelope empty = Events.of(aggregate, 1).data("text/plain", new byte[0]).build();
        Envelope tombstone = Events.of(aggregate, 2).build();
        assertThat(sink.deliver(List.of(empty, tombstone))).containsOnly(Delivery.delivered());
        List<Envelope> arrived = destination.accepted();
        assertThat(arrived.get(0).data()).isEmpty();
        assertThat(arrived.get(1).data()).isNull();
    }

    @Test
    void anExchangeThatIsMissingIsTriedAgainLaterAndNotMade() throws InterruptedException {
        String missing = name + "-missing";
        try (RabbitSink toMissing = to(broker, missing)) {
            for (int attempt = 0; attempt < 2; attempt++) {
                List<Delivery> answer = toMissing.deliver(List.of(event("a", 1), event("a", 2)));
                assertThat(answer)
                        .containsExactly(
                                Delivery.retry(publishing(missing, broker) + ": answered 404 NOT_FOUND: the exchange is"
                                        + " not there; make it, or let the relay: rabbitmq.create"),
                                Delivery.notAttempted());
            }
            RabbitReader.make(broker, missing, "#", Map.of());
            assertThat(toMissing.deliver(List.of(event("a", 1), event("a", 2)))).containsOnly(Delivery.delivered());
        }
    }

    @Test
    void exchangeAndQueueAreMadeWhereThatIsAllowed() throws InterruptedException {
        RabbitSink.Making making = new RabbitSink.Making(name + "-queue", "order.#");
        try (RabbitSink toNew = sink(url(broker), name + "-new", KEY, making, LONG)) {
            assertThat(toNew.deliver(List.of(event("a", 1)))).containsOnly(Delivery.delivered());
        }
        assertThat(RabbitReader.consumed(broker, name + "-queue", 1).stream().map(Events::label))
                .containsExactly("a@1");
        // that it is the same is what RabbitMQ looks at
        RabbitReader.make(broker, name + "-new", "#", Map.of());
        RabbitReader.with(
                broker,
                channel -> channel.queueDeclare(
                        name + "-queue",
                        true,
                        false,
                        false,
                        Map.of("x-queue-type", "quorum", "x-single-active-consumer", true)));
    }

    @Test
    void anExchangeThatIsDeletedIsMadeAgain() throws InterruptedException {
        RabbitSink.Making making = new RabbitSink.Making(name + "-queue", "#");
        try (RabbitSink toNew = sink(url(broker), name + "-new", KEY, making, LONG)) {
            assertThat(toNew.deliver(List.of(event("a", 1)))).containsOnly(Delivery.delivered());
            RabbitReader.with(broker, channel -> channel.exchangeDelete(name + "-new"));
            assertThat(reason(toNew)).contains("answered 404 NOT_FOUND");
            assertThat(toNew.deliver(List.of(event("a", 2)))).containsOnly(Delivery.delivered());
        }
    }

    @Test
    void anExchangeOfAnotherKindIsLeftAsItIs() throws InterruptedException {
        RabbitReader.with(
                broker, channel -> channel.exchangeDeclare(name + "-direct", BuiltinExchangeType.DIRECT, true));
        RabbitSink.Making making = new RabbitSink.Making("", "#");
        try (RabbitSink toDirect = sink(url(broker), name + "-direct", KEY, making, LONG)) {
            assertThat(reason(toDirect)).contains("answered 406 PRECONDITION_FAILED");
        }
    }

    @Test
    void whatNoQueueTakesIsRejectedAndTheOthersGoOn() throws InterruptedException {
        RabbitReader.make(broker, name + "-some", "order.yes-#", Map.of());
        RabbitReader.with(broker, channel -> channel.queueBind(name + "-some", name + "-some", "order.b"));
        try (RabbitSink toSome = sink(url(broker), name + "-some", "{aggregatetype}.{aggregateid}", null, LONG)) {
            List<Delivery> answer = toSome.deliver(List.of(event("a", 1), event("b", 1), event("a", 2), event("b", 2)));
            assertThat(answer)
                    .containsExactly(
                            Delivery.rejected(
                                    "publishing to exchange " + name + "-some with key order.a of RabbitMQ at "
                                            + url(broker) + " answered 312 NO_ROUTE: no queue is bound for this key"),
                            Delivery.delivered(),
                            Delivery.notAttempted(),
                            Delivery.delivered());
        }
    }

    @Test
    void aRoutingKeyThatIsTooLongIsRejected() throws InterruptedException {
        try (RabbitSink byId = sink(url(broker), name, "{aggregateid}", null, LONG)) {
            List<Delivery> answer = byId.deliver(List.of(
                    event("a".repeat(255), 1), event("ä".repeat(128), 1), event("a".repeat(256), 1), event("b", 1)));
            assertThat(answer)
                    .extracting(Object::getClass)
                    .isEqualTo(List.of(
                            Delivery.Delivered.class,
                            Delivery.Rejected.class,
                            Delivery.Rejected.class,
                            Delivery.Delivered.class));
        }
    }

    @Test
    void headersThatDoNotFitIntoAFrameAreRejectedAndTheOthersGoOn() throws InterruptedException {
        Envelope large =
                event("a", 1).toBuilder().header("big", "x".repeat(140_000)).build();
        Delivery rejected =
                Delivery.rejected(publishing(name, broker) + ": the client cannot send it: its headers are too large");
        try (RabbitSink direct = to(broker, name)) {
            List<Delivery> answer = direct.deliver(List.of(event("d", 1), large, event("b", 1)));
            assertThat(answer.get(1)).isEqualTo(rejected);
            assertThat(List.of(answer.get(0), answer.get(2))).noneMatch(Delivery.Rejected.class::isInstance);
            await().until(() -> direct.deliver(List.of(event("b", 1), event("c", 1))).stream()
                    .allMatch(Delivery.Delivered.class::isInstance));
        }
        assertThat(destination.accepted().stream().map(Events::label)).doesNotContain("a@1");
    }

    @Test
    @Tag("long")
    void whatIsTooLargeForTheServerIsRejectedAndTheOthersGoOn() throws InterruptedException {
        try (Broker small = Broker.rabbitmq("max_message_size=2000");
                RabbitSink toSmall = to(small, "events")) {
            RabbitReader.make(small, "events", "#", Map.of());
            List<Envelope> batch =
                    new ArrayList<>(List.of(sized("a", 1500), sized("b", 3000), sized("c", 2500), sized("d", 1)));
            List<String> rejected = new ArrayList<>();
            await().until(() -> {
                List<Delivery> answer = toSmall.deliver(batch);
                List<Envelope> left = new ArrayList<>();
                for (int i = 0; i < batch.size(); i++) {
                    if (answer.get(i) instanceof Delivery.Rejected) {
                        rejected.add(batch.get(i).aggregate().id());
                    } else if (!(answer.get(i) instanceof Delivery.Delivered)) {
                        left.add(batch.get(i));
                    }
                }
                batch.clear();
                batch.addAll(left);
                return left.isEmpty();
            });
            assertThat(rejected).containsExactlyInAnyOrder("b", "c");
            assertThat(RabbitReader.events(small, "events").stream()
                            .map(Events::label)
                            .distinct())
                    .containsExactlyInAnyOrder("a@1", "d@1");
        }
    }

    @Test
    void aQueueThatIsFullIsTriedAgainLater() throws InterruptedException {
        RabbitReader.make(broker, name + "-full", "#", Map.of("x-max-length", 1, "x-overflow", "reject-publish"));
        try (RabbitSink toFull = to(broker, name + "-full")) {
            // it takes a few more before it notices
            await().until(() -> toFull.deliver(List.of(event("a", 1), event("b", 1)))
                    .contains(Delivery.retry(publishing(name + "-full", broker)
                            + " was not confirmed: a queue is full, or could not store it")));
        }
    }

    @Test
    @Tag("long")
    void aServerWithoutMemoryIsNotAskedForTheRest() throws InterruptedException {
        assertNotAskedForTheRest("vm_memory_high_watermark=0.0", "low on memory");
    }

    @Test
    @Tag("long")
    void aServerWithoutDiskSpaceIsNotAskedForTheRest() throws InterruptedException {
        assertNotAskedForTheRest("disk_free_limit=1000000000000000", "low on disk");
    }

    private void assertNotAskedForTheRest(String setting, String reason) throws InterruptedException {
        try (Broker full = Broker.rabbitmq(setting);
                RabbitSink toFull = to(full, "events")) {
            RabbitReader.make(full, "events", "#", Map.of());
            for (int attempt = 0; attempt < 2; attempt++) {
                assertThat(toFull.deliver(List.of(event("a", 1), event("a", 2))))
                        .containsExactly(
                                Delivery.retry(
                                        publishing("events", full) + ": the server takes nothing now: " + reason),
                                Delivery.notAttempted());
            }
        }
    }

    @Test
    void anExchangeThatTheUserMayNotWriteToIsTriedAgainLater() throws InterruptedException {
        RabbitReader.with(
                broker,
                channel -> channel.exchangeDeclare(
                        name + "-inner", BuiltinExchangeType.TOPIC, true, false, true, Map.of()));
        try (RabbitSink toInner = to(broker, name + "-inner")) {
            assertThat(reason(toInner)).contains("answered 403 ACCESS_REFUSED");
        }
    }

    @Test
    void aWrongPasswordIsTriedAgainLaterAndNotShown() throws InterruptedException {
        try (RabbitSink wrong = sink(url(broker), "hunter2", name, KEY, null, LONG)) {
            assertThat(reason(wrong)).isEqualTo("RabbitMQ at " + url(broker) + ": user or password refused");
        }
    }

    @Test
    void aVirtualHostThatIsMissingIsTriedAgainLater() throws InterruptedException {
        try (RabbitSink astray = sink(url(broker) + "/no%2Fwhere", name, KEY, null, LONG)) {
            assertThat(reason(astray)).contains("answered 530 NOT_ALLOWED", "no/where");
        }
    }

    @Test
    void aServerThatIsNotThereOrSpeaksNoTlsIsTriedAgainLater() throws InterruptedException {
        String place = broker.host() + ":" + broker.port();
        try (RabbitSink secure = sink("amqps://" + place, name, KEY, null, LONG)) {
            assertThat(reason(secure)).startsWith("RabbitMQ at amqps://" + place + ": TLS failed");
        }
        try (Broker gone = Broker.rabbitmq("channel_max=9");
                RabbitSink toGone = to(gone, name)) {
            gone.kill9();
            assertThat(reason(toGone)).isEqualTo("RabbitMQ at " + url(gone) + ": connection refused");
        }
    }

    /** A connection that goes nowhere, without anybody saying so, is not kept for ever. */
    @Test
    void aConnectionOnWhichNothingIsConfirmedIsReplaced() throws InterruptedException {
        try (RabbitSink impatient = sink("amqp://" + destination.place(), name, KEY, null, SHORT)) {
            destination.leaveUnanswered("a@1");
            assertThat(reason(impatient)).contains("no confirm within 4000 ms");
            await().until(() -> impatient.deliver(List.of(event("c", 1))).contains(Delivery.delivered()));
        }
        assertThat(destination.accepted().stream().map(Events::label)).containsOnly("c@1");
    }

    private static String reason(RabbitSink sink) throws InterruptedException {
        List<Delivery> answer = sink.deliver(List.of(event("a", 1), event("a", 2)));
        assertThat(answer.get(1)).isEqualTo(Delivery.notAttempted());
        return ((Delivery.Retry) answer.get(0)).reason();
    }
}
