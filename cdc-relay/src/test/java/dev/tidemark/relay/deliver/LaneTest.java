package dev.tidemark.relay.deliver;

import static dev.tidemark.relay.Events.event;
import static dev.tidemark.relay.sink.Delivery.delivered;
import static dev.tidemark.relay.sink.Delivery.notAttempted;
import static dev.tidemark.relay.sink.Delivery.rejected;
import static dev.tidemark.relay.sink.Delivery.retry;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.tidemark.relay.Events;
import dev.tidemark.relay.backlog.Command;
import dev.tidemark.relay.backlog.MemoryBacklogs;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;

/** Drives a lane step by step on one thread, by a clock turned by hand. */
class LaneTest {

    private static final Backoff RETRY = new Backoff(Duration.ofMillis(100), Duration.ofMillis(800));

    private final ManualTime time = new ManualTime();
    private final InFlight inFlight = new InFlight(1000, 1_000_000, time);
    private final RecordingListener heard = new RecordingListener();
    private final ScriptedSink sink = new ScriptedSink();
    private Reporter reporter = reporter();
    private Lane lane = lane(3, 1_000_000);

    @Test
    void whatHasQueuedUpIsOneBatch() throws InterruptedException {
        offer("a", 1, 2);
        offer("b", 1, 1);
        assertThat(lane.step()).isZero();
        assertThat(sink.batches).containsExactly(List.of("a@1", "a@2", "b@1"));
        assertThat(inFlight.settledPrefix()).isEqualTo(3);
        assertThat(lane.unsettled()).isZero();
        assertThat(lane.step()).isEqualTo(Lane.NOTHING_DUE);
    }

    @Test
    void aBatchIsBoundedInEvents() throws InterruptedException {
        offer("a", 1, 4);
        lane.step();
        lane.step();
        assertThat(sink.batches).containsExactly(List.of("a@1", "a@2", "a@3"), List.of("a@4"));
    }

    @Test
    void aBatchIsBoundedInBytesButNeverEmpty() throws InterruptedException {
        int one = event("a", 1).approximateBytes();
        lane = lane(3, 2L * one);
        offer("a", 1, 3);
        lane.step();
        lane = lane(3, 1);
        offer("b", 1, 2);
        lane.step();
        assertThat(sink.batches).containsExactly(List.of("a@1", "a@2"), List.of("b@1"));
    }

    @Test
    void aRetryAndWhatFollowsItStayInOrderAndGoFirst() throws InterruptedException {
        sink.thenAnswer(retry("busy"), delivered(), notAttempted());
        offer("a", 1, 1);
        offer("b", 1, 1);
        offer("a", 2, 2);
        offer("c", 1, 1);
        turn();
        assertThat(inFlight.settledPrefix()).as("a@1 holds it").isZero();
        assertThat(lane.unsettled()).isEqualTo(3);
        waitUntilDue();
        assertThat(sink.batches).containsExactly(List.of("a@1", "b@1", "a@2"), List.of("a@1", "a@2", "c@1"));
        assertThat(inFlight.settledPrefix()).isEqualTo(4);
    }

    @Test
    void nothingIsTriedBeforeTheBackoffIsOverNotEvenWhatCameMeanwhile() throws InterruptedException {
        for (int failures = 1; failures <= 6; failures++) {
            sink.thenAnswer(retry("busy"));
        }
        lane = lane(1, 1_000_000);
        offer("a", 1, 1);
        turn();
        for (int failures = 1; failures <= 6; failures++) {
            offer("b", failures, failures);
            long wait = lane.step();
            assertThat(Duration.ofNanos(wait)).isLessThanOrEqualTo(RETRY.ceiling(failures));
            if (wait > 0) {
                time.passNanos(wait - 1);
                assertThat(lane.step()).isEqualTo(1);
                assertThat(sink.batches).hasSize(failures);
                time.passNanos(1);
            }
            lane.step();
            assertThat(sink.batches).hasSize(failures + 1);
        }
        assertThat(inFlight.settledPrefix()).isEqualTo(1);
    }

    @Test
    void theDestinationsOwnWaitWins() throws InterruptedException {
        sink.thenAnswer(retry("slow down", Duration.ofSeconds(40)), retry("slow down", Duration.ofSeconds(20)));
        offer("a", 1, 1);
        offer("b", 1, 1);
        assertThat(Duration.ofNanos(lane.step())).isBetween(Duration.ofSeconds(40), Duration.ofSeconds(44));
    }

