package dev.tidemark.relay.sink;

import static dev.tidemark.relay.Events.event;
import static dev.tidemark.relay.Events.label;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.relay.Events;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What every sink promises, against a real destination. Each kind of sink inherits these tests. */
@Timeout(300)
abstract class SinkContract {

    /** The far end, as the tests need it. Events are named by aggregate id and version, such as {@code a@3}. */
    interface Destination {

        /** What arrived and was accepted, in order of arrival. */
        List<Envelope> accepted();

        /** From now on this event is refused, but not for ever. */
        void refuseForNow(String event);

        /** From now on this event is refused for good. */
        void refuseForGood(String event);

        /** From now on this event is received, but never answered. */
        void leaveUnanswered(String event);

        /** Waits until an event that is left unanswered has arrived. */
        void awaitUnanswered() throws InterruptedException;

        /** Every event is accepted again. */
        void acceptAll();

        /** Cannot be reached any more. */
        void disappear();
    }

    /** The sink to test; the subclass closes it. */
    abstract Sink sink();

    abstract Destination destination();

    @Test
    void everyEnvelopeArrivesAndHasItsOutcome() throws InterruptedException {
        List<Envelope> batch = interleaved(3, 20);
        assertThat(sink().deliver(batch)).hasSize(60).allMatch(Delivery.Delivered.class::isInstance);
        assertThat(destination().accepted()).hasSize(60);
    }

    @Test
    void anAggregateArrivesInOrder() throws InterruptedException {
        sink().deliver(interleaved(5, 30));
        for (int aggregate = 0; aggregate < 5; aggregate++) {
            assertVersions("a" + aggregate, 30);
        }
    }

    @Test
    void nothingOfAnAggregateArrivesAfterTheOneThatDidNot() throws InterruptedException {
        for (int k = 1; k <= 8; k++) {
            String failing = "f" + k;
            destination().refuseForNow(failing + "@" + k);
            List<Envelope> batch = new ArrayList<>();
            for (int version = 1; version <= 8; version++) {
                batch.add(event(failing, version));
                batch.add(event("ok" + k, version));
            }
            List<Delivery> answer = sink().deliver(batch);
            for (int i = 0; i < batch.size(); i++) {
                assertThat(answer.get(i)).as(label(batch.get(i))).isInstanceOf(expected(batch.get(i), failing, k));
            }
            assertVersions(failing, k - 1);
            assertVersions("ok" + k, 8);
        }
    }

    @Test
    void whateverFailsEachAggregateIsCompleteAndInOrderAfterTheRetry() throws InterruptedException {
        for (int k = 1; k <= 8; k++) {
            List<Envelope> left = new ArrayList<>();
            for (int version = 1; version <= 8; version++) {
                left.add(event("f" + k, version));
                left.add(event("ok" + k, version));
            }
            destination().refuseForNow("f" + k + "@" + k);
            List<Delivery> first = sink().deliver(left);
            destination().acceptAll();
            List<Envelope> again = new ArrayList<>();
            for (int i = 0; i < left.size(); i++) {
                if (!(first.get(i) instanceof Delivery.Delivered)) {
                    again.add(left.get(i));
                }
            }
            assertThat(sink().deliver(again)).hasSize(9 - k).containsOnly(Delivery.delivered());
            assertVersions("f" + k, 8);
            assertVersions("ok" + k, 8);
        }
    }

    @Test
    void theSameEnvelopeCanBeDeliveredTwice() throws InterruptedException {
        assertThat(sink().deliver(List.of(event("a", 1)))).containsOnly(Delivery.delivered());
        assertThat(sink().deliver(List.of(event("a", 1)))).containsOnly(Delivery.delivered());
        assertThat(destination().accepted())
                .isNotEmpty()
                .allSatisfy(arrived ->
                        assertThat(arrived.id()).isEqualTo(event("a", 1).id()));
    }

    /** Bytes of a payload that is large, and that the destination takes. */
    int largePayload() {
        return 1 << 20;
    }

    @Test
    void aLargePayloadArrivesByteForByte() throws InterruptedException {
        byte[] payload = new byte[largePayload()];
        new Random(1).nextBytes(payload);
        Envelope large = Events.of(new Aggregate("orders", "", "order", "a"), 1)
                .data("application/octet-stream", payload)
                .build();
        assertThat(sink().deliver(List.of(large))).containsOnly(Delivery.delivered());
        assertThat(destination().accepted())
                .singleElement()
                .satisfies(arrived -> assertThat(arrived.data()).isEqualTo(payload));
    }

    @Test
    void whatIsRejectedHoldsUpItsAggregateToo() throws InterruptedException {
        destination().refuseForGood("a@2");
        List<Delivery> answer = sink().deliver(List.of(event("a", 1), event("a", 2), event("a", 3), event("b", 1)));
        assertThat(answer.get(0)).isInstanceOf(Delivery.Delivered.class);
        assertThat(answer.get(1)).isInstanceOf(Delivery.Rejected.class);
        assertThat(answer.get(2)).isInstanceOf(Delivery.NotAttempted.class);
        assertThat(answer.get(3)).isInstanceOf(Delivery.Delivered.class);
        assertVersions("a", 1);
    }

