package dev.tidemark.relay.deliver;

import static dev.tidemark.relay.Events.event;
import static dev.tidemark.relay.sink.Delivery.notAttempted;
import static dev.tidemark.relay.sink.Delivery.retry;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.envelope.Envelope;
import dev.tidemark.relay.Events;
import dev.tidemark.relay.backlog.Arrival;
import dev.tidemark.relay.backlog.Command;
import dev.tidemark.relay.backlog.MemoryBacklogs;
import dev.tidemark.relay.backlog.State;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What a lane makes of what its backlog has, and when, step by step on one thread. */
class LaneBacklogTest {

    private static final Duration PARK_AFTER = Duration.ofSeconds(10);
    private static final Duration AN_HOUR = Duration.ofHours(1);

    private final ManualTime time = new ManualTime();
    private final InFlight inFlight = new InFlight(1000, 1_000_000, time);
    private final ScriptedSink sink = new ScriptedSink();
    private final AtomicBoolean lease = new AtomicBoolean(true);
    private final AtomicBoolean heldBack = new AtomicBoolean();
    private final AtomicBoolean fails = new AtomicBoolean();
    private Runnable whenAsked = () -> {};
    private final MemoryBacklogs backlogs = new MemoryBacklogs(new MemoryBacklogs.Faults() {
        @Override
        public boolean failsBefore() {
            whenAsked.run();
            return fails.get();
        }
    });

    /** What is sent again stands before the dead event, which it does not wait for; nor does anything behind it. */
    @Test
    void whatStandsBeforeADeadEventIsDeliveredAndHoldsNothingUp() throws Exception {
        store(
                waiting("a", 1),
                waiting("a", 2),
                waiting("a", 3),
                arrival(event("a", 7), State.DEAD, "answered 400"),
                waiting("a", 8),
                waiting("b", 1));
        Lane lane = lane();
        stepUntilNothingIsDue(lane);
        assertThat(sent()).containsOnlyOnce("a@1", "a@2", "a@3", "b@1").doesNotContain("a@7", "a@8");
        assertThat(sent().stream().filter(label -> label.startsWith("a"))).containsExactly("a@1", "a@2", "a@3");
        assertThat(backlogs.count("shipping", State.DEAD)).isEqualTo(1);
        offer(lane, "a", 9);
        offer(lane, "b", 2);
        stepUntilNothingIsDue(lane);
        assertThat(sent()).contains("b@2").doesNotContain("a@8", "a@9");
        assertThat(inFlight.settledPrefix()).isEqualTo(2);
    }

    /** Nothing is passed over although the backlog did not answer just when the lane was to wait. */
    @Test
    void aLaneThatWasToldToWaitAndCouldNotDrainsOnFromWhereItWas() throws Exception {
        store(waiting("a", 1), waiting("a", 2), waiting("a", 3), waiting("a", 4), waiting("a", 5));
        Lane lane = lane();
        lane.step();
        assertThat(sent()).containsExactly("a@1", "a@2");

        heldBack.set(true);
        fails.set(true);
        lane.step();
        heldBack.set(false);
        fails.set(false);
        offer(lane, "a", 6);
        stepUntilNothingIsDue(lane);

        assertThat(sent()).containsExactly("a@1", "a@2", "a@3", "a@4", "a@5", "a@6");
    }

    /** What is put ahead while it waits has to come before them. */
    @Test
    void whatWasReadAheadIsReadAnewByALaneThatHadToWait() throws Exception {
        store(waiting("a", 1), waiting("a", 2), waiting("a", 3), waiting("a", 4), waiting("a", 5));
        Spare spare = new Spare(1 << 20);
        Lane lane = lane(spare);
        lane.step();
        assertThat(sent()).containsExactly("a@1", "a@2");

        heldBack.set(true);
        lane.step();
        assertThat(spare.take(1 << 20))
                .as("half of it all: nothing is read ahead while it waits")
                .isEqualTo(1 << 19);
        spare.giveBack(1 << 19);
        heldBack.set(false);
        stepUntilNothingIsDue(lane);

        assertThat(sent()).containsExactly("a@1", "a@2", "a@3", "a@4", "a@5");
    }

