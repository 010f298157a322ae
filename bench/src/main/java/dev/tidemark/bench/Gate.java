package dev.tidemark.bench;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What arrived, and whether it was all, in order. Cheap enough to stand in the way of what is measured: a byte for each
 * event and a number for each aggregate.
 *
 * <p>For many threads, as long as one at a time brings the events of one aggregate, as sinks are called.
 */
final class Gate {

    private final int expected;
    private final int aggregates;
    private final byte[] times;
    private final int[] newest;
    private final AtomicInteger arrived = new AtomicInteger();
    private final AtomicLong inversions = new AtomicLong();
    private final AtomicLong duplicates = new AtomicLong();
    private final AtomicLong unknown = new AtomicLong();

    /**
     * What it found.
     *
     * @param missing events that did not arrive
     * @param inversions events that arrived for the first time after a later one of their aggregate
     * @param duplicates arrivals of what had arrived
     * @param unknown arrivals of what nobody wrote
     */
    record Verdict(long missing, long inversions, long duplicates, long unknown) {

        /** Whether a figure counts. Duplicates are allowed, and shown. */
        boolean holds() {
            return missing == 0 && inversions == 0 && unknown == 0;
        }

        /** Such as {@code missing 0, inversions 0, duplicates 0}. */
        String text() {
            return "missing " + missing + ", inversions " + inversions + ", duplicates " + duplicates
                    + (unknown == 0 ? "" : ", unknown " + unknown);
        }
    }

    Gate(int expected, int aggregates) {
        this.expected = expected;
        this.aggregates = aggregates;
        this.times = new byte[expected];
        this.newest = new int[aggregates];
        java.util.Arrays.fill(newest, -1);
    }

    /** The event with this number arrived, unless it is none of ours. Returns how many have arrived, each counted once. */
    int arrived(int number) {
        if (number < 0 || number >= expected) {
            unknown.incrementAndGet();
            return arrived.get();
        }
        int aggregate = number % aggregates;
        boolean again = times[number] > 0;
        times[number] = (byte) Math.min(Byte.MAX_VALUE, times[number] + 1);
        if (again) {
            duplicates.incrementAndGet();
            return arrived.get();
        }
        if (number < newest[aggregate]) {
            inversions.incrementAndGet();
        } else {
            newest[aggregate] = number;
        }
        return arrived.incrementAndGet();
    }

    boolean isComplete() {
        return arrived.get() == expected;
    }

    /** By now; complete once all threads that bring something have ended. */
    Verdict verdict() {
        return new Verdict(expected - arrived.get(), inversions.get(), duplicates.get(), unknown.get());
    }
}
