package dev.tidemark.inbox;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/** What failed, and when it is tried again: after a wait that doubles each time. Safe for many threads. */
final class Backoffs {

    /** More than that, and it is not about single events. */
    static final int MOST = 1000;

    private final Backoff backoff;
    private final LongSupplier nanoTime;
    private final Map<Long, Wait> waits = new HashMap<>();

    private record Wait(int failures, long until) {}

    /** @param nanoTime as {@link System#nanoTime} */
    Backoffs(Backoff backoff, LongSupplier nanoTime) {
        this.backoff = backoff;
        this.nanoTime = nanoTime;
    }

    synchronized void failed(long position) {
        Wait before = waits.get(position);
        int failures = before == null ? 1 : before.failures() + 1;
        waits.put(position, new Wait(failures, nanoTime.getAsLong() + backoff.nanosAfter(failures)));
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
        long mostNanos = backoff.longest().toNanos();
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
