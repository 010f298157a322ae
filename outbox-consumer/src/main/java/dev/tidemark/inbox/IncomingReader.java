package dev.tidemark.inbox;

import dev.tidemark.envelope.CloudEventsJson;
import dev.tidemark.envelope.Envelope;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** An {@link IncomingSubscription} at work. Safe for many threads. */
public final class IncomingReader implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(IncomingReader.class);
    private static final Duration FORGETS_EVERY = Duration.ofMinutes(1);
    private static final Duration LISTENS_FOR = Duration.ofMillis(250); // closing waits for it
    private static final Duration ROLLS_BACK_WITHIN = Duration.ofSeconds(1);

    private final Intake intake;
    private final IncomingTable table;
    private final Backoffs backoffs;
    private final Pace pace;
    private final @Nullable Notifications notifications;
    private final WaitingReader waiting;
    private final List<Thread> threads = new ArrayList<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition news = lock.newCondition();
    private final Seldom troubles = new Seldom(System::nanoTime);
    private long arrivals; // guarded by the lock, as the next
    private boolean stopped;
    private long forgotAt = System.nanoTime() - FORGETS_EVERY.toNanos();

    /** How many, how often, how long: as the builder of {@link IncomingSubscription} says. */
    record Pace(int threads, Duration poll, Duration keep, Duration stopDeadline) {}

    IncomingReader(
            Intake intake, IncomingTable table, Backoffs backoffs, Pace pace, @Nullable Notifications notifications) {
        this.intake = intake;
        this.table = table;
        this.backoffs = backoffs;
        this.pace = pace;
        this.notifications = notifications;
        this.waiting = WaitingSubscription.reader(intake, pace.stopDeadline());
    }

    void start() {
        for (int i = 1; i <= pace.threads(); i++) {
            threads.add(new Thread(this::read, "tidemark-incoming-" + i));
        }
        Notifications told = notifications;
        if (told != null) {
            threads.add(new Thread(() -> listen(told), "tidemark-incoming-listener"));
        }
        threads.forEach(Thread::start);
        waiting.start();
    }

    private void read() {
        while (!isStopped()) {
            long seen = arrivals();
            if (!handledOneIfAny()) {
                awaitNews(seen);
            }
        }
    }

    /** Whatever happens in it: nobody would notice that the thread has ended. */
    private boolean handledOneIfAny() {
        try {
            forgetSome();
            return !backoffs.areMany() && handledOne();
        } catch (Throwable e) { // also an Error, such as a class that is missing
            if (!isStopped()) {
                troubles.run(count ->
                        log.error("The table incoming cannot be read ({} times since the last message)", count, e));
            }
            return false;
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

    /** Whether there was one, and it was handled or failed. */
    private boolean handledOne() throws InterruptedException {
        try (Connection tx = intake.connect()) {
            IncomingTable.Claim claim = table.claim(tx, backoffs.waiting());
            if (claim == null) {
                tx.rollback();
                return false;
            }
            handle(tx, claim);
            return true;
        } catch (Intake.NoConnection | SQLException e) {
            troubles.run(count -> log.warn(
                    "The table incoming cannot be read ({} times since the last warning): {}", count, e.getMessage()));
            return false;
        }
    }

    private void handle(Connection tx, IncomingTable.Claim claim) throws SQLException, InterruptedException {
        Envelope event = null;
        try {
            event = CloudEventsJson.read(claim.event().getBytes(StandardCharsets.UTF_8));
            Handled handled = intake.within(tx, event);
            table.handled(tx, claim);
            tx.commit();
            backoffs.succeeded(claim.position());
            intake.done(handled);
        } catch (InterruptedException e) {
            if (isStopped()) {
                tx.rollback();
                throw e;
            }
            failed(tx, claim, event, e); // the handler's own
        } catch (Exception e) {
            failed(tx, claim, event, e);
        } catch (Error e) { // of a handler: the thread has other events
            failed(tx, claim, event, new IllegalStateException("the handler failed: " + e, e));
        }
    }

    /** It waits before the lock is gone. */
    private void failed(Connection tx, IncomingTable.Claim claim, @Nullable Envelope event, Exception failure)
            throws SQLException {
        int attempts = backoffs.failed(claim.position(), intake.counts(failure));
        intake.failed(event, failure);
        tx.rollback();
        if (event != null && intake.isHopeless(failure, attempts)) {
            bury(tx, claim, event, attempts, failure);
        }
    }

    private void bury(Connection tx, IncomingTable.Claim claim, Envelope event, int attempts, Exception failure)
            throws SQLException {
        try {
            boolean buried = intake.buryWithin(tx, event, attempts, failure);
            table.handled(tx, claim);
            tx.commit();
            backoffs.succeeded(claim.position());
            if (buried) {
                intake.dead(event, attempts, failure);
            }
        } catch (Exception e) { // such as that somebody else has it: it is tried again
            tx.rollback();
            log.debug("{} could not be given up", event, e);
        }
    }

    /** One thread, once a minute. What cannot be forgotten now is the next time. */
    private void forgetSome() {
        if (!isTimeToForget()) {
            return;
        }
        try (Connection tx = intake.connect()) {
            boolean more = true;
            while (more && !isStopped()) {
                more = table.forget(tx, pace.keep()) > 0;
                tx.commit();
            }
        } catch (Intake.NoConnection | SQLException e) {
            log.debug("Rows of incoming that were handled could not be deleted", e);
        }
    }

    private boolean isTimeToForget() {
        lock.lock();
        try {
            long now = System.nanoTime();
            boolean due = now - forgotAt >= FORGETS_EVERY.toNanos();
            forgotAt = due ? now : forgotAt;
            return due;
        } finally {
            lock.unlock();
        }
    }

    private void listen(Notifications told) {
        try {
            while (!isStopped()) {
                try {
                    if (told.await(LISTENS_FOR)) {
                        arrived();
                    }
                } catch (SQLException | RuntimeException e) {
                    awaitNews(arrivals()); // those that read look by themselves meanwhile
                }
            }
        } finally {
            told.close();
        }
    }

    private void arrived() {
        lock.lock();
        try {
            arrivals++;
            news.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private long arrivals() {
        lock.lock();
        try {
            return arrivals;
        } finally {
            lock.unlock();
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

    /** Until something arrives that had not when {@code seen} was asked, or it is time to look. */
    private void awaitNews(long seen) {
        lock.lock();
        try {
            long left = pace.poll().toNanos();
            while (!stopped && arrivals == seen && left > 0) {
                left = news.awaitNanos(left);
            }
        } catch (InterruptedException e) { // if it is being closed, who waits looks at that next
            log.debug("Nothing is waited for any more", e);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Begins nothing more, waits for what is being handled, at most for the stop deadline, and stops. What did not end in
     * time is interrupted and rolls back, so that it is handled again. Idempotent.
     */
    @Override
    public void close() {
        lock.lock();
        try {
            stopped = true;
            news.signalAll();
        } finally {
            lock.unlock();
        }
        try {
            join(pace.stopDeadline());
            threads.forEach(Thread::interrupt);
            join(ROLLS_BACK_WITHIN);
        } catch (InterruptedException e) {
            threads.forEach(Thread::interrupt);
            Thread.currentThread().interrupt();
        }
        waiting.close();
    }

    private void join(Duration atMost) throws InterruptedException {
        long deadline = System.nanoTime() + atMost.toNanos();
        for (Thread thread : threads) {
            TimeUnit.NANOSECONDS.timedJoin(thread, Math.max(1, deadline - System.nanoTime()));
        }
    }
}
