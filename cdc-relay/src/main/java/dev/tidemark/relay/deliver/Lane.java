package dev.tidemark.relay.deliver;

import dev.tidemark.envelope.Envelope;
import dev.tidemark.relay.backlog.Backlog;
import dev.tidemark.relay.backlog.BacklogException;
import dev.tidemark.relay.backlog.FencedException;
import dev.tidemark.relay.sink.Delivery;
import dev.tidemark.relay.sink.Sink;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One ordered sequence of deliveries to one subscriber, and the only one that stores and drains the backlog of
 * its aggregates.
 *
 * <p>The feed's thread offers. One other thread turns: it asks what is {@linkplain #turn() to do}, delivers, and
 * {@linkplain #answered says} what came of it; that is the lane's own {@link LaneRunner}, or a simulation that
 * turns many lanes on one thread. While it delivers, which may take long, a {@link Tender} {@linkplain #tend
 * looks after} the lane. Whoever does something owns the lane for that moment, by its lock; nobody delivers while
 * he owns it. A turn waits for nothing but the backlog.
 */
final class Lane {

    /** There is nothing to do before the next offer. */
    static final long NOTHING_DUE = Long.MAX_VALUE;

    private static final long BACKLOG_WAIT_NANOS = 500_000_000L;

    private final int number;
    private final Sink sink;
    private final Reporter reporter;
    private final LongSupplier nanoTime;
    private final BooleanSupplier lease;

    private final LaneQueue queue = new LaneQueue();
    private final ConcurrentLinkedQueue<Undecodable> undecodable = new ConcurrentLinkedQueue<>();
    private final ConcurrentLinkedQueue<Asked> asked = new ConcurrentLinkedQueue<>();

    private final ReentrantLock owner = new ReentrantLock();
    private final Work work; // the owner's, as are the next
    private @Nullable List<Queued> delivering;
    private boolean troubled; // the backlog did not answer
    private long troubledUntil;

    private volatile boolean behind;
    private volatile boolean failing;
    private volatile boolean broken;
    private volatile boolean stopped;

    Lane(
            int number,
            Subscriber.Settings settings,
            Sink sink,
            Backlog backlog,
            Room room,
            Reporter reporter,
            LongSupplier nanoTime,
            RandomGenerator random,
            BooleanSupplier lease,
            BooleanSupplier heldBack,
            Spare spare) {
        this.number = number;
        this.sink = sink;
        this.reporter = reporter;
        this.nanoTime = nanoTime;
        this.lease = lease;
        this.work = new Work(number, settings, backlog, room, reporter, queue, random, heldBack, spare);
    }

    /** Puts an event behind all others. Never waits. */
    void offer(Queued event) {
        queue.offer(event);
    }

    /** What could not be decoded goes to the backlog. Never waits. */
    void offer(Undecodable event) {
        undecodable.add(event);
        queue.offered();
    }

    /** Has a command carried out when no delivery is under way. Never waits. */
    void ask(Asked command) {
        asked.add(command);
        queue.nudge();
    }

    /** Has it look at once whether it is held back. Never waits. */
    void nudge() {
        queue.nudge();
    }

    /** Whether it has seen that it is held back: no delivery is under way, and none begins until it is let go. */
    boolean isHeld() {
        return work.isHeld();
    }

    /** What to do next. If it is a delivery, {@link #answered} must follow. */
    Turn turn() {
        owner.lock();
        try {
            if (isOver() || !lease.getAsBoolean()) {
                return Turn.await(NOTHING_DUE);
            }
            long now = nanoTime.getAsLong();
            if (troubled && troubledUntil - now > 0) {
                return Turn.await(troubledUntil - now);
            }
            List<Queued> batch = work.next(now, undecodable, asked);
            answers();
            if (batch.isEmpty()) {
                return Turn.await(work.nextDue(now));
            }
            if (!lease.getAsBoolean()) { // the backlog may have taken long
                return Turn.await(NOTHING_DUE);
            }
            delivering = batch;
            return Turn.deliver(batch.stream().map(event -> event.envelope).toList());
        } catch (BacklogException e) {
            return Turn.await(unanswered(e));
        } catch (RuntimeException | Error bug) {
            broken = true;
            throw bug;
        } finally {
            letGo();
        }
    }

    /**
     * Says what the sink answered to the last turn's batch.
     *
     * @return nanoseconds until the next turn
     */
    long answered(List<Delivery> answer) {
        owner.lock();
        try {
            List<Queued> batch = delivering == null ? List.of() : delivering;
            delivering = null;
            Tally tally = tally(batch, answer);
            reporter.halted(sink::halted);
            return work.answered(batch, tally);
        } catch (RuntimeException | Error bug) {
            broken = true;
            throw bug;
        } finally {
            letGo();
        }
    }

    private Tally tally(List<Queued> batch, List<Delivery> answer) {
        try {
            return Tally.of(batch, answer, nanoTime.getAsLong());
        } catch (IllegalStateException brokenPromise) {
            throw new SinkFailure(brokenPromise);
        }
    }

    /** Nothing is known of the last turn's batch. */
    private void gaveUp(boolean bug) {
        owner.lock();
        try {
            delivering = null;
            broken |= bug;
        } finally {
            letGo();
        }
    }

    /** After its last turn: notes in the backlog what was delivered from it, so that it does not come again. */
    void finish() {
        owner.lock();
        try {
            if (!broken && !troubled && lease.getAsBoolean()) {
                work.finish();
            }
        } catch (BacklogException e) {
            reporter.notFinished(number, e);
        } finally {
            letGo();
        }
    }

    /**
     * Looks after the lane while it delivers or waits: stores what came meanwhile, if it is to be stored; and
     * sees to it that it does not hold up everybody else.
     *
     * @param othersAreAhead whether another subscriber would get on if this lane held less
     */
    void tend(boolean othersAreAhead) {
        if (!owner.tryLock()) {
            return;
        }
        try {
            behind = work.isBehind();
            if (!isOver() && lease.getAsBoolean() && (!troubled || troubledUntil - nanoTime.getAsLong() <= 0)) {
                work.tend(nanoTime.getAsLong(), behind, othersAreAhead);
                answers();
            }
        } catch (BacklogException e) {
            unanswered(e);
        } catch (RuntimeException | Error bug) {
            broken = true;
            throw bug;
        } finally {
            letGo();
        }
    }

    /**
     * A turn and its delivery.
     *
     * @return nanoseconds until there is more to do, 0 if there may be already, {@link #NOTHING_DUE} if
     *     only an offer can change that
     * @throws InterruptedException if the sink was interrupted; the batch stays as it was
     * @throws SinkFailure if the sink threw or broke its promise; the lane never delivers again
     */
    long step() throws InterruptedException {
        Turn turn = turn();
        if (!turn.delivers()) {
            return turn.nanos();
        }
        return answered(deliver(turn.batch()));
    }

    private List<Delivery> deliver(List<Envelope> batch) throws InterruptedException {
        try {
            return sink.deliver(batch);
        } catch (InterruptedException e) {
            gaveUp(false);
            throw e;
        } catch (RuntimeException | Error bug) {
            gaveUp(true);
            throw new SinkFailure(bug);
        }
    }

    /** Waits until an event is offered or so many nanoseconds have passed; true if one was. */
    boolean awaitWork(long nanos) throws InterruptedException {
        return queue.awaitWork(nanos);
    }

    /** Waits until all is settled, so many nanoseconds have passed, or the lane is stuck; true if all is settled. */
    boolean awaitDrained(long nanos) throws InterruptedException {
        return queue.awaitDrained(nanos, this::isStuck);
    }

    /** No turn begins a batch any more, and nothing is stored. */
    void stop() {
        stopped = true;
        queue.settled(0);
    }

    boolean isStopped() {
        return stopped;
    }

    int number() {
        return number;
    }

    /** Events for which the slot waits. */
    int unsettled() {
        return queue.unsettled();
    }

    /** Whether it holds up everybody, as it was last looked at. */
    boolean isBehind() {
        return behind;
    }

    /** When the oldest event that is not settled was committed, by the database's clock; null if there is none. */
    @Nullable
    Instant oldestUnsettled() {
        Instant inHand = work.oldestInHand();
        return inHand != null ? inHand : queue.firstCommittedAt();
    }

    private void letGo() {
        boolean fails = troubled || work.isFailing();
        boolean news = fails != failing;
        failing = fails;
        owner.unlock();
        if (news || isOver()) {
            queue.settled(0); // those who wait for the end may look again
        }
    }

    private boolean isOver() {
        return stopped || broken;
    }

    private boolean isStuck() {
        return isOver() || failing;
    }

    /** Returns how long to wait. What was to be written is still to be. */
    private long unanswered(BacklogException e) {
        if (e instanceof FencedException) {
            stopped = true; // another relay leads: whatever this one still did would be wrong
            reporter.fenced(e);
            return NOTHING_DUE;
        }
        if (!troubled && !stopped) {
            reporter.backlogDoesNotAnswer(number, e);
        }
        troubled = true;
        troubledUntil = nanoTime.getAsLong() + BACKLOG_WAIT_NANOS;
        return BACKLOG_WAIT_NANOS;
    }

    private void answers() {
        if (troubled) {
            troubled = false;
            reporter.backlogAnswers(number);
        }
    }
}
