package dev.tidemark.inbox;

import java.time.Duration;

/** How long to wait after failures: the first wait, doubled with each further one, and never more than the longest. */
record Backoff(Duration first, Duration longest) {

    private static final int MOST_DOUBLINGS = 30;

    /** @param failures in a row, from 1 */
    long nanosAfter(int failures) {
        long wait = first.toNanos() << Math.min(failures - 1, MOST_DOUBLINGS);
        return wait <= 0 || wait > longest.toNanos() ? longest.toNanos() : wait;
    }
}
