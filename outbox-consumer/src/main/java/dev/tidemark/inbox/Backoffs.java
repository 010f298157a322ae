package dev.tidemark.inbox;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/** What failed, and when it is tried again: after a wait that doubles each time. Safe for many threads. */
final class Backoffs {

    private static final Wait NONE = new Wait(0, 0, 0);

    /** At least so long is remembered what failed: whoever is busy comes late, and must not count anew. */
    static final Duration REMEMBERED = Duration.ofMinutes(10);

    /** More than that, and it is not about single events. */
    static final int MOST = 1000;

    private final Backoff backoff;
    private final LongSupplier nanoTime;
    private final Map<Long, Wait> waits = new HashMap<>();

    private record Wait(int failures, int attempts, long until) {}

    /** @param nanoTime as {@link System#nanoTime} */
    Backoffs(Backoff backoff, LongSupplier nanoTime) {
        this.backoff = backoff;
        this.nanoTime = nanoTime;
    }

    /**
     * It failed.
     *
     * @param counts whether that was an attempt
     * @return how many attempts have failed
     */
    synchronized int failed(long position, boolean counts) {
        Wait before = waits.getOrDefault(position, NONE);
        int failures = before.failures() + 1;
        int attempts = before.attempts() + (counts ? 1 : 0);
        waits.put(position, new Wait(failures, attempts, nanoTime.getAsLong() + backoff.nanosAfter(failures)));
        return attempts;
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
        long mostNanos = Math.max(backoff.longest().toNanos(), REMEMBERED.toNanos());
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