    /** However long a receiver wants to be left alone: the slot does not wait for it. */
    @Test
    void aLaneHoldsTheSlotNoLongerThanItMayAlsoIfItsReceiverAsksForMore() throws Exception {
        Lane lane = lane();
        sink.thenAnswer(retry("slow down", AN_HOUR), notAttempted());
        offer(lane, "a", 1);
        offer(lane, "b", 1);
        assertThat(Duration.ofNanos(lane.step())).isLessThanOrEqualTo(PARK_AFTER);
        assertThat(inFlight.settledPrefix()).isZero();

        time.pass(PARK_AFTER);
        long wait = lane.step();
        assertThat(inFlight.settledPrefix()).as("both are stored").isEqualTo(2);
        assertThat(Duration.ofNanos(wait)).isGreaterThan(PARK_AFTER);
        assertThat(sink.batches).as("and it is left alone").hasSize(1);

        lane.ask(new Asked(new Command(1, "shipping", Command.Verb.RETRY, Set.of(), null, null), concerned -> {}));
        stepUntilNothingIsDue(lane);
        assertThat(sent()).as("until a person asks").containsExactly("a@1", "b@1", "a@1", "b@1");
    }

    /** The backlog may take long to answer. */
    @Test
    void nothingIsBegunIfTheLeaseEndedWhileTheBacklogWasRead() throws Exception {
        store(waiting("a", 1));
        Lane lane = lane();
        whenAsked = () -> lease.set(false);
        assertThat(lane.step()).isEqualTo(Lane.NOTHING_DUE);
        assertThat(sink.batches).isEmpty();
    }

    private void stepUntilNothingIsDue(Lane lane) throws InterruptedException {
        long wait = lane.step();
        for (int i = 0; i < 100 && wait != Lane.NOTHING_DUE; i++) {
            time.passNanos(wait);
            wait = lane.step();
        }
        assertThat(wait).isEqualTo(Lane.NOTHING_DUE);
    }

    private List<String> sent() {
        List<String> sent = new ArrayList<>();
        sink.batches.forEach(sent::addAll);
        return sent;
    }

    private void store(Arrival... arrivals) throws Exception {
        backlogs.lead().part("shipping", 0, 1, true).store(List.of(arrivals));
    }

    private static Arrival waiting(String aggregateId, long version) {
        return arrival(event(aggregateId, version), State.WAITING, null);
    }

    private static Arrival arrival(Envelope envelope, State state, @Nullable String reason) {
        Arrival.Cause cause = state == State.DEAD ? Arrival.Cause.REJECTED : Arrival.Cause.SPILLED;
        return new Arrival(envelope.id(), envelope, null, Events.COMMITTED_AT, state, cause, 0, reason);
    }

    private void offer(Lane lane, String aggregateId, long version) {
        lane.offer(Queued.live(event(aggregateId, version), Events.COMMITTED_AT, inFlight.add(1, 1), false));
    }

    /** Batches of two, and no memory to read more at once. */
    private Lane lane() {
        return lane(new Spare(0));
    }

    private Lane lane(Spare spare) {
        Backoff retry = new Backoff(Duration.ofMillis(100), Duration.ofMillis(800));
        return new Lane(
                0,
                Plain.settings("shipping", 1, 2, 1_000_000, retry, PARK_AFTER, true, 1_000_000),
                sink,
                backlogs.lead().part("shipping", 0, 1, true),
                new Room(1000, 1_000_000, heldBack::get),
                new Reporter(
                        "shipping",
                        new Surroundings(
                                time,
                                time,
                                new SplittableRandom(1),
                                Thread::new,
                                lease::get,
                                new RecordingListener(),
                                bug -> {
                                    throw new AssertionError("no thread runs here", bug);
                                })),
                time,
                new SplittableRandom(1),
                lease::get,
                heldBack::get,
                spare);
    }
}
