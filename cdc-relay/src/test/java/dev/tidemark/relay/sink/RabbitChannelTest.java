package dev.tidemark.relay.sink;

import static dev.tidemark.relay.Events.event;
import static dev.tidemark.relay.Events.label;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tidemark.envelope.Envelope;
import dev.tidemark.relay.Events;
import dev.tidemark.testkit.Broker;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** How long a channel is kept, how it ends, and what becomes of what is under way; in the words of a real server. */
@Timeout(300)
class RabbitChannelTest {

    private static final Duration LONG = Duration.ofSeconds(60);
    private static final Duration SHORT = Duration.ofSeconds(4);
    private static final String RUN = UUID.randomUUID() + "-";
    private static final AtomicInteger NUMBER = new AtomicInteger();

    private static @Nullable Broker shared;

    private final Broker broker = Objects.requireNonNull(shared);
    private final String name = RUN + NUMBER.incrementAndGet();
    private final RabbitDestination destination = new RabbitDestination(broker, name);
    private final AtomicLong clock = new AtomicLong();

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

    RabbitChannelTest() {
        RabbitReader.make(broker, name, "#", Map.of());
    }

    @AfterEach
    void close() {
        destination.close();
    }

    private RabbitSink sink(Duration timeout) {
        Template key = Template.of("{aggregatetype}.{type}", Set.of("aggregatetype", "type"));
        URI url = URI.create("amqp://" + destination.place());
        return new RabbitSink(
                new RabbitSink.Settings(url, "guest", "guest", name, key, null, timeout, Map.of()), clock::get);
    }

