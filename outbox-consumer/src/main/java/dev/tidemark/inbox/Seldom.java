package dev.tidemark.inbox;

import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import java.util.function.LongSupplier;

/** Lets the first of many equal messages pass, and then one a minute with the number of those that did not. */
final class Seldom {

    private static final long WAIT = TimeUnit.MINUTES.toNanos(1);

    private final LongSupplier nanoTime;
    private boolean spoken;
    private long lastAt;
    private int count;

    Seldom(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /** Gives {@code message} the number of calls since it was last run, this one included. */
    void run(IntConsumer message) {
        int counted = count();
        if (counted > 0) {
            message.accept(counted);
        }
    }

    private synchronized int count() {
        count++;
        long now = nanoTime.getAsLong();
        if (spoken && now - lastAt < WAIT) {
            return 0;
        }
        int counted = count;
        spoken = true;
        lastAt = now;
        count = 0;
        return counted;
    }
}
