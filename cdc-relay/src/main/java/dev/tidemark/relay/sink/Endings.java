package dev.tidemark.relay.sink;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * What has ended of a batch: many threads of a client add, the lane's thread takes. That thread is woken when it has a
 * reason to go on, and not for each one: a thread that wakes up costs more than what it would find. The taker is the
 * thread that makes it.
 */
final class Endings {

    private final Thread taker = Thread.currentThread();
    private final AtomicReference<@Nullable Ending> newest = new AtomicReference<>();
    private final AtomicInteger waiting = new AtomicInteger(); // how many are there to be taken
    private volatile boolean hurried;
    private volatile int enough = Integer.MAX_VALUE;

    /**
     * One has ended.
     *
     * @param hurries whether the taker wants to know of it at once; as it does of each failure
     */
    void add(int index, @Nullable Throwable failure, boolean hurries) {
        Ending ending = new Ending(index, failure);
        Ending before;
        do {
            before = newest.get();
            ending.other = before;
        } while (!newest.compareAndSet(before, ending));
        if (hurries || failure != null) {
            hurried = true;
        }
        if (waiting.incrementAndGet() >= enough || hurried) {
            LockSupport.unpark(taker);
        }
    }

    /** All that were not taken yet, the first that ended first; null if there are none. */
    @Nullable
    Ending take() {
        if (hurried) {
            hurried = false; // who hurries from now on is still to be taken, or has this thread look once in vain
        }
        if (newest.get() == null) {
            return null;
        }
        Ending next = newest.getAndSet(null);
        Ending first = null;
        int taken = 0;
        while (next != null) {
            Ending earlier = next.other;
            next.other = first;
            first = next;
            next = earlier;
            taken++;
        }
        waiting.addAndGet(-taken);
        return first;
    }

    /**
     * Waits until {@code count} are there, or one that hurries.
     *
     * @param deadline by {@link System#nanoTime()}
     * @return false if the time was up before
     */
    boolean await(int count, long deadline) throws InterruptedException {
        enough = count;
        try {
            while (true) {
                if (Thread.interrupted()) {
                    throw new InterruptedException("interrupted while a batch was under way");
                }
                if (hurried || waiting.get() >= count) {
                    return true;
                }
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    return false;
                }
                LockSupport.parkNanos(this, left);
            }
        } finally {
            enough = Integer.MAX_VALUE;
        }
    }

    /** Of the envelope at an index; one of a chain. */
    static final class Ending {

        private final int index;
        private final @Nullable Throwable failure;
        private @Nullable Ending other; // the one before, while it is added; the one after, when it was taken

        private Ending(int index, @Nullable Throwable failure) {
            this.index = index;
            this.failure = failure;
        }

        int index() {
            return index;
        }

        /** What it failed with; null if it did not. */
        @Nullable
        Throwable failure() {
            return failure;
        }

        /** The one that ended next. */
        @Nullable
        Ending later() {
            return other;
        }
    }
}
