package dev.tidemark.inbox;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/** The time of one connection. */
final class Term implements AutoCloseable {

    private final AggregateQueues queues;
    private final SubscriptionSettings settings;
    private final Runnable reads;
    private final CountDownLatch stopping;
    private final List<Lot> lots = new CopyOnWriteArrayList<>();

    /**
     * @param reads called as soon as it reads
     * @param stopping for good
     */
    Term(AggregateQueues queues, SubscriptionSettings settings, Runnable reads, CountDownLatch stopping) {
        this.queues = queues;
        this.settings = settings;
        this.reads = reads;
        this.stopping = stopping;
    }

    /** A new lot, which ends with this term. */
    Lot lot(String place) {
        Lot lot = new Lot(queues, place, settings.window(), settings.unreadable());
        lots.add(lot);
        return lot;
    }

    /** It is connected, and all is there that it needs. */
    void reads() {
        reads.run();
    }

    boolean isStopping() {
        return stopping.getCount() == 0;
    }

    /** Waits so long; returns earlier, and true, when it is to stop. */
    boolean pause(Duration time) throws InterruptedException {
        return stopping.await(time.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** Calls off {@code ending}, and waits for what is handled of them, at most for the stop deadline. */
    void end(Collection<Lot> ending) throws InterruptedException {
        lots.removeAll(ending);
        ending.forEach(Lot::callOff);
        long deadline = System.nanoTime() + settings.stopDeadline().toNanos();
        for (Lot lot : ending) {
            lot.awaitIdle(Duration.ofNanos(Math.max(0, deadline - System.nanoTime())));
        }
    }

    /** Ends all of its lots. Idempotent. */
    @Override
    public void close() {
        try {
            end(List.copyOf(lots));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // nothing is waited for any more
        }
    }
}
