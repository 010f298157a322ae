package dev.tidemark.relay.deliver;

import dev.tidemark.relay.Events;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.function.LongSupplier;

/** Time that passes when a test says so. Starts just before the monotonic clock wraps, to catch wrong comparisons. */
final class ManualTime implements LongSupplier, InstantSource {

    static final Instant COMMITTED = Events.COMMITTED_AT;

    private static final long START = Long.MAX_VALUE - 5_000_000L;

    private long nanos = START;

    void pass(Duration time) {
        nanos += time.toNanos();
    }

    void passNanos(long time) {
        nanos += time;
    }

    @Override
    public long getAsLong() {
        return nanos;
    }

    @Override
    public Instant instant() {
        return Events.COMMITTED_AT.plusNanos(nanos - START);
    }
}
