package dev.tidemark.relay.config;

import java.time.Duration;

/**
 * How a relay leads while others stand by.
 *
 * @param lease how long a leader may be silent before the server lets a standby take over; shorter takes over sooner,
 *     longer forgives longer pauses
 */
public record LeadershipConfig(Duration lease) {

    static final Span LEASE = new Span(Duration.ofSeconds(2), Duration.ofMinutes(5));

    public static final LeadershipConfig DEFAULT = new LeadershipConfig(Duration.ofSeconds(10));

    public LeadershipConfig {
        Problems problems = new Problems();
        problems.within("lease", lease, LEASE);
        problems.throwIfAny("the leadership settings");
    }
}
