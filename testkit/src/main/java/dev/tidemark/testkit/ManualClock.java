package dev.tidemark.testkit;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.function.UnaryOperator;

/**
 * A clock that moves only when somebody turns it: the time of day, which may jump, and a monotonic one beside
 * it, which may not. Safe for many threads.
 */
public final class ManualClock extends Clock {

    /** Both at once, so that no thread sees one turned and the other not. */
    private record Hands(Instant instant, long nanos) {}

    /** What clocks of several zones share. */
    private static final class Movement {
        private volatile Hands hands;

        Movement(Hands hands) {
            this.hands = hands;
        }

        synchronized void turn(UnaryOperator<Hands> change) {
            hands = change.apply(hands);
        }
    }

    private final Movement movement;
    private final ZoneId zone;

    private ManualClock(Movement movement, ZoneId zone) {
        this.movement = movement;
        this.zone = zone;
    }

    /** Stands at {@code start}, with the monotonic time at 0. */
    public static ManualClock startingAt(Instant start) {
        return new ManualClock(new Movement(new Hands(start, 0)), ZoneOffset.UTC);
    }

    /**
     * Lets time pass, for both.
     *
     * @throws IllegalArgumentException if {@code time} is negative; see {@link #jump}
     */
    public void advance(Duration time) {
        if (time.isNegative()) {
            throw new IllegalArgumentException(
                    "time passes forwards only, but was: " + time + "; to turn back the time of" + " day, jump");
        }
        movement.turn(now -> new Hands(now.instant.plus(time), now.nanos + time.toNanos()));
    }

    /** Sets the time of day forwards or back, as an operator or NTP does; the monotonic time does not notice. */
    public void jump(Duration distance) {
        movement.turn(now -> new Hands(now.instant.plus(distance), now.nanos));
    }

    /** In place of {@link System#nanoTime()}. */
    public long nanoTime() {
        return movement.hands.nanos;
    }

    @Override
    public Instant instant() {
        return movement.hands.instant;
    }

    @Override
    public ZoneId getZone() {
        return zone;
    }

    /** Shows the same time in another zone; turning either turns both. */
    @Override
    public Clock withZone(ZoneId zone) {
        return new ManualClock(movement, zone);
    }
}