    @Test
    void aRetryHasTheSameIdAndContent() throws InterruptedException {
        destination().refuseForNow("a@1");
        assertThat(sink().deliver(List.of(event("a", 1)))).hasOnlyElementsOfType(Delivery.Retry.class);
        destination().acceptAll();
        assertThat(sink().deliver(List.of(event("a", 1)))).hasOnlyElementsOfType(Delivery.Delivered.class);
        assertThat(destination().accepted()).singleElement().satisfies(arrived -> {
            assertThat(arrived.id()).isEqualTo(event("a", 1).id());
            assertThat(arrived.data()).isEqualTo(event("a", 1).data());
        });
    }

    @Test
    void everyPartArrivesAsItWasWritten() throws InterruptedException {
        Envelope odd = Events.of(new Aggregate("orders", "tenant \"ä\" 100%", "order", "ключ/42 😀"), 7)
                .data("application/json", "{\"name\":\"Zoë 😀\"}".getBytes(StandardCharsets.UTF_8))
                .traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
                .header("correlationid", "straße %41 \"x\"")
                .build();
        sink().deliver(List.of(odd));
        assertThat(destination().accepted())
                .singleElement()
                .usingRecursiveComparison()
                .isEqualTo(odd);
    }

    @Test
    void aTombstoneArrivesWithoutData() throws InterruptedException {
        Envelope tombstone =
                Events.of(new Aggregate("orders", "", "order", "a"), 1).build();
        sink().deliver(List.of(tombstone));
        assertThat(destination().accepted()).singleElement().satisfies(arrived -> {
            assertThat(arrived.data()).isNull();
            assertThat(arrived.dataContentType()).isNull();
        });
    }

    @Test
    void aDestinationThatDisappearedIsTriedAgainLater() throws InterruptedException {
        sink().deliver(List.of(event("a", 1)));
        destination().disappear();
        List<Delivery> answer = sink().deliver(List.of(event("a", 2), event("a", 3), event("b", 1)));
        assertThat(answer.get(0)).isInstanceOf(Delivery.Retry.class);
        assertThat(answer.get(1)).isInstanceOf(Delivery.NotAttempted.class);
        assertThat(answer).noneMatch(Delivery.Delivered.class::isInstance);
    }

    @Test
    void anInterruptEndsADeliveryAtOnce() throws InterruptedException, ExecutionException {
        destination().leaveUnanswered("a@1");
        ExecutorService lane = Executors.newSingleThreadExecutor();
        try {
            Future<Duration> heeded = lane.submit(() -> {
                assertThatExceptionOfType(InterruptedException.class)
                        .isThrownBy(() -> sink().deliver(List.of(event("a", 1), event("b", 1))));
                return Duration.ofNanos(System.nanoTime());
            });
            destination().awaitUnanswered();
            long interruptedAt = System.nanoTime();
            lane.shutdownNow();
            assertThat(heeded.get().minusNanos(interruptedAt)).isLessThan(Duration.ofSeconds(60));
        } finally {
            lane.shutdownNow();
        }
    }

    @Test
    void aClosedSinkSaysSo() {
        sink().close();
        sink().close();
        assertThatIllegalStateException()
                .isThrownBy(() -> sink().deliver(List.of(event("a", 1))))
                .withMessageContaining("is closed");
    }

    @Test
    void severalLanesDeliverAtOnce() throws InterruptedException, ExecutionException {
        ExecutorService lanes = Executors.newFixedThreadPool(4);
        try {
            List<Future<List<Delivery>>> answers = new ArrayList<>();
            for (int lane = 0; lane < 4; lane++) {
                List<Envelope> batch = new ArrayList<>();
                for (int version = 1; version <= 25; version++) {
                    batch.add(event("lane" + lane, version));
                }
                answers.add(lanes.submit(() -> sink().deliver(batch)));
            }
            for (Future<List<Delivery>> answer : answers) {
                assertThat(answer.get()).hasSize(25).hasOnlyElementsOfType(Delivery.Delivered.class);
            }
        } finally {
            lanes.shutdownNow();
        }
        for (int lane = 0; lane < 4; lane++) {
            assertVersions("lane" + lane, 25);
        }
    }

    final void assertVersions(String aggregateId, int upTo) {
        List<String> expected = new ArrayList<>();
        for (int version = 1; version <= upTo; version++) {
            expected.add(aggregateId + "@" + version);
        }
        assertThat(destination().accepted().stream()
                        .filter(e -> e.aggregate().id().equals(aggregateId))
                        .map(Events::label))
                .isEqualTo(expected);
    }

    /** An event with so many bytes of data. */
    static Envelope sized(String aggregateId, int bytes) {
        return event(aggregateId, 1).toBuilder()
                .data("application/octet-stream", new byte[bytes])
                .build();
    }

    static List<Envelope> interleaved(int aggregates, int versions) {
        List<Envelope> batch = new ArrayList<>();
        for (int version = 1; version <= versions; version++) {
            for (int aggregate = 0; aggregate < aggregates; aggregate++) {
                batch.add(event("a" + aggregate, version));
            }
        }
        return batch;
    }

    private static Class<? extends Delivery> expected(Envelope envelope, String failing, int k) {
        Long version = envelope.aggregateVersion();
        if (version == null || version < k || !envelope.aggregate().id().equals(failing)) {
            return Delivery.Delivered.class;
        }
        return version == k ? Delivery.Retry.class : Delivery.NotAttempted.class;
    }
}
