package dev.tidemark.relay.config;

import java.util.Optional;

/**
 * Where the backlog is, and how much each subscriber's may hold. At the limit the subscriber takes nothing more and the slot holds
 * its events, so that nothing is dropped.
 *
 * @param events the most events, waiting and dead
 * @param bytes the most bytes of envelopes, roughly
 * @param elsewhere the database that has it; empty for that of the outbox
 */
public record BacklogConfig(int events, long bytes, Optional<Elsewhere> elsewhere) {

    static final Bounds EVENTS = new Bounds(100, 1_000_000_000);
    static final long LEAST_BYTES = 1 << 20;
    static final long MOST_BYTES = 1L << 50;
    static final String BYTES_RULE = "must be a size of at least 1MiB, such as 10GiB";

    public static final BacklogConfig DEFAULT = new BacklogConfig(10_000_000, 10L << 30);

    /**
     * Another database than that of the outbox, on any server.
     *
     * @param url as of a {@link SourceConfig}
     * @param user a role with LOGIN that may what {@code tidemark_relay} may
     * @param password of that role
     */
    public record Elsewhere(String url, String user, Secret password) {

        public Elsewhere {
            Problems problems = new Problems();
            if (problems.required("url", url)) {
                JdbcUrl.check(url).ifPresent(rule -> problems.add("url", rule));
            }
            problems.required("user", user);
            problems.required("password", password.reveal());
            problems.throwIfAny("the database of the backlog");
        }

        /** Without the values of the URL's parameters: some of them are secret. */
        @Override
        public String toString() {
            return "Elsewhere[url=" + Shown.url(url) + ", user=" + user + ", password=" + password + "]";
        }
    }

    /** In the database of the outbox. */
    public BacklogConfig(int events, long bytes) {
        this(events, bytes, Optional.empty());
    }

    public BacklogConfig {
        Problems problems = new Problems();
        problems.within("events", events, EVENTS);
        if (bytes < LEAST_BYTES || bytes > MOST_BYTES) {
            problems.add("bytes", BYTES_RULE, Sizes.show(bytes));
        }
        problems.throwIfAny("the limits of the backlog");
    }
}
