package dev.tidemark.relay.config;

/**
 * How much each subscriber's backlog may hold. At the limit the subscriber takes nothing more and the slot holds
 * its events, so that nothing is dropped.
 *
 * @param events the most events, waiting and dead
 * @param bytes the most bytes of envelopes, roughly
 */
public record BacklogConfig(int events, long bytes) {

    static final Bounds EVENTS = new Bounds(100, 1_000_000_000);
    static final long LEAST_BYTES = 1 << 20;
    static final long MOST_BYTES = 1L << 50;
    static final String BYTES_RULE = "must be a size of at least 1MiB, such as 10GiB";

    public static final BacklogConfig DEFAULT = new BacklogConfig(10_000_000, 10L << 30);

    public BacklogConfig {
        Problems problems = new Problems();
        problems.within("events", events, EVENTS);
        if (bytes < LEAST_BYTES || bytes > MOST_BYTES) {
            problems.add("bytes", BYTES_RULE, Sizes.show(bytes));
        }
        problems.throwIfAny("the limits of the backlog");
    }
}
