package dev.tidemark.inbox;

import dev.tidemark.envelope.Aggregate;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Handles what waits in the inbox when its turn has come, and what is dead when somebody has it retried, on a thread of its
 * own. It looks when something was handled that others may have waited for, and every second: somebody else may have handled
 * it, or have died after that. Several may run at once, in one process or in many. Safe for many threads.
 */
public final class WaitingReader implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(WaitingReader.class);
    private static final int PAGE = 500;
    private static final Duration ROLLS_BACK_WITHIN = Duration.ofSeconds(1);

    private final Intake intake;
    private final Inbox inbox;
    private final Backoffs backoffs;
    private final Duration poll;
    private final Duration stopDeadline;
    private final Thread thread;
    private final Seldom troubles = new Seldom(System::nanoTime);
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private boolean woken; // guarded by the lock, as the next
    private boolean stopped;
    private boolean started;
    private long toldOfGapsAt = System.nanoTime(); // for the thread

    WaitingReader(Intake intake, Backoff backoff, Duration poll, Duration stopDeadline) {
        this.intake = intake;
        this.inbox = intake.inbox();
        this.backoffs = new Backoffs(backoff, System::nanoTime);
        this.poll = poll;
        this.stopDeadline = stopDeadline;
        this.thread = new Thread(this::run, "tidemark-" + inbox.consumer() + "-waiting");
        this.thread.setDaemon(true); // what it has not handled stays where it is
        intake.tellOfTurns(this::wake);
    }

    /** Idempotent. */
    WaitingReader start() {
        lock.lock();
        try {
            if (!started && !stopped) {
                started = true;
                thread.start();
            }
        } finally {
            lock.unlock();
        }
        return this;
    }

    private void wake() {
        lock.lock();
        try {
            woken = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        while (!isStopped()) {
            pass();
            awaitNews();
        }
    }

    /** Once over all aggregates of which something can be done. */
    private void pass() {
        try {
            Aggregate after = KeptEvents.FROM_THE_BEGINNING;
            List<Aggregate> page = ready(after);
            while (!page.isEmpty() && !isStopped()) {
                for (Aggregate aggregate : page) {
                    handleAll(aggregate);
                }
                after = page.get(page.size() - 1);
                page = page.size() < PAGE ? List.of() : ready(after);
            }
            tellOfGaps();
        } catch (Intake.NoConnection | SQLException e) {
            troubles.run(count -> log.warn(
                    "What waits in the inbox of {} cannot be read ({} times since the last warning): {}",
                    inbox.consumer(),
                    count,
                    e.getMessage()));
        } catch (Throwable e) { // such as a row that cannot be read, or an Error: the others must go on
            if (!isStopped()) {
                troubles.run(count -> log.error(
                        "What waits in the inbox of {} cannot be handled ({} times since the last message)",
                        inbox.consumer(),
                        count,
                        e));
            }
        } finally {
            forgetInterruption();
        }
    }

    /** One that did not come from {@link #close}: a handler has left it behind. */
    private void forgetInterruption() {
        if (!isStopped()) {
            Thread.interrupted();
        }
    }

    private List<Aggregate> ready(Aggregate after) throws SQLException, Intake.NoConnection {
        try (Connection connection = intake.connect()) {
            List<Aggregate> ready = inbox.taking().kept().ready(connection, after, intake.types(), inbox.gaps(), PAGE);
            connection.rollback();
            return ready;
        }
    }

    /** As long as the turn of another event has come, and none fails. */
    private void handleAll(Aggregate aggregate) throws SQLException, InterruptedException, Intake.NoConnection {
        boolean more = true;
        while (more && !isStopped()) {
            more = handleNext(aggregate);
        }
    }

    private boolean handleNext(Aggregate aggregate) throws SQLException, InterruptedException, Intake.NoConnection {
        try (Connection tx = intake.connect()) {
            KeptEvents.@Nullable Kept next = null;
            try {
                next = inbox.taking().nextKept(tx, aggregate, intake.types());
                if (next == null || isToWait(next)) {
                    tx.commit();
                    return false;
                }
                Handled handled = intake.within(tx, next);
                tx.commit();
                backoffs.succeeded(keyOf(next));
                intake.done(handled);
                return handled.held();
            } catch (InterruptedException e) {
                tx.rollback();
                if (isStopped()) {
                    throw e;
                }
                failed(tx, next, e); // the handler's own
                return false;
            } catch (Exception e) {
                tx.rollback();
                failed(tx, next, e);
                return false;
            } catch (Error e) { // of a handler: there are other events
                tx.rollback();
                failed(tx, next, new IllegalStateException("the handler failed: " + e, e));
                return false;
            } finally {
                forgetInterruption();
            }
        }
    }

    private boolean isToWait(KeptEvents.Kept next) {
        return backoffs.waiting().contains(keyOf(next));
    }

    /** Positions of both tables, apart. */
    private static long keyOf(KeptEvents.Kept kept) {
        return kept.dead() ? -kept.position() : kept.position();
    }

    private void failed(Connection tx, KeptEvents.@Nullable Kept next, Exception failure) throws SQLException {
        if (next == null) {
            if (failure instanceof SQLException e && !(failure instanceof InboxLocked)) {
                throw e;
            }
            return; // somebody else is at it
        }
        intake.failed(next.event(), failure);
        int attempts = backoffs.failed(keyOf(next), intake.counts(failure));
        if (next.dead() ? intake.counts(failure) : intake.isHopeless(failure, attempts)) {
            bury(tx, next, next.dead() ? 1 : attempts, failure);
        }
    }

    private void bury(Connection tx, KeptEvents.Kept next, int attempts, Exception failure) throws SQLException {
        try {
            boolean buried = intake.buryWithin(tx, next.event(), attempts, failure);
            tx.commit();
            backoffs.succeeded(keyOf(next));
            if (buried) {
                intake.dead(next.event(), next.attempts() + attempts, failure);
            }
        } catch (Exception e) { // it stays where it is, and is tried again
            tx.rollback();
            log.debug("{} could not be given up", next.event(), e);
        }
    }

    private void tellOfGaps() throws SQLException, Intake.NoConnection {
        long now = System.nanoTime();
        if (inbox.gaps().gapPolicy() != GapPolicy.WAIT
                || now - toldOfGapsAt < inbox.gapPatience().toNanos()) {
            return;
        }
        toldOfGapsAt = now;
        try (Connection connection = intake.connect()) {
            inbox.taking()
                    .kept()
                    .overdue(connection, inbox.gapPatience().toMillis() / 1e3)
                    .forEach(intake::gap);
            connection.rollback();
        }
    }

    private boolean isStopped() {
        lock.lock();
        try {
            return stopped;
        } finally {
            lock.unlock();
        }
    }

    private void awaitNews() {
        lock.lock();
        try {
            long left = poll.toNanos();
            while (!stopped && !woken && left > 0) {
                left = changed.awaitNanos(left);
            }
            woken = false;
        } catch (InterruptedException e) { // if it is being closed, the thread looks at that next
            log.debug("Nothing is waited for any more", e);
        } finally {
            lock.unlock();
        }
    }

    /** Waits for the event that is being handled, at most for the stop deadline, and stops. Idempotent. */
    @Override
    public void close() {
        lock.lock();
        try {
            stopped = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        try {
            TimeUnit.NANOSECONDS.timedJoin(thread, stopDeadline.toNanos());
            thread.interrupt();
            TimeUnit.NANOSECONDS.timedJoin(thread, ROLLS_BACK_WITHIN.toNanos());
        } catch (InterruptedException e) {
            thread.interrupt();
            Thread.currentThread().interrupt();
        }
    }
}
