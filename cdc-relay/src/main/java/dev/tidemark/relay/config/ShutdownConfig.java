package dev.tidemark.relay.config;

import java.time.Duration;

/**
 * How the relay stops.
 *
 * @param deadline the longest it waits for what is in flight to be delivered and acknowledged
 */
public record ShutdownConfig(Duration deadline) {

    static final Span DEADLINE = new Span(Duration.ZERO, Duration.ofMinutes(10));

    public static final ShutdownConfig DEFAULT = new ShutdownConfig(Duration.ofSeconds(20));

    public ShutdownConfig {
        Problems problems = new Problems();
        problems.within("deadline", deadline, DEADLINE);
        problems.throwIfAny("the shutdown settings");
    }
}
