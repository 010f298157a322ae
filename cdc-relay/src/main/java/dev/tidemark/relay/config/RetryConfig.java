package dev.tidemark.relay.config;

import java.time.Duration;

/**
 * The waits between attempts at one envelope: doubled each time, with full jitter.
 *
 * @param first the upper bound of the first wait
 * @param max the upper bound of every wait
 */
public record RetryConfig(Duration first, Duration max) {

    static final Span ALLOWED = new Span(Duration.ofMillis(1), Duration.ofHours(1));

    public static final RetryConfig DEFAULT = new RetryConfig(Duration.ofMillis(100), Duration.ofSeconds(30));

    public RetryConfig {
        Problems problems = new Problems();
        problems.within("first", first, ALLOWED);
        problems.within("max", max, ALLOWED);
        if (ALLOWED.contains(first) && max.compareTo(first) < 0) {
            problems.add(new Problem("max", "must not be less than first", Durations.show(max)));
        }
        problems.throwIfAny("the retry policy");
    }
}
