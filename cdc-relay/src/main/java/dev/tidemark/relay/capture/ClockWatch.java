package dev.tidemark.relay.capture;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Notices that the clock of this machine was set back, by holding it against the monotonic clock. For one thread.
 *
 * <p>It tells only of what is certain: a thread that is held up between its two clocks raises no alarm, and neither
 * does a clock that is slewed.
 */
final class ClockWatch {

    /** A clock that is set back by less delays what goes by it by less, which costs no more than beginning anew. */
    static final Duration TOLERANCE = Duration.ofSeconds(1);

    private static final long EVERY_NANOS = Duration.ofMillis(100).toNanos();

    private final LongSupplier nanoTime;
    private final LongSupplier wallMillis;
    private long lookedMillis;
    private long lookedNanos; // not before the clock was read

    /**
     * Begins to watch.
     *
     * @param nanoTime monotonic, such as {@code System::nanoTime}
     * @param wallMillis the clock that may be set, such as {@code System::currentTimeMillis}
     */
    ClockWatch(LongSupplier nanoTime, LongSupplier wallMillis) {
        this.nanoTime = nanoTime;
        this.wallMillis = wallMillis;
        this.lookedMillis = wallMillis.getAsLong();
        this.lookedNanos = nanoTime.getAsLong();
    }

    /**
     * By how much, at least, the clock was set back since the last look; zero if that is no more than {@link #TOLERANCE}.
     * To be asked as often as one likes: it looks ten times a second.
     */
    Duration setBack() {
        long passedNanos = nanoTime.getAsLong() - lookedNanos; // not after the clock is read
        if (passedNanos < EVERY_NANOS) {
            return Duration.ZERO;
        }
        long millis = wallMillis.getAsLong();
        Duration back = Duration.ofNanos(passedNanos - TimeUnit.MILLISECONDS.toNanos(millis - lookedMillis));
        lookedMillis = millis;
        lookedNanos = nanoTime.getAsLong();
        return back.compareTo(TOLERANCE) > 0 ? back : Duration.ZERO;
    }
}