    private static CompletableFuture<List<Delivery>> delivering(RabbitSink sink, List<Envelope> batch) {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return sink.deliver(batch);
            } catch (InterruptedException e) {
                throw new CompletionException(e);
            }
        });
    }

    private String publishing() {
        return "publishing to exchange " + name + " with key order.order-placed of RabbitMQ at amqp://"
                + destination.place();
    }

    private List<String> arrived() {
        return destination.accepted().stream().map(Events::label).toList();
    }

    @Test
    void aCodeThatEndsTheChannelIsARetryForAllThatIsUnderWay() throws InterruptedException {
        try (RabbitSink sink = sink(LONG)) {
            for (int code : new int[] {311, 403, 405, 406}) {
                assertRetryForAllThatIsUnderWay(sink, RabbitDestination.About.CHANNEL, code);
            }
        }
    }

    @Test
    void aCodeThatEndsTheConnectionIsARetryForAllThatIsUnderWay() throws InterruptedException {
        try (RabbitSink sink = sink(LONG)) {
            for (int code : new int[] {320, 402, 501, 502, 503, 504, 505, 506, 530, 540, 541}) {
                assertRetryForAllThatIsUnderWay(sink, RabbitDestination.About.CONNECTION, code);
            }
        }
    }

    private void assertRetryForAllThatIsUnderWay(RabbitSink sink, RabbitDestination.About about, int code)
            throws InterruptedException {
        String a = "a" + code;
        String b = "b" + code;
        destination.swallow(a + "@1");
        destination.answer(b + "@1", about, code);
        Delivery retry = Delivery.retry(publishing() + ": answered " + code + " CODE - that of the test");
        assertThat(sink.deliver(List.of(event(a, 1), event(a, 2), event(b, 1), event(b, 2))))
                .as("code " + code)
                .containsExactly(retry, Delivery.notAttempted(), retry, Delivery.notAttempted());
        assertThat(sink.deliver(List.of(event(b, 1), event(b, 2)))).containsOnly(Delivery.delivered());
        assertThat(arrived().subList(arrived().size() - 2, arrived().size())).containsExactly(b + "@1", b + "@2");
    }

    @Test
    void whatComesBackWithAnotherCodeIsTriedAgainAndTheOthersGoOn() throws InterruptedException {
        destination.answer("a@1", RabbitDestination.About.MESSAGE, 313);
        try (RabbitSink sink = sink(LONG)) {
            assertThat(sink.deliver(List.of(event("a", 1), event("a", 2), event("b", 1), event("b", 2))))
                    .containsExactly(
                            Delivery.retry(publishing() + ": it came back, or an earlier attempt at it did"),
                            Delivery.notAttempted(),
                            Delivery.delivered(),
                            Delivery.delivered());
            assertThat(sink.deliver(List.of(event("a", 1), event("a", 2)))).containsOnly(Delivery.delivered());
        }
        assertThat(destination.connections()).isEqualTo(1);
    }

    @Test
    void anAlarmEndsWhatIsUnderWayAndItsEndIsHeard() throws InterruptedException, IOException {
        destination.swallow("a@1");
        try (RabbitSink sink = sink(LONG)) {
            CompletableFuture<List<Delivery>> underWay = delivering(sink, List.of(event("a", 1), event("a", 2)));
            destination.awaitArrival();
            destination.block("low on memory");
            Delivery retry = Delivery.retry(publishing() + ": the server takes nothing now: low on memory");
            assertThat(underWay.join()).containsExactly(retry, Delivery.notAttempted());
            assertThat(sink.deliver(List.of(event("c", 1), event("c", 2))))
                    .containsExactly(retry, Delivery.notAttempted());
            destination.unblock();
            await().until(() -> sink.deliver(List.of(event("c", 1))).contains(Delivery.delivered()));
        }
        assertThat(destination.connections()).isEqualTo(1);
    }

    /**
     * What a server that stands still has got comes before what is sent later over the same channel. Over a new one it
     * could come last: here it would, since the old connection waits and another would not.
     */
    @Test
    void aSilentChannelIsKeptSoThatNothingOldComesLast() throws InterruptedException {
        destination.hold("a@1");
        List<Envelope> batch = List.of(event("a", 1), event("a", 2));
        Delivery late = Delivery.retry(publishing() + ": no confirm within 4000 ms");
        try (RabbitSink sink = sink(SHORT)) {
            for (int timeout = 1; timeout <= 2; timeout++) {
                clock.addAndGet(SHORT.toNanos());
                assertThat(sink.deliver(batch)).containsExactly(late, Delivery.notAttempted());
            }
            destination.release();
            await().until(() -> !sink.deliver(batch).contains(Delivery.notAttempted()));
        }
        assertThat(arrived()).startsWith("a@1", "a@1").endsWith("a@2");
        assertThat(destination.connections()).isEqualTo(1);
    }

    @Test
    void aChannelThatStaysSilentIsReplaced() throws InterruptedException {
        destination.leaveUnanswered("a@1");
        try (RabbitSink sink = sink(SHORT)) {
            assertThat(sink.deliver(List.of(event("a", 1)))).hasOnlyElementsOfType(Delivery.Retry.class);
            clock.addAndGet(SHORT.multipliedBy(RabbitUnconfirmed.PATIENCE).toNanos());
            assertThat(sink.deliver(List.of(event("b", 1)))).hasOnlyElementsOfType(Delivery.Retry.class);
            assertThat(destination.connections()).isEqualTo(1);
            clock.incrementAndGet();
            assertThat(sink.deliver(List.of(event("c", 1)))).hasOnlyElementsOfType(Delivery.Retry.class);
            await().until(() -> sink.deliver(List.of(event("d", 1))).contains(Delivery.delivered()));
        }
        assertThat(destination.connections()).isEqualTo(2);
    }

    /** A server answers a leave when it has dealt with what came before; after a mere hang-up it may do that later. */
    @Test
    void aChannelWithMessagesUnderWayTakesLeaveBeforeThereIsAnother() throws InterruptedException {
        destination.swallow("a@1");
        Envelope large =
                event("b", 1).toBuilder().header("big", "x".repeat(140_000)).build();
        try (RabbitSink sink = sink(LONG)) {
            assertThat(sink.deliver(List.of(event("a", 1), large)))
                    .extracting(Object::getClass)
                    .isEqualTo(List.of(Delivery.Retry.class, Delivery.Rejected.class));
            assertThat(sink.deliver(List.of(event("c", 1)))).containsOnly(Delivery.delivered());
            assertThat(destination.connections()).isEqualTo(2);
            assertThat(destination.leaves()).isEqualTo(1);
        }
    }

    /** Whatever has ended the thread that writes, nobody waits for it in vain. */
    @Test
    void aChannelWhoseWriterIsGoneIsReplaced() throws InterruptedException {
        try (RabbitSink sink = sink(LONG)) {
            assertThat(sink.deliver(List.of(event("a", 1)))).containsOnly(Delivery.delivered());
            Set<Thread> before = Thread.getAllStackTraces().keySet();
            Thread writer = before.stream()
                    .filter(thread -> thread.getName().equals("rabbitmq-sink-publish"))
                    .findAny()
                    .orElseThrow();
            writer.interrupt();
            writer.join();
            assertThat(sink.deliver(List.of(event("a", 2)))).containsOnly(Delivery.delivered());
        }
        assertThat(arrived()).containsExactly(label(event("a", 1)), label(event("a", 2)));
    }
}
