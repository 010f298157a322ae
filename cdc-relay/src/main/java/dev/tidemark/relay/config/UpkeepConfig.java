package dev.tidemark.relay.config;

import java.time.Duration;

/**
 * How the outbox is kept small.
 *
 * @param retention how long events stay in the outbox after they were written
 * @param ahead how far into the future partitions are made
 * @param every the time between two runs
 */
public record UpkeepConfig(Duration retention, Duration ahead, Duration every) {

    static final Span RETENTION = new Span(Duration.ofHours(1), Duration.ofDays(3650));
    static final Span AHEAD = new Span(Duration.ofHours(1), Duration.ofDays(365));
    static final Span EVERY = new Span(Duration.ofSeconds(1), Duration.ofDays(1));

    public static final UpkeepConfig DEFAULT =
            new UpkeepConfig(Duration.ofDays(7), Duration.ofDays(2), Duration.ofMinutes(10));

    public UpkeepConfig {
        Problems problems = new Problems();
        problems.within("retention", retention, RETENTION);
        problems.within("ahead", ahead, AHEAD);
        problems.within("every", every, EVERY);
        problems.throwIfAny("the upkeep settings");
    }
}
