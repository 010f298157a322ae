package dev.tidemark.relay.deliver;

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * What was offered to a lane and not taken yet, and how many events the slot waits for. The lock is held for a
 * few instructions only: the feed's thread waits for nothing else.
 */
final class LaneQueue {

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition workOffered = lock.newCondition();
    private final Condition progress = lock.newCondition();
    private final ArrayDeque<Queued> queue = new ArrayDeque<>(); // guarded by the lock, as is all that follows
    private boolean awake; // something was offered since the last wait
    private int unsettled; // offered and live

    /** Puts an event behind all others. Never waits. */
    void offer(Queued event) {
        lock.lock();
        try {
            if (queue.isEmpty()) {
                wake(); // a lane that waits has emptied its queue, so it need not be woken for every event
            }
            queue.add(event);
            unsettled++;
        } finally {
            lock.unlock();
        }
    }

    /** Counts something else that the slot waits for, and wakes the lane. */
    void offered() {
        lock.lock();
        try {
            unsettled++;
            wake();
        } finally {
            lock.unlock();
        }
    }

    void nudge() {
        lock.lock();
        try {
            wake();
        } finally {
            lock.unlock();
        }
    }

    /** The event is settled; without effect if it was before. */
    void settle(Queued event) {
        if (event.isLive()) {
            event.settle();
            settled(1);
        }
    }

    /** So many are settled. */
    void settled(int events) {
        lock.lock();
        try {
            unsettled -= events;
            progress.signalAll();
        } finally {
            lock.unlock();
        }
    }

    /** Takes the first events, as far as both limits allow; the first one whatever its size if {@code atLeastOne}. */
    List<Queued> take(int mostEvents, long mostBytes, boolean atLeastOne) {
        List<Queued> taken = new ArrayList<>();
        long bytes = 0;
        lock.lock();
        try {
            Queued next = queue.peek();
            while (next != null
                    && taken.size() < mostEvents
                    && ((atLeastOne && taken.isEmpty()) || bytes + next.bytes <= mostBytes)) {
                bytes += next.bytes;
                taken.add(queue.remove());
                next = queue.peek();
            }
            return taken;
        } finally {
            lock.unlock();
        }
    }

    @Nullable
    Queued first() {
        lock.lock();
        try {
            return queue.peek();
        } finally {
            lock.unlock();
        }
    }

    @Nullable
    Instant firstCommittedAt() {
        Queued first = first();
        return first == null ? null : first.committedAt;
    }

    int unsettled() {
        lock.lock();
        try {
            return unsettled;
        } finally {
            lock.unlock();
        }
    }

    /** Waits until an event is offered or so many nanoseconds have passed; true if one was since the last wait. */
    boolean awaitWork(long nanos) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            long left = nanos;
            while (!awake && left > 0) {
                left = workOffered.awaitNanos(left);
            }
            boolean was = awake;
            awake = false;
            return was;
        } finally {
            lock.unlock();
        }
    }

    /** Waits until all is settled, so many nanoseconds have passed, or there is no use in waiting; true if all is settled. */
    boolean awaitDrained(long nanos, BooleanSupplier useless) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            long left = nanos;
            while (unsettled > 0 && !useless.getAsBoolean() && left > 0) {
                left = progress.awaitNanos(left);
            }
            return unsettled == 0;
        } finally {
            lock.unlock();
        }
    }

    private void wake() {
        awake = true;
        workOffered.signal();
    }
}