    @Test
    void whatWasNotAttemptedCostsNoAttempt() throws InterruptedException {
        sink.thenAnswer(retry("busy"), notAttempted());
        sink.thenAnswer(retry("busy"), notAttempted());
        sink.thenAnswer(delivered(), retry("busy"));
        offer("a", 1, 2);
        turn();
        waitUntilDue();
        assertThat(heard.calls).contains("shipping stopped accepting: busy");
        waitUntilDue();
        assertThat(heard.calls).as("a@2 failed once").anyMatch(call -> call.startsWith("shipping accepts again"));
        assertThat(Duration.ofNanos(lane.step())).isLessThanOrEqualTo(RETRY.first());
    }

    @Test
    void aRejectedEventIsDeadAndWhatFollowsItWaitsBehindButOthersGoOn() throws InterruptedException {
        sink.thenAnswer(delivered(), rejected("answered 400"), delivered());
        offer("a", 1, 2);
        offer("b", 1, 1);
        offer("a", 3, 3);
        offer("c", 1, 1);
        turn();
        turn();
        assertThat(sink.batches).containsExactly(List.of("a@1", "a@2", "b@1"), List.of("c@1"));
        assertThat(inFlight.settledPrefix()).as("dead or behind it: stored").isEqualTo(5);
        time.pass(Duration.ofHours(2));
        assertThat(lane.step()).isEqualTo(Lane.NOTHING_DUE);
        assertThat(heard.calls).containsExactly("shipping rejected 1", "shipping stored 1", "shipping stored 1");
    }

    @Test
    void oneHiccupIsNoNewsButASecondFailureIs() throws InterruptedException {
        sink.thenAnswer(retry("busy"));
        sink.thenAnswer(retry("very busy"));
        sink.thenAnswer(retry("still busy"));
        offer("a", 1, 1);
        turn();
        assertThat(reporter.health(0, new Room(1, 1, () -> false)).isAccepting())
                .isTrue();
        long start = time.getAsLong();
        waitUntilDue();
        waitUntilDue();
        assertThat(reporter.health(0, new Room(1, 1, () -> false)).failingFor())
                .isEqualTo(Duration.ofNanos(time.getAsLong() - start));
        assertThat(reporter.health(0, new Room(1, 1, () -> false)).lastReason()).isEqualTo("still busy");
        waitUntilDue();
        long outage = (time.getAsLong() - start) / 1_000_000;
        assertThat(heard.calls)
                .containsExactly(
                        "shipping retried 1",
                        "shipping retried 1",
                        "shipping stopped accepting: very busy",
                        "shipping retried 1",
                        "shipping accepts again after " + outage + " ms");
        assertThat(reporter.health(0, new Room(1, 1, () -> false)).isAccepting())
                .isTrue();
    }

    @Test
    void theLagIsFromTheCommitByTheClockAndNeverNegative() throws InterruptedException {
        offer("a", 1, 1);
        time.pass(Duration.ofMillis(8));
        turn();
        time.pass(Duration.ofMillis(-20));
        offer("a", 2, 2);
        turn();
        assertThat(heard.lags).containsExactly(Duration.ofMillis(8), Duration.ZERO);
    }

    @Test
    void aSinkThatAnswersTooLittleIsABugAndSettlesNothing() {
        sink.thenAnswer(delivered());
        offer("a", 1, 2);
        assertBug("1 outcomes for 2 envelopes");
    }

    @Test
    void aSinkThatDeliversPastAFailureOfTheAggregateIsABug() {
        sink.thenAnswer(delivered(), retry("busy"), delivered());
        offer("b", 1, 1);
        offer("a", 1, 2);
        assertBug("an earlier event of this aggregate was not delivered");
    }

    @Test
    void aSinkThatAttemptsNothingThoughNothingFailedIsABug() {
        sink.thenAnswer(delivered(), notAttempted());
        offer("a", 1, 2);
        assertBug("nothing in the batch failed");
    }

    private void assertBug(String message) {
        assertThatExceptionOfType(SinkFailure.class).isThrownBy(lane::step).withMessageContaining(message);
        assertThat(inFlight.settledPrefix()).isZero();
        assertThat(stepAgain()).as("it never delivers again").isEqualTo(Lane.NOTHING_DUE);
        assertThat(sink.batches).hasSize(1);
    }

