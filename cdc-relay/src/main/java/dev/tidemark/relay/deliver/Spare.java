package dev.tidemark.relay.deliver;

import java.util.concurrent.atomic.AtomicLong;

/** Memory that the lanes of all subscribers share, to read ahead in their backlogs. Safe for many threads. */
final class Spare {

    private static final long LEAST_BYTES = 64 << 10;

    private final AtomicLong left;

    Spare(long bytes) {
        this.left = new AtomicLong(bytes);
    }

    /**
     * Takes what is to be {@linkplain #giveBack given back}: never more than half of what is left, so that there is
     * something for the next.
     *
     * @return bytes, at most {@code most}; 0 if there is too little to be of use
     */
    long take(long most) {
        while (true) {
            long now = left.get();
            long taken = Math.min(most, now / 2);
            if (taken < LEAST_BYTES) {
                return 0;
            }
            if (left.compareAndSet(now, now - taken)) {
                return taken;
            }
        }
    }

    void giveBack(long bytes) {
        left.addAndGet(bytes);
    }
}
