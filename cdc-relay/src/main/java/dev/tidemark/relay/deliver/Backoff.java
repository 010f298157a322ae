package dev.tidemark.relay.deliver;

import java.time.Duration;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * How long to wait before the next attempt: exponential with full jitter, which is anything from nothing to
 * {@code first}, doubled with each further failure, never above {@code max}. Full jitter keeps lanes and
 * relays that failed together from coming back together.
 *
 * @param first such as 100 ms; more than zero
 * @param max such as 30 s; at least {@code first}, at most an hour
 * @see <a href="https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/">full jitter</a>
 */
public record Backoff(Duration first, Duration max) {

    /** What a destination may ask for at most; one that asks for more is tried again after this. */
    public static final Duration MAX_RETRY_AFTER = Duration.ofHours(1);

    public Backoff {
        if (first.isZero() || first.isNegative()) {
            throw new IllegalArgumentException("first must be more than zero, but was: " + first);
        }
        if (max.compareTo(first) < 0 || max.compareTo(MAX_RETRY_AFTER) > 0) {
            throw new IllegalArgumentException(
                    "max must be from first (" + first + ") to " + MAX_RETRY_AFTER + ", but was: " + max);
        }
    }

    /**
     * The wait after {@code failures} failures in a row, counted from 1.
     *
     * @param retryAfter what the destination asked for, or null. It wins, but is not taken below
     *     {@link #first} nor above {@link #MAX_RETRY_AFTER}; up to a tenth of it is added, because everybody
     *     was told the same
     */
    Duration after(int failures, @Nullable Duration retryAfter, RandomGenerator random) {
        if (retryAfter != null) {
            Duration asked = within(retryAfter);
            return asked.plusNanos(random.nextLong(asked.toNanos() / 10 + 1));
        }
        return Duration.ofNanos(random.nextLong(ceiling(failures).toNanos() + 1));
    }

    /** The longest wait after so many failures. */
    Duration ceiling(int failures) {
        int doublings = Math.min(Math.max(failures, 1) - 1, 40); // first is at most an hour: no overflow by then
        Duration wait = first.multipliedBy(1L << doublings);
        return wait.compareTo(max) < 0 ? wait : max;
    }

    private Duration within(Duration asked) {
        Duration atLeast = asked.compareTo(first) < 0 ? first : asked;
        return atLeast.compareTo(MAX_RETRY_AFTER) > 0 ? MAX_RETRY_AFTER : atLeast;
    }
}
