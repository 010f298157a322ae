package dev.tidemark.relay.deliver;

import static dev.tidemark.relay.Events.event;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

import dev.tidemark.envelope.Envelope;
import dev.tidemark.relay.Events;
import dev.tidemark.relay.backlog.Backlogs;
import dev.tidemark.relay.backlog.Buckets;
import dev.tidemark.relay.backlog.Command;
import dev.tidemark.relay.backlog.MemoryBacklogs;
import dev.tidemark.relay.sink.Delivery;
import dev.tidemark.relay.sink.Sink;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Real lanes on real threads. */
@Timeout(300)
class SubscriberTest {

    private static final Backoff QUICK = new Backoff(Duration.ofNanos(50_000), Duration.ofNanos(800_000));

    private final InFlight inFlight = new InFlight(500, Long.MAX_VALUE, System::nanoTime);
    private final RecordingListener heard = new RecordingListener();
    private final List<Throwable> bugs = new CopyOnWriteArrayList<>();
    private final Backlogs backlogs = new MemoryBacklogs().lead();
    private final List<Subscriber> made = new ArrayList<>();

    @AfterEach
    void closeAll() {
        made.forEach(Subscriber::close);
    }

    /**
     * Catches an event that overtakes another of its aggregate on the way through offers, batches and
     * retries, one that is lost or doubled in a lane, and an acknowledgement that is too early or missing.
     * Cannot catch what only a crash, a stop or a real network does.
     */
    @RepeatedTest(15)
    void everyAggregateKeepsItsOrderUnderRandomFailures(RepetitionInfo repetition) throws Exception {
        int seed = repetition.getCurrentRepetition();
        UnreliableSink one = new UnreliableSink(seed, 0.05);
        UnreliableSink two = new UnreliableSink(-seed, 0.2);
        List<Subscriber> subscribers = List.of(subscriber("one", one, 4), subscriber("two", two, 3));
        for (Subscriber subscriber : subscribers) {
            subscriber.start();
        }
        SplittableRandom random = new SplittableRandom(seed);
        long[] versions = new long[30];
        for (int i = 0; i < 3000; i++) {
            int aggregate = random.nextInt(1 + random.nextInt(versions.length));
            offer(event("a" + aggregate, ++versions[aggregate]), subscribers);
        }
        await("seed " + seed).until(() -> inFlight.events() == 0);
        for (Subscriber subscriber : subscribers) {
            assertThat(subscriber.drain(Duration.ofMinutes(2)))
                    .as("seed %d", seed)
                    .isTrue();
        }
        assertThat(one.disorder()).as("seed %d", seed).isEmpty();
        assertThat(two.disorder()).as("seed %d", seed).isEmpty();
        assertThat(inFlight.settledPrefix()).as("seed %d", seed).isEqualTo(3000);
        assertThat(bugs).isEmpty();
    }

    @Test
    void aFailingLaneHoldsUpNoOther() throws Exception {
        List<Envelope> taken = new CopyOnWriteArrayList<>();
        Sink sink = batch -> batch.stream()
                .map(envelope -> {
                    if (lane(envelope, 4) == 0) {
                        return Delivery.retry("lane 0 is down");
                    }
                    taken.add(envelope);
                    return Delivery.delivered();
                })
                .toList();
        Subscriber subscriber = subscriber("shipping", sink, 4);
        subscriber.start();
        List<Envelope> events =
                IntStream.range(0, 40).mapToObj(i -> event("a" + i, 1)).toList();
        for (Envelope event : events) {
            offer(event, List.of(subscriber));
        }
        List<Envelope> others = events.stream().filter(e -> lane(e, 4) != 0).toList();
        assertThat(others).hasSizeBetween(1, 39);
        await().until(() ->
                taken.size() == others.size() && !subscriber.health().isAccepting());
        assertThat(subscriber.waiting()).isEqualTo(40 - others.size());
        assertThat(subscriber.health().lastReason()).isEqualTo("lane 0 is down");
        assertThat(subscriber.drain(Duration.ofHours(1))).as("gives up at once").isFalse();
    }

