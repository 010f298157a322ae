package dev.tidemark.inbox;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/** What failed, and when it is tried again: after a wait that doubles each time. Safe for many threads. */
final class Backoffs {

    /** More than that, and it is not about single events. */
    static final int MOST = 1000;

    private static final int MOST_DOUBLINGS = 30;

    private final long firstNanos;
    private final long mostNanos;
    private final LongSupplier nanoTime;
    private final Map<Long, Wait> waits = new HashMap<>();

    private record Wait(int failures, long until) {}

    /** @param nanoTime as {@link System#nanoTime} */
    Backoffs(Duration first, Duration most, LongSupplier nanoTime) {
        this.firstNanos = first.toNanos();
        this.mostNanos = most.toNanos();
        this.nanoTime = nanoTime;
    }

    synchronized void failed(long position) {
        Wait before = waits.get(position);
        int failures = before == null ? 1 : before.failures() + 1;
        long wait = firstNanos << Math.min(failures - 1, MOST_DOUBLINGS);
        long bounded = wait <= 0 || wait > mostNanos ? mostNanos : wait;
        waits.put(position, new Wait(failures, nanoTime.getAsLong() + bounded));
    }

    synchronized void succeeded(long position) {
        waits.remove(position);
    }

    /** Those that are to wait still. */
    synchronized Collection<Long> waiting() {
        if (waits.isEmpty()) {
            return List.of();
        }
        long now = nanoTime.getAsLong();
        // who was not tried again for so long was handled by somebody else
        waits.values().removeIf(wait -> now - wait.until() > mostNanos);
        return waits.entrySet().stream()
                .filter(one -> one.getValue().until() - now > 0)
                .map(Map.Entry::getKey)
                .toList();
    }

    /** Whether so many wait that nothing else should be tried now. */
    boolean areMany() {
        return waiting().size() >= MOST;
    }
}
