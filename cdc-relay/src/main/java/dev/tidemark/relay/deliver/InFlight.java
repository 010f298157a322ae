package dev.tidemark.relay.deliver;

import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What was taken from the feed and is not settled yet, in order of arrival; bounded in events and bytes.
 *
 * <p>One of these lives as long as one run of the feed. The feed's thread adds and asks; lanes settle from
 * any thread. The lock is held for a few instructions, never while something is delivered. Each entry is
 * looked at once when it is added and once when the settled prefix passes it.
 */
public final class InFlight {

    private final int maxEvents;
    private final long maxBytes;
    private final LongSupplier nanoTime;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition somethingSettled = lock.newCondition();

    // all guarded by the lock; the oldest entry, if there is one, is never settled
    private @Nullable Entry oldest;
    private @Nullable Entry newest;
    private int events;
    private long added;
    private long addedBytes;
    private long unsettledBytes;
    private boolean settledSinceAwaited;
    private boolean closed;

    private volatile long settledPrefix;

    /**
     * An empty one.
     *
     * @param maxEvents at least 1
     * @param maxBytes at least 1
     * @param nanoTime monotonic, such as {@link System#nanoTime()}
     */
    public InFlight(int maxEvents, long maxBytes, LongSupplier nanoTime) {
        if (maxEvents < 1 || maxBytes < 1) {
            throw new IllegalArgumentException(
                    "maxEvents and maxBytes must be at least 1, but were: " + maxEvents + " and " + maxBytes);
        }
        this.maxEvents = maxEvents;
        this.maxBytes = maxBytes;
        this.nanoTime = nanoTime;
    }

    /**
     * Whether an event of this size may be added now. One that is larger than the whole limit may be added
     * when nothing else is in flight: it would never fit otherwise.
     */
    public boolean hasRoom(int bytes) {
        lock.lock();
        try {
            return events == 0 || (events < maxEvents && unsettledBytes + bytes <= maxBytes);
        } finally {
            lock.unlock();
        }
    }

    /**
     * Adds an event behind all others; the limits are the caller's to ask for by {@link #hasRoom} first.
     *
     * @param bytes that it holds on the heap, roughly
     * @param deliveries how often {@link Entry#settled()} will be called: once for each subscriber that
     *     wants it, at least 1. What nobody wants is not added
     * @throws IllegalStateException if this is closed
     */
    public Entry add(int bytes, int deliveries) {
        if (deliveries < 1 || bytes < 0) {
            throw new IllegalArgumentException(
                    "an entry has at least 1 delivery and 0 bytes, but had: " + deliveries + " and " + bytes);
        }
        Entry entry = new Entry(bytes, deliveries, nanoTime.getAsLong());
        lock.lock();
        try {
            if (closed) {
                throw new IllegalStateException("this run of the feed is over; nothing more can be in flight");
            }
            append(entry);
        } finally {
            lock.unlock();
        }
        return entry;
    }

    /**
     * How many entries, counted from the first, are settled without a gap. Never falls, and stays as it is
     * once this is closed. Costs one volatile read.
     */
    public long settledPrefix() {
        return settledPrefix;
    }

    /**
     * Waits until an entry is settled, or until the time is over or this is closed. For one thread, the
     * feed's: what was settled since its last call counts, so that nothing is missed between a question and
     * this wait.
     */
    public void awaitSettled(Duration atMost) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            long left = atMost.toNanos();
            while (!settledSinceAwaited && !closed && left > 0) {
                left = somethingSettled.awaitNanos(left);
            }
            settledSinceAwaited = false;
        } finally {
            lock.unlock();
        }
    }

    /** Entries from the first unsettled one to the last, settled or not: the window that maxEvents bounds. */
    public int events() {
        lock.lock();
        try {
            return events;
        } finally {
            lock.unlock();
        }
    }

    /** Bytes of the unsettled entries; a settled one's envelope is already given up. */
    public long bytes() {
        lock.lock();
        try {
            return unsettledBytes;
        } finally {
            lock.unlock();
        }
    }

    /** How long ago the oldest unsettled entry was added; zero if there is none. */
    public Duration oldestUnsettled() {
        lock.lock();
        try {
            return oldest == null ? Duration.ZERO : Duration.ofNanos(nanoTime.getAsLong() - oldest.addedAt);
        } finally {
            lock.unlock();
        }
    }

    /** Ends this run of the feed: whatever is settled from now on acknowledges nothing. Idempotent. */
    public void close() {
        lock.lock();
        try {
            closed = true;
            oldest = null;
            newest = null;
            events = 0;
            unsettledBytes = 0;
            somethingSettled.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private boolean isBehind(Entry entry) {
        lock.lock();
        try {
            return !closed && (added - entry.number >= maxEvents / 2 || addedBytes - entry.bytesUpTo >= maxBytes / 2);
        } finally {
            lock.unlock();
        }
    }

    private void append(Entry entry) {
        if (newest == null) {
            oldest = entry;
        } else {
            newest.next = entry;
        }
        newest = entry;
        events++;
        unsettledBytes += entry.bytes;
        added++;
        addedBytes += entry.bytes;
        entry.number = added;
        entry.bytesUpTo = addedBytes;
    }

    private void settleOne(Entry entry) {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            if (entry.unsettled == 0) {
                throw new IllegalStateException(
                        "an entry was settled more often than it has deliveries; this would acknowledge too much");
            }
            entry.unsettled--;
            if (entry.unsettled == 0) {
                unsettledBytes -= entry.bytes;
                passSettled();
                settledSinceAwaited = true;
                somethingSettled.signal();
            }
        } finally {
            lock.unlock();
        }
    }

    private void passSettled() {
        long passed = 0;
        while (oldest != null && oldest.unsettled == 0) {
            oldest = oldest.next;
            passed++;
        }
        if (oldest == null) {
            newest = null;
        }
        events -= Math.toIntExact(passed);
        settledPrefix = settledPrefix() + passed;
    }

    /** One event in flight. It is settled when each of its deliveries is. */
    public final class Entry {

        private final int bytes;
        private final long addedAt;
        private int unsettled; // guarded by the lock, as are the next three
        private long number;
        private long bytesUpTo;
        private @Nullable Entry next;

        private Entry(int bytes, int deliveries, long addedAt) {
            this.bytes = bytes;
            this.unsettled = deliveries;
            this.addedAt = addedAt;
        }

        /**
         * One subscriber has it. Called from any thread, once for each delivery that was announced; without
         * effect once the run of the feed is over.
         *
         * @throws IllegalStateException if it was called more often than that
         */
        public void settled() {
            settleOne(this);
        }

        /** Whether half of what may be in flight came after it: whoever holds it now holds up everybody soon. */
        boolean isBehind() {
            return InFlight.this.isBehind(this);
        }
    }
}
