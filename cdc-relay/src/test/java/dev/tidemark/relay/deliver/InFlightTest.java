package dev.tidemark.relay.deliver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class InFlightTest {

    private final ManualTime time = new ManualTime();
    private final InFlight inFlight = new InFlight(3, 100, time);

    @Test
    void theSettledPrefixStopsAtTheFirstGap() {
        InFlight.Entry first = inFlight.add(1, 1);
        InFlight.Entry second = inFlight.add(1, 1);
        second.settled();
        assertThat(inFlight.settledPrefix()).isZero();
        first.settled();
        assertThat(inFlight.settledPrefix()).isEqualTo(2);
    }

    @Test
    void anEntryIsSettledWhenEverySubscriberHasIt() {
        InFlight.Entry entry = inFlight.add(1, 2);
        entry.settled();
        assertThat(inFlight.settledPrefix()).isZero();
        entry.settled();
        assertThat(inFlight.settledPrefix()).isEqualTo(1);
    }

    @Test
    void anEntryThatIsSettledOnceTooOftenIsABug() {
        InFlight.Entry entry = inFlight.add(1, 1);
        entry.settled();
        assertThatIllegalStateException().isThrownBy(entry::settled).withMessageContaining("more often");
        assertThat(inFlight.settledPrefix()).isEqualTo(1);
    }

    @Test
    void whatNobodyWantsIsNotAdded() {
        assertThatIllegalArgumentException().isThrownBy(() -> inFlight.add(1, 0));
    }

    @Test
    void aSettledEntryBehindAGapCountsAsAnEventButNotWithItsBytes() {
        inFlight.add(10, 1);
        inFlight.add(80, 1).settled();
        assertThat(inFlight.events()).isEqualTo(2);
        assertThat(inFlight.bytes()).isEqualTo(10);
        assertThat(inFlight.hasRoom(90)).isTrue();
        assertThat(inFlight.hasRoom(91)).isFalse();
        inFlight.add(1, 1).settled();
        assertThat(inFlight.hasRoom(1)).as("three events are the window").isFalse();
    }

    @Test
    void anEventLargerThanTheLimitHasRoomOnlyWhenNothingElseIsInFlight() {
        assertThat(inFlight.hasRoom(1000)).isTrue();
        InFlight.Entry small = inFlight.add(1, 1);
        assertThat(inFlight.hasRoom(1000)).isFalse();
        small.settled();
        assertThat(inFlight.hasRoom(1000)).isTrue();
    }

    @Test
    void theOldestUnsettledEntryGivesTheAge() {
        assertThat(inFlight.oldestUnsettled()).isZero();
        InFlight.Entry first = inFlight.add(1, 1);
        time.pass(Duration.ofMillis(7));
        inFlight.add(1, 1);
        time.pass(Duration.ofMillis(2));
        assertThat(inFlight.oldestUnsettled()).isEqualTo(Duration.ofMillis(9));
        first.settled();
        assertThat(inFlight.oldestUnsettled()).isEqualTo(Duration.ofMillis(2));
    }

    @Test
    void afterItIsClosedSettlingAcknowledgesNothing() {
        InFlight.Entry first = inFlight.add(1, 1);
        InFlight.Entry second = inFlight.add(1, 1);
        first.settled();
        inFlight.close();
        second.settled();
        second.settled();
        assertThat(inFlight.settledPrefix()).isEqualTo(1);
        assertThat(inFlight.events()).isZero();
        assertThat(inFlight.bytes()).isZero();
        assertThatIllegalStateException().isThrownBy(() -> inFlight.add(1, 1));
    }

    @Test
    void aWaitDoesNotMissWhatWasSettledBeforeIt() throws InterruptedException {
        inFlight.add(1, 1).settled();
        inFlight.awaitSettled(Duration.ofHours(1));
        assertThat(inFlight.settledPrefix()).isEqualTo(1);
    }

    @Test
    void aWaitThatIsNotAnsweredIsOverInTime() throws InterruptedException {
        inFlight.add(1, 1);
        long start = System.nanoTime();
        inFlight.awaitSettled(Duration.ofMillis(30));
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThanOrEqualTo(Duration.ofMillis(30));
    }

    @Test
    void closingEndsAWait() throws InterruptedException {
        inFlight.add(1, 1);
        Thread closer = new Thread(inFlight::close);
        closer.start();
        inFlight.awaitSettled(Duration.ofHours(1));
        closer.join();
        assertThat(inFlight.events()).isZero();
    }

    /** Random additions and settlements; a model that counts everything anew each time must agree. */
    @RepeatedTest(300)
    void itAgreesWithANaiveModel(RepetitionInfo repetition) {
        int seed = repetition.getCurrentRepetition();
        SplittableRandom random = new SplittableRandom(seed);
        int maxEvents = 1 + random.nextInt(20);
        InFlight tested = new InFlight(maxEvents, 100, time);
        Model model = new Model(maxEvents, 100);
        List<InFlight.Entry> entries = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            int bytes = random.nextInt(60);
            assertThat(tested.hasRoom(bytes)).as("seed %d step %d", seed, i).isEqualTo(model.hasRoom(bytes));
            if (random.nextBoolean() && tested.hasRoom(bytes)) {
                int deliveries = 1 + random.nextInt(3);
                entries.add(tested.add(bytes, deliveries));
                model.add(bytes, deliveries);
            } else {
                int open = model.anyOpen(random);
                if (open >= 0) {
                    model.settle(open);
                    entries.get(open).settled();
                }
            }
            assertThat(tested.settledPrefix()).as("seed %d step %d", seed, i).isEqualTo(model.prefix());
            assertThat(tested.events()).as("seed %d step %d", seed, i).isEqualTo(model.events());
            assertThat(tested.bytes()).as("seed %d step %d", seed, i).isEqualTo(model.unsettledBytes());
        }
    }

    /** Keeps all entries for ever and counts from the first each time. */
    private static final class Model {
        private final int maxEvents;
        private final long maxBytes;
        private final List<int[]> entries = new ArrayList<>(); // bytes, deliveries that are missing

        Model(int maxEvents, long maxBytes) {
            this.maxEvents = maxEvents;
            this.maxBytes = maxBytes;
        }

        void add(int bytes, int deliveries) {
            entries.add(new int[] {bytes, deliveries});
        }

        void settle(int index) {
            entries.get(index)[1]--;
        }

        int anyOpen(SplittableRandom random) {
            List<Integer> open = new ArrayList<>();
            for (int i = 0; i < entries.size(); i++) {
                if (entries.get(i)[1] > 0) {
                    open.add(i);
                }
            }
            return open.isEmpty() ? -1 : open.get(random.nextInt(open.size()));
        }

        int prefix() {
            int prefix = 0;
            while (prefix < entries.size() && entries.get(prefix)[1] == 0) {
                prefix++;
            }
            return prefix;
        }

        int events() {
            return entries.size() - prefix();
        }

        long unsettledBytes() {
            return entries.stream().filter(e -> e[1] > 0).mapToLong(e -> e[0]).sum();
        }

        boolean hasRoom(int bytes) {
            return events() == 0 || (events() < maxEvents && unsettledBytes() + bytes <= maxBytes);
        }
    }
}
