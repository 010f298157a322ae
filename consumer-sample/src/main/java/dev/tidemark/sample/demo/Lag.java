package dev.tidemark.sample.demo;

import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;

/** Times from a commit to the replica; for one thread. */
final class Lag {

    private long[] nanos = new long[256];
    private int count;

    void add(Duration lag) {
        if (count == nanos.length) {
            nanos = Arrays.copyOf(nanos, count * 2);
        }
        nanos[count++] = lag.toNanos();
    }

    Lag copy() {
        Lag copy = new Lag();
        copy.nanos = nanos.clone();
        copy.count = count;
        return copy;
    }

    int count() {
        return count;
    }

    /**
     * The time that {@code percent} of all stayed within: the nearest rank.
     *
     * @param percent from 1 to 100
     */
    Duration percentile(int percent) {
        if (count == 0) {
            return Duration.ZERO;
        }
        long[] sorted = Arrays.copyOf(nanos, count);
        Arrays.sort(sorted);
        return Duration.ofNanos(sorted[(int) Math.ceil(percent / 100.0 * count) - 1]);
    }

    /** Such as {@code p50 4.2 ms, p99 11.0 ms}. */
    @Override
    public String toString() {
        return "p50 " + milliseconds(50) + ", p99 " + milliseconds(99);
    }

    private String milliseconds(int percent) {
        return String.format(Locale.ROOT, "%.1f ms", percentile(percent).toNanos() / 1e6);
    }
}
