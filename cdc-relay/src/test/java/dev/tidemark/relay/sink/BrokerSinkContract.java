package dev.tidemark.relay.sink;

import static dev.tidemark.relay.Events.event;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tidemark.envelope.Envelope;
import dev.tidemark.relay.Events;
import dev.tidemark.testkit.Breakable;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What every sink of a broker promises besides, against the broker itself as a process. */
@Timeout(300)
abstract class BrokerSinkContract<B extends Breakable> extends SinkContract {

    private static final int AGGREGATES = 5;
    private static final int VERSIONS = 60;
    private static final Duration RECOVERY = Duration.ofMinutes(3);

    /** A broker of the test's own, which it may break. */
    abstract B ownBroker();

    /** A sink straight to {@code broker}, which gives up after {@code timeout}. */
    abstract Sink sinkTo(B broker, Duration timeout);

    /** All that is in {@code broker}, in order. */
    abstract List<Envelope> storedIn(B broker);

    /** The broker dies and is started again while a lane delivers, as the lane would: what was not delivered, again. */
    @Test
    void aBrokerThatIsKilledInTheMiddleHasEverythingInOrderInTheEnd() throws InterruptedException {
        try (B broker = ownBroker();
                Sink sink = sinkTo(broker, Duration.ofSeconds(5))) {
            List<Envelope> left = new ArrayList<>(interleaved(AGGREGATES, VERSIONS));
            int batches = 0;
            long deadline = System.nanoTime() + RECOVERY.toNanos();
            while (!left.isEmpty()) {
                assertThat(System.nanoTime()).as("recovered in time").isLessThan(deadline);
                if (++batches == 5) {
                    broker.kill9();
                }
                if (batches == 8) {
                    broker.restart();
                }
                left = remaining(left, sink);
            }
            assertEveryAggregateInOrder(storedIn(broker));
        }
    }

    @Test
    void aFrozenBrokerIsGivenUpAndHasNothingOldAtTheEndWhenItWakes() throws InterruptedException {
        try (B broker = ownBroker();
                Sink sink = sinkTo(broker, Duration.ofSeconds(1))) {
            await().atMost(RECOVERY)
                    .until(() -> sink.deliver(List.of(event("a", 1))).contains(Delivery.delivered()));
            broker.freeze();
            for (int attempt = 0; attempt < 5; attempt++) {
                List<Delivery> answer = sink.deliver(List.of(event("a", 2), event("a", 3), event("b", 1)));
                assertThat(answer).noneMatch(Delivery.Delivered.class::isInstance);
                assertThat(answer.get(0)).isInstanceOf(Delivery.Retry.class);
                assertThat(answer.get(1)).isInstanceOf(Delivery.NotAttempted.class);
            }
            broker.wake();
            List<Envelope> batch = new ArrayList<>(List.of(event("a", 2), event("a", 3), event("b", 1)));
            await().atMost(RECOVERY).until(() -> {
                List<Envelope> left = remaining(batch, sink);
                batch.clear();
                batch.addAll(left);
                return left.isEmpty();
            });
            List<Envelope> stored = storedIn(broker);
            assertThat(stored.stream().map(Events::label).distinct())
                    .containsExactlyInAnyOrder("a@1", "a@2", "a@3", "b@1");
            assertThat(stored.stream().map(Events::label).filter(label -> label.startsWith("a")))
                    .last()
                    .isEqualTo("a@3");
        }
    }

    /** What is left to be delivered after one attempt at the first few, in order. */
    private static List<Envelope> remaining(List<Envelope> left, Sink sink) throws InterruptedException {
        List<Envelope> batch = left.subList(0, Math.min(20, left.size()));
        List<Delivery> answer = sink.deliver(batch);
        List<Envelope> remaining = new ArrayList<>();
        for (int i = 0; i < left.size(); i++) {
            if (i >= batch.size() || !(answer.get(i) instanceof Delivery.Delivered)) {
                remaining.add(left.get(i));
            }
        }
        return remaining;
    }

    /** Duplicates are allowed, but only so that the first of each event come in order, and the newest comes last. */
    private static void assertEveryAggregateInOrder(List<Envelope> stored) {
        for (int i = 0; i < AGGREGATES; i++) {
            String aggregate = "a" + i;
            List<Long> versions = versions(stored, aggregate);
            assertThat(versions.stream().distinct())
                    .as("first deliveries of " + aggregate)
                    .containsExactlyElementsOf(
                            LongStream.rangeClosed(1, VERSIONS).boxed().toList());
            assertThat(versions).last().isEqualTo((long) VERSIONS);
        }
    }

    private static List<Long> versions(List<Envelope> stored, String aggregate) {
        return stored.stream()
                .filter(event -> event.aggregate().id().equals(aggregate))
                .flatMap(event -> Stream.ofNullable(event.aggregateVersion()))
                .toList();
    }
}