    private long stepAgain() {
        try {
            return lane.step();
        } catch (InterruptedException e) {
            throw new AssertionError("nobody interrupts this test", e);
        }
    }

    private void turn() throws InterruptedException {
        lane.step();
    }

    private void waitUntilDue() throws InterruptedException {
        int before = sink.batches.size();
        time.passNanos(Math.max(0, lane.step()));
        if (sink.batches.size() == before) {
            lane.step();
        }
    }

    private void offer(String aggregateId, long from, long to) {
        for (long version = from; version <= to; version++) {
            lane.offer(Queued.live(event(aggregateId, version), Events.COMMITTED_AT, inFlight.add(1, 1), false));
        }
    }

    /** It stores at once, whatever the limit; nothing is delivered, not even what a command asks for. */
    @Test
    void whileItIsHeldBackALaneStoresAndDeliversNothing() throws InterruptedException {
        AtomicBoolean heldBack = new AtomicBoolean(true);
        lane = lane(3, 1_000_000, new Room(1, 1, heldBack::get), heldBack::get);
        offer("a", 1, 2);
        assertThat(lane.isHeld()).isFalse();
        assertThat(lane.step()).isPositive().isLessThan(Lane.NOTHING_DUE);
        assertThat(lane.isHeld()).isTrue();
        offer("b", 1, 1);
        lane.tend(false);
        lane.ask(new Asked(
                new Command(1, "shipping", Command.Verb.RETRY, Set.of(), "orders/order/a", null), concerned -> {}));
        turn();
        turn();
        assertThat(sink.batches).isEmpty();
        assertThat(inFlight.settledPrefix()).isEqualTo(3);

        heldBack.set(false);
        offer("a", 3, 3);
        for (int i = 0; i < 9; i++) {
            time.pass(Duration.ofMillis(200));
            turn();
        }
        assertThat(sink.batches.stream().flatMap(List::stream).filter(label -> label.startsWith("a")))
                .containsExactly("a@1", "a@2", "a@3");
        assertThat(sink.batches.stream().flatMap(List::stream)).hasSize(4);
        assertThat(lane.isHeld()).isFalse();
    }

    /** What it has tried in vain is stored ahead of what came after. */
    @Test
    void aLaneThatIsHeldBackLaterStoresWhatItHasInHand() throws InterruptedException {
        AtomicBoolean heldBack = new AtomicBoolean();
        lane = lane(3, 1_000_000, new Room(1000, 1_000_000, heldBack::get), heldBack::get);
        sink.thenAnswer(retry("down"), notAttempted(), notAttempted());
        offer("a", 1, 3);
        turn();
        heldBack.set(true);
        offer("a", 4, 5);
        time.pass(Duration.ofSeconds(1));
        lane.step();
        assertThat(lane.isHeld()).isTrue();
        assertThat(inFlight.settledPrefix()).as("all of it is stored").isEqualTo(5);
        int before = sink.batches.size();

        heldBack.set(false);
        for (int i = 0; i < 9; i++) {
            time.pass(Duration.ofSeconds(1));
            turn();
        }
        assertThat(sink.batches.stream().skip(before).flatMap(List::stream))
                .containsExactly("a@1", "a@2", "a@3", "a@4", "a@5");
    }

    private Reporter reporter() {
        return new Reporter(
                "shipping",
                new Surroundings(time, time, new SplittableRandom(1), Thread::new, () -> true, heard, bug -> {
                    throw new AssertionError("no thread runs here", bug);
                }));
    }

    private Lane lane(int batchEvents, long batchBytes) {
        return lane(batchEvents, batchBytes, new Room(1000, 1_000_000, () -> false), () -> false);
    }

    private Lane lane(int batchEvents, long batchBytes, Room room, BooleanSupplier heldBack) {
        Subscriber.Settings settings = Plain.settings("shipping", 1, batchEvents, batchBytes, RETRY);
        return new Lane(
                0,
                settings,
                sink,
                new MemoryBacklogs().lead().part("shipping", 0, 1, true),
                room,
                reporter,
                time,
                new SplittableRandom(1),
                () -> true,
                heldBack,
                new Spare(1 << 20));
    }
}
