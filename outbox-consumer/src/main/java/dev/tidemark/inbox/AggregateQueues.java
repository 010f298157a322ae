package dev.tidemark.inbox;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.envelope.Envelope;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Handles events on several threads: those of one aggregate one after the other, in the order in which they came, those
 * of others meanwhile. One that fails is tried again after a wait that grows; what came behind it of its aggregate waits
 * too. Safe for many threads.
 */
final class AggregateQueues implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(AggregateQueues.class);
    private static final Duration ROLLS_BACK_WITHIN = Duration.ofSeconds(1);

    private final Intake intake;
    private final Backoff backoff;
    private final ScheduledThreadPoolExecutor threads;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition settled = lock.newCondition();
    private final Map<Aggregate, Sequence> sequences = new HashMap<>(); // those that have something
    private final Map<Lot, String> held = new HashMap<>();

    private record Job(Lot lot, Envelope event, Message message) {}

    /** The events of one aggregate that are not settled. */
    private static final class Sequence {

        final ArrayDeque<Job> jobs = new ArrayDeque<>();
        boolean running; // the first of the jobs
        int failures;
        int attempts; // failures that are not the database's

        @Nullable
        ScheduledFuture<?> retry;
    }

    /** @param name of the threads */
    AggregateQueues(Intake intake, int threads, Backoff backoff, String name) {
        this.intake = intake;
        this.backoff = backoff;
        AtomicInteger count = new AtomicInteger();
        this.threads = new ScheduledThreadPoolExecutor(
                threads,
                work -> new Thread(work, name + "-" + count.incrementAndGet()),
                new ThreadPoolExecutor.DiscardPolicy()); // after it was closed
        this.threads.setRemoveOnCancelPolicy(true);
    }

    void submit(Lot lot, Message message) {
        Envelope event;
        try {
            event = StorableText.require(message.event());
        } catch (RuntimeException | StorableText.Unstorable e) { // also a client's: it must not be passed over
            unreadable(lot, message, e);
            return;
        }
        lock.lock();
        try {
            if (lot.calledOff) {
                return;
            }
            lot.unsettled++;
            if (lot.held) {
                return;
            }
            Sequence sequence = sequences.computeIfAbsent(event.aggregate(), aggregate -> new Sequence());
            sequence.jobs.add(new Job(lot, event, message));
            if (sequence.jobs.size() == 1) {
                threads.execute(() -> next(event.aggregate()));
            }
        } finally {
            lock.unlock();
        }
    }

    private void unreadable(Lot lot, Message message, Exception failure) {
        if (lot.unreadable == Unreadable.HOLD) {
            hold(lot, failure);
        } else if (!isCalledOff(lot)) {
            intake.unreadable(failure);
            tell(message::passOver);
        }
    }

    private void hold(Lot lot, Exception failure) {
        lock.lock();
        try {
            lot.unsettled++;
            if (!lot.calledOff && !lot.held) {
                lot.held = true;
                held.put(
                        lot,
                        "a message of " + lot.place
                                + " is no event, and holds what is behind it; the inbox's listener is told why");
                threads.execute(() -> report(lot, failure));
            }
        } finally {
            lock.unlock();
        }
    }

    @SuppressWarnings("FutureReturnValueIgnored") // it fails for nobody who waits
    private void report(Lot lot, Exception failure) {
        if (isCalledOff(lot)) {
            return;
        }
        intake.unreadable(failure);
        threads.schedule(() -> report(lot, failure), backoff.longest().toNanos(), TimeUnit.NANOSECONDS);
    }

    private boolean isCalledOff(Lot lot) {
        lock.lock();
        try {
            return lot.calledOff;
        } finally {
            lock.unlock();
        }
    }

    /** Why a lot is held, if one is. */
    @Nullable
    String whyHeld() {
        lock.lock();
        try {
            return held.values().stream().findFirst().orElse(null);
        } finally {
            lock.unlock();
        }
    }

    /** On a thread of the pool: the first job of a sequence that nobody else has begun. */
    private void next(Aggregate aggregate) {
        Job job;
        int attempts;
        lock.lock();
        try {
            Sequence sequence = sequences.get(aggregate);
            if (sequence == null || sequence.running || sequence.jobs.isEmpty()) {
                return;
            }
            job = sequence.jobs.element();
            job.lot().running++;
            sequence.running = true;
            sequence.retry = null;
            attempts = sequence.attempts;
        } finally {
            lock.unlock();
        }
        boolean settledNow = false;
        int failed = attempts;
        try {
            Exception failure = handle(job);
            forgetInterruption();
            if (failure != null && intake.counts(failure)) {
                failed++;
            }
            settledNow = failure == null || isGivenUp(job, failed, failure) || isBuried(job, failed, failure);
        } finally {
            ended(aggregate, job, settledNow, failed);
        }
    }

    /** Why it is not handled, which the listener knows; null if it is. */
    private @Nullable Exception handle(Job job) {
        try {
            intake.take(job.event());
            tell(job.message()::done);
            return null;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return e;
        } catch (Exception e) {
            return e;
        } catch (Error e) { // of a handler: there are other events
            IllegalStateException failure = new IllegalStateException("the handler failed: " + e, e);
            intake.failed(job.event(), failure);
            return failure;
        }
    }

    /** One that did not come from {@link #close}: a handler has left it behind, or thrown it by itself. */
    private void forgetInterruption() {
        if (!threads.isShutdown()) {
            Thread.interrupted();
        }
    }

    private static boolean isGivenUp(Job job, int failed, Exception failure) {
        try {
            return !Thread.currentThread().isInterrupted() && job.message().givenUp(failed, failure);
        } catch (Exception e) {
            log.debug("The broker was not told that {} is given up; it delivers it again", job.event(), e);
            return false;
        }
    }

    /** Whether it is dead in the inbox, and the broker need not keep it. */
    private boolean isBuried(Job job, int failed, Exception failure) {
        if (Thread.currentThread().isInterrupted() || !intake.isHopeless(failure, failed)) {
            return false;
        }
        try {
            intake.bury(job.event(), failed, failure);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } catch (Exception e) {
            log.debug("{} could not be given up; it is tried again", job.event(), e);
            return false;
        }
        tell(job.message()::done);
        return true;
    }

    private void ended(Aggregate aggregate, Job job, boolean handled, int attempts) {
        lock.lock();
        try {
            Sequence sequence = sequences.get(aggregate);
            if (sequence == null) {
                throw new IllegalStateException(
                        "the sequence of " + aggregate + " is gone while one of it was handled");
            }
            sequence.running = false;
            job.lot().running--;
            if (handled || job.lot().calledOff) {
                sequence.jobs.remove();
                job.lot().unsettled--;
                sequence.failures = 0;
                sequence.attempts = 0;
                goOn(aggregate, sequence);
            } else {
                sequence.failures++;
                sequence.attempts = attempts;
                sequence.retry = threads.schedule(
                        () -> next(aggregate), backoff.nanosAfter(sequence.failures), TimeUnit.NANOSECONDS);
            }
            settled.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** With the lock. */
    private void goOn(Aggregate aggregate, Sequence sequence) {
        if (sequence.jobs.isEmpty()) {
            sequences.remove(aggregate);
        } else {
            threads.execute(() -> next(aggregate));
        }
    }

    void callOff(Lot lot) {
        lock.lock();
        try {
            lot.calledOff = true;
            lot.unsettled = lot.running;
            held.remove(lot);
            Map.copyOf(sequences).forEach((aggregate, sequence) -> callOff(lot, aggregate, sequence));
            settled.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void callOff(Lot lot, Aggregate aggregate, Sequence sequence) {
        Job first = sequence.jobs.remove();
        sequence.jobs.removeIf(job -> job.lot() == lot);
        if (sequence.running || first.lot() != lot) {
            sequence.jobs.addFirst(first);
            return;
        }
        ScheduledFuture<?> retry = sequence.retry;
        if (retry != null) {
            retry.cancel(false);
            sequence.retry = null;
        }
        sequence.failures = 0;
        sequence.attempts = 0;
        goOn(aggregate, sequence);
    }

    int room(Lot lot) {
        lock.lock();
        try {
            return lot.window - lot.unsettled;
        } finally {
            lock.unlock();
        }
    }

    int awaitRoom(Lot lot, Duration atMost) throws InterruptedException {
        lock.lock();
        try {
            long left = atMost.toNanos();
            while (lot.unsettled >= lot.window && left > 0) {
                left = settled.awaitNanos(left);
            }
            return lot.window - lot.unsettled;
        } finally {
            lock.unlock();
        }
    }

    void awaitIdle(Lot lot, Duration atMost) throws InterruptedException {
        lock.lock();
        try {
            long left = atMost.toNanos();
            while (lot.running > 0 && left > 0) {
                left = settled.awaitNanos(left);
            }
        } finally {
            lock.unlock();
        }
    }

    private interface Telling {
        void tell() throws Exception;
    }

    /** Whatever comes of it: a message that the broker still has is delivered again. */
    private static void tell(Telling call) {
        try {
            call.tell();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (Exception e) {
            log.debug("The broker was not told; it delivers the message again", e);
        }
    }

    /** Interrupts what is being handled, which rolls back. All lots are to be called off before. */
    @Override
    public void close() {
        threads.shutdownNow();
        try {
            threads.awaitTermination(ROLLS_BACK_WITHIN.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
