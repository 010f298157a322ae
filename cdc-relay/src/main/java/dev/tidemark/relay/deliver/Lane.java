package dev.tidemark.relay.deliver;

import static java.util.Objects.requireNonNull;

import dev.tidemark.envelope.Envelope;
import dev.tidemark.relay.sink.Sink;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One ordered sequence of deliveries to one subscriber. An event that is to be tried again stays in its
 * place, and what is behind it in the same lane waits with it.
 *
 * <p>The feed's thread offers, one other thread steps; that is the lane's own {@link LaneRunner}, or a
 * simulation that turns many lanes on one thread. A step waits for nothing but the sink.
 */
final class Lane {

    /** There is nothing to do before the next offer. */
    static final long NOTHING_DUE = Long.MAX_VALUE;

    /** So many failures of one event in a row make a lane failing; a single one is a hiccup and no news. */
    private static final int FAILING_FROM = 2;

    private final int number;
    private final Sink sink;
    private final Subscriber.Settings settings;
    private final Reporter reporter;
    private final LongSupplier nanoTime;
    private final RandomGenerator random;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition workOffered = lock.newCondition();
    private final Condition progress = lock.newCondition();
    private final ArrayDeque<Queued> queue = new ArrayDeque<>(); // guarded by the lock
    private boolean awake; // guarded by the lock: something was offered since the last wait
    private int unsettled; // guarded by the lock: queued and held

    private List<Queued> held = new ArrayList<>(); // the stepping thread's: taken, not settled, in order
    private boolean backingOff; // the stepping thread's
    private long dueAt; // the stepping thread's: when backing off ends

    private long troubledAt; // the stepping thread's: when the retries that still go on began

    private volatile @Nullable Instant oldestHeld; // when the first of the held was committed
    private volatile @Nullable Blocked blocked;
    private volatile boolean failing;
    private volatile boolean broken;
    private volatile boolean stopped;

    Lane(
            int number,
            Subscriber.Settings settings,
            Sink sink,
            Reporter reporter,
            LongSupplier nanoTime,
            RandomGenerator random) {
        this.number = number;
        this.settings = settings;
        this.sink = sink;
        this.reporter = reporter;
        this.nanoTime = nanoTime;
        this.random = random;
    }

    /** Puts an event behind all others. Never waits. */
    void offer(Queued event) {
        lock.lock();
        try {
            if (queue.isEmpty()) {
                // a lane that waits has emptied its queue, so it need not be woken for every event
                awake = true;
                workOffered.signal();
            }
            queue.add(event);
            unsettled++;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Delivers one batch, if there is one and it is due.
     *
     * @return nanoseconds until there is more to do, 0 if there may be already, {@link #NOTHING_DUE} if
     *     only an offer can change that
     * @throws InterruptedException if the sink was interrupted; the batch stays as it was
     * @throws RuntimeException if the sink threw or broke its promise; the lane never delivers again
     */
    long step() throws InterruptedException {
        if (stopped || broken || blocked != null) {
            return NOTHING_DUE;
        }
        long early = backingOff ? dueAt - nanoTime.getAsLong() : 0;
        if (early > 0) {
            return early;
        }
        takeQueued();
        if (held.isEmpty()) {
            return NOTHING_DUE;
        }
        try {
            settle(Tally.of(held, sink.deliver(envelopes())));
        } catch (RuntimeException | Error bug) {
            broken = true;
            signalProgress(0);
            throw bug;
        }
        return blocked != null ? NOTHING_DUE : backingOff ? Math.max(0, dueAt - nanoTime.getAsLong()) : 0;
    }

    /** Waits until an event is offered or so many nanoseconds have passed. */
    void awaitWork(long nanos) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            long left = nanos;
            while (!awake && left > 0) {
                left = workOffered.awaitNanos(left);
            }
            awake = false;
        } finally {
            lock.unlock();
        }
    }

    /** Waits until all is settled, so many nanoseconds have passed, or the lane is stuck; true if all is settled. */
    boolean awaitDrained(long nanos) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            long left = nanos;
            while (unsettled > 0 && !isStuck() && left > 0) {
                left = progress.awaitNanos(left);
            }
            return unsettled == 0;
        } finally {
            lock.unlock();
        }
    }

    /** No step begins a batch any more. */
    void stop() {
        stopped = true;
        signalProgress(0);
    }

    boolean isStopped() {
        return stopped;
    }

    int number() {
        return number;
    }

    /** Events offered and not settled. */
    int unsettled() {
        lock.lock();
        try {
            return unsettled;
        } finally {
            lock.unlock();
        }
    }

    /** When the oldest event that is not settled was committed, by the database's clock; null if there is none. */
    @Nullable
    Instant oldestUnsettled() {
        lock.lock();
        try {
            Instant first = oldestHeld;
            Queued next = queue.peek();
            return first != null || next == null ? first : next.committedAt;
        } finally {
            lock.unlock();
        }
    }

    private boolean isStuck() {
        return stopped || broken || failing || blocked != null;
    }

    /** Fills up the batch. It has at least one event, also if that alone is over the limit in bytes. */
    private void takeQueued() {
        long bytes = 0;
        for (Queued event : held) {
            bytes += event.bytes;
        }
        lock.lock();
        try {
            Queued next = queue.peek();
            while (next != null
                    && held.size() < settings.batchEvents()
                    && (held.isEmpty() || bytes + next.bytes <= settings.batchBytes())) {
                bytes += next.bytes;
                held.add(queue.remove());
                next = queue.peek();
            }
            oldestHeld = held.isEmpty() ? null : held.get(0).committedAt;
        } finally {
            lock.unlock();
        }
    }

    private List<Envelope> envelopes() {
        List<Envelope> envelopes = new ArrayList<>(held.size());
        for (Queued event : held) {
            envelopes.add(event.envelope);
        }
        return List.copyOf(envelopes);
    }

    private void settle(Tally tally) {
        for (Queued event : tally.delivered) {
            event.entry.settled();
        }
        held = tally.kept;
        oldestHeld = held.isEmpty() ? null : held.get(0).committedAt;
        boolean hadTrouble = backingOff;
        backingOff = tally.retried > 0;
        if (backingOff) {
            long now = nanoTime.getAsLong();
            troubledAt = hadTrouble ? troubledAt : now;
            dueAt = now
                    + settings.retry()
                            .after(tally.failures, tally.retryAfter, random)
                            .toNanos();
        }
        report(tally);
        signalProgress(tally.delivered.size());
    }

    private void report(Tally tally) {
        reporter.count(tally);
        Queued rejected = tally.firstRejected;
        boolean fails = rejected == null && tally.failures >= FAILING_FROM;
        if (fails && !failing) {
            reporter.failing(number, troubledAt, requireNonNull(tally.retryReason));
        } else if (failing && !fails) {
            reporter.recovered(number);
        }
        failing = fails;
        if (rejected != null) {
            Blocked because = new Blocked(
                    number, rejected.envelope.id(), rejected.envelope.aggregate(), requireNonNull(tally.rejectReason));
            blocked = because;
            reporter.blocked(because);
        }
    }

    private void signalProgress(int settled) {
        lock.lock();
        try {
            unsettled -= settled;
            progress.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
