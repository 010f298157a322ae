package dev.tidemark.relay.deliver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.envelope.Envelope;
import dev.tidemark.relay.Events;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

/**
 * One lane, random offers, failures and steps, all on one thread; the repetition is the seed. Checks after
 * every step that nothing is acknowledged which was not delivered, and that no event came out of turn.
 */
class LaneSimulationTest {

    private static final int EVENTS = 100;
    private static final int MOST_TURNS = 20_000;

    private final ManualTime time = new ManualTime();
    private final InFlight inFlight = new InFlight(EVENTS, Long.MAX_VALUE, time);
    private final List<Envelope> offered = new ArrayList<>();
    private int checked;

    @RepeatedTest(100)
    void orderAndAcknowledgementHold(RepetitionInfo repetition) throws InterruptedException {
        int seed = repetition.getCurrentRepetition();
        SplittableRandom random = new SplittableRandom(seed);
        UnreliableSink sink = new UnreliableSink(seed, random.nextDouble() * 0.5);
        Lane lane = lane(sink, random);
        long[] versions = new long[1 + random.nextInt(6)];
        for (int turn = 0; offered.size() < EVENTS || lane.unsettled() > 0; turn++) {
            if (turn == MOST_TURNS) {
                throw new AssertionError("seed " + seed + " does not come to an end");
            }
            if (offered.size() < EVENTS && random.nextInt(3) > 0) {
                int aggregate = random.nextInt(versions.length);
                Envelope event = Events.event("a" + aggregate, ++versions[aggregate]);
                offered.add(event);
                lane.offer(new Queued(event, Events.COMMITTED_AT, inFlight.add(1, 1)));
            } else {
                step(lane, random);
            }
            assertPrefixDelivered(sink, seed);
        }
        assertThat(sink.disorder()).as("seed %d", seed).isEmpty();
        assertThat(sink.delivered()).as("seed %d", seed).isEqualTo(EVENTS);
        assertThat(inFlight.settledPrefix()).as("seed %d", seed).isEqualTo(EVENTS);
    }

    private void step(Lane lane, SplittableRandom random) throws InterruptedException {
        long wait = lane.step();
        if (wait > 0 && wait != Lane.NOTHING_DUE) {
            time.passNanos(random.nextInt(3) == 0 ? wait / 2 : wait);
        }
    }

    private void assertPrefixDelivered(UnreliableSink sink, int seed) {
        for (; checked < inFlight.settledPrefix(); checked++) {
            assertThat(sink.has(offered.get(checked)))
                    .as("seed %d: entry %d was delivered", seed, checked)
                    .isTrue();
        }
    }

    private Lane lane(UnreliableSink sink, SplittableRandom random) {
        Backoff retry = new Backoff(Duration.ofMillis(1), Duration.ofMillis(50));
        Subscriber.Settings settings =
                new Subscriber.Settings("shipping", Filter.everything(), 1, 1 + random.nextInt(20), 1 << 20, retry);
        Surroundings surroundings =
                new Surroundings(time, time, random.split(), Thread::new, new RecordingListener(), bug -> {
                    throw new AssertionError("no thread runs here", bug);
                });
        return new Lane(0, settings, sink, new Reporter("shipping", surroundings), time, random.split());
    }
}