    @Test
    void itReportsOnceThatItStoppedAndOnceThatItAcceptsAgain() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        Sink sink = batch -> {
            boolean down = calls.incrementAndGet() <= 20;
            return batch.stream()
                    .map(e -> down ? Delivery.retry("down") : Delivery.delivered())
                    .toList();
        };
        Subscriber subscriber = subscriber("shipping", sink, 2);
        for (int i = 0; i < 20; i++) {
            offer(event("a" + i, 1), List.of(subscriber));
        }
        subscriber.start();
        await().until(() -> subscriber.waiting() == 0 && subscriber.health().isAccepting());
        assertThat(heard.calls)
                .filteredOn(call -> call.contains("stopped accepting"))
                .hasSize(1);
        assertThat(heard.calls)
                .filteredOn(call -> call.contains("accepts again"))
                .hasSize(1);
        assertThat(heard.lags).hasSize(20);
    }

    @Test
    void oneThatWantsNothingMoreIsSeenAndHasItsEventsInTheBacklogUntilARetry() throws Exception {
        GoneSink sink = new GoneSink();
        Subscriber subscriber =
                subscriber(Plain.settings("shipping", 2, 10, 1 << 20, QUICK, Duration.ZERO, true, 1_000_000), sink);
        subscriber.start();
        for (int i = 0; i < 20; i++) {
            offer(event("a" + i, 1), List.of(subscriber));
        }
        await().until(() -> subscriber.waiting() == 0 // nothing holds the slot
                && subscriber.health().waiting() == 20);
        assertThat(subscriber.health().halted()).isEqualTo("gone");
        assertThat(subscriber.health().problem()).isNull();
        assertThat(subscriber.health().isAccepting()).isFalse();
        assertThat(sink.taken).isEmpty();
        subscriber.ask(new Command(1, "shipping", Command.Verb.DROP, Set.of(UUID.randomUUID()), null, null), n -> {});
        assertThat(sink.halted()).as("only a retry says so").isNotNull();
        subscriber.ask(new Command(2, "shipping", Command.Verb.RETRY, Set.of(), null, null), n -> {});
        await().until(() -> subscriber.health().isAccepting() && sink.taken.size() == 20);
        assertThat(subscriber.health().halted()).isNull();
    }

    /** Wants nothing more, until it is resumed. */
    private static final class GoneSink implements Sink {

        private final List<Envelope> taken = new CopyOnWriteArrayList<>();
        private volatile @Nullable String halted = "gone";

        @Override
        public List<Delivery> deliver(List<Envelope> batch) {
            boolean takes = halted == null;
            if (takes) {
                taken.addAll(batch);
            }
            return batch.stream()
                    .map(event -> takes ? Delivery.delivered() : Delivery.retry("gone"))
                    .toList();
        }

        @Override
        public @Nullable String halted() {
            return halted;
        }

        @Override
        public void resume() {
            halted = null;
        }
    }

    @Test
    void closingInterruptsADeliveryAndSettlesNothingOfIt() throws Exception {
        CountDownLatch called = new CountDownLatch(1);
        AtomicInteger running = new AtomicInteger();
        Sink sink = batch -> {
            running.incrementAndGet();
            called.countDown();
            try {
                new CountDownLatch(1).await();
                return List.of();
            } finally {
                running.decrementAndGet();
            }
        };
        Subscriber subscriber = subscriber("shipping", sink, 1);
        subscriber.start();
        offer(event("a", 1), List.of(subscriber));
        called.await();
        assertThat(subscriber.drain(Duration.ofMillis(20))).isFalse();
        subscriber.close();
        assertThat(running).hasValue(0);
        assertThat(inFlight.settledPrefix()).isZero();
        assertThat(bugs).isEmpty();
    }

    @Test
    void closingWaitsForADeliveryThatDoesNotHeedTheInterruptAndSettlesIt() throws Exception {
        CountDownLatch called = new CountDownLatch(1);
        CountDownLatch interrupted = new CountDownLatch(1);
        CountDownLatch answer = new CountDownLatch(1);
        Sink sink = batch -> {
            called.countDown();
            try {
                answer.await();
            } catch (InterruptedException e) {
                interrupted.countDown();
                answer.await();
            }
            return batch.stream().map(e -> Delivery.delivered()).toList();
        };
        Subscriber subscriber = subscriber("shipping", sink, 1);
        subscriber.start();
        offer(event("a", 1), List.of(subscriber));
        called.await();
        offer(event("a", 2), List.of(subscriber));
        Thread closer = new Thread(subscriber::close);
        closer.start();
        interrupted.await();
        assertThat(closer.isAlive()).isTrue();
        answer.countDown();
        closer.join();
        assertThat(inFlight.settledPrefix()).as("a@2 was not begun").isEqualTo(1);
    }

    @Test
    void aSinkThatThrowsIsABugThatStopsTheRelay() throws Exception {
        AtomicInteger calls = new AtomicInteger();
        Sink sink = batch -> {
            calls.incrementAndGet();
            throw new UnsupportedOperationException("not today");
        };
        Subscriber subscriber = subscriber("shipping", sink, 1);
        subscriber.start();
        offer(event("a", 1), List.of(subscriber));
        await().until(() -> !bugs.isEmpty());
        offer(event("a", 2), List.of(subscriber));
        assertThat(subscriber.drain(Duration.ofHours(1))).isFalse();
        assertThat(bugs)
                .singleElement()
                .satisfies(bug -> assertThat(bug)
                        .hasMessage("the sink of subscriber shipping broke its promise in lane 0: not today")
                        .hasCauseInstanceOf(UnsupportedOperationException.class));
        assertThat(calls).hasValue(1);
        assertThat(inFlight.settledPrefix()).isZero();
    }

    @Test
    void aSinkThatIsInterruptedByNobodyIsABug() throws Exception {
        Sink sink = batch -> {
            throw new InterruptedException("of its own");
        };
        Subscriber subscriber = subscriber("shipping", sink, 1);
        subscriber.start();
        offer(event("a", 1), List.of(subscriber));
        await().until(() -> !bugs.isEmpty());
    }

    @Test
    void itIsStartedOnceAndNotAfterItWasClosed() throws Exception {
        Subscriber subscriber = subscriber("shipping", batch -> List.of(), 1);
        subscriber.start();
        assertThatIllegalStateException().isThrownBy(subscriber::start);
        Subscriber closed = subscriber("shipping", batch -> List.of(), 1);
        closed.close();
        assertThatIllegalStateException().isThrownBy(closed::start);
    }

    @Test
    void settingsOutOfBoundsAreRefused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Plain.settings("Shipping", 1, 1, 1, QUICK))
                .withMessage("name must match [a-z][a-z0-9-]{0,62}, but was: Shipping");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Plain.settings("shipping", 65, 1, 1, QUICK))
                .withMessage("lanes must be from 1 to 64, but was: 65");
        assertThatIllegalArgumentException().isThrownBy(() -> Plain.settings("shipping", 1, 0, 1, QUICK));
        assertThatIllegalArgumentException().isThrownBy(() -> Plain.settings("shipping", 1, 1, 0, QUICK));
    }

    private void offer(Envelope event, List<Subscriber> subscribers) throws Exception {
        int bytes = event.approximateBytes();
        while (!inFlight.hasRoom(bytes)) {
            inFlight.awaitSettled(Duration.ofSeconds(1));
        }
        InFlight.Entry entry = inFlight.add(bytes, subscribers.size());
        subscribers.forEach(subscriber -> subscriber.offer(event, Events.COMMITTED_AT, entry, false));
    }

    private static int lane(Envelope event, int lanes) {
        return Buckets.lane(Buckets.of(event.aggregate()), lanes);
    }

    private Subscriber subscriber(String name, Sink sink, int lanes) {
        return subscriber(Plain.settings(name, lanes, 10, 1 << 20, QUICK), sink);
    }

    private Subscriber subscriber(Subscriber.Settings settings, Sink sink) {
        Surroundings surroundings = Surroundings.real(() -> true, heard, bugs::add);
        Peers peers = new Peers(1 << 20);
        Subscriber subscriber = new Subscriber(settings, sink, backlogs, surroundings, peers, () -> false);
        made.add(subscriber);
        return subscriber;
    }
}
