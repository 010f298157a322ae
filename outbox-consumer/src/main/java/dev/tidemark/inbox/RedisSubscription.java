package dev.tidemark.inbox;

import static java.util.Objects.requireNonNull;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisURI;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Handles the events in streams of Redis, as a consumer of a group: in order per aggregate, each in a transaction of its
 * own. Entries are acknowledged after that, so that nothing is passed over.
 *
 * <pre>{@code
 * try (Reading reading = RedisSubscription.builder()
 *         .inbox(Inbox.of("reporting"))
 *         .dataSource(pool)
 *         .server(RedisURI.create("rediss://reader:secret@redis:6380"))
 *         .streams("events:user")
 *         .on("com.example.user.renamed", (tx, event) -> reports.rename(tx, event))
 *         .build()
 *         .start()) { … }
 * }</pre>
 *
 * <p>Redis would share the entries of a stream out among all consumers of a group, and a later event could overtake an
 * earlier one. So of several processes one reads, and the others wait for its place, which a lock in the inbox's database
 * decides; this takes one connection of the pool. What a dead consumer held is claimed before anything new is read.
 *
 * <p>A group that is not there is made, and begins with what is oldest in the stream.
 *
 * <p>Needs {@code io.lettuce:lettuce-core} on the class path.
 */
public final class RedisSubscription {

    private final Intake intake;
    private final SubscriptionSettings settings;
    private final RedisSource source;

    private RedisSubscription(Builder b) {
        this.intake = b.intake();
        this.settings = b.settings();
        RedisURI server =
                requireNonNull(b.server, "server is required, such as .server(RedisURI.create(\"redis://redis\"))");
        if (b.streams.isEmpty()) {
            throw new IllegalArgumentException("streams are required, such as .streams(\"events:user\")");
        }
        String group = b.group.isEmpty() ? settings.consumer() : b.group;
        this.source = new RedisSource(server, b.options, b.streams, group, b.requiredDataSource());
    }

    public static Builder builder() {
        return new Builder();
    }

    /** Begins to read, on threads of its own, until what is returned is closed. Returns at once. */
    public Reading start() {
        return new Reading(source, settings, intake).start();
    }

    /** Collects the settings of a {@link RedisSubscription}; for one thread. */
    public static final class Builder extends BrokerSubscriptionBuilder<Builder> {

        private @Nullable RedisURI server;
        private ClientOptions options = ClientOptions.create();
        private String group = "";
        private List<String> streams = List.of();

        private Builder() {}

        @Override
        Builder self() {
            return this;
        }

        /** Where Redis is, with user, password and TLS as Lettuce has them; required. */
        public Builder server(RedisURI server) {
            this.server = requireNonNull(server, "server");
            return this;
        }

        /**
         * Of the client, such as the stores of TLS ({@code sslOptions}), which a URI cannot have; without them it trusts whom
         * the JVM trusts. The client's own reconnecting is switched off.
         */
        public Builder options(ClientOptions options) {
            this.options = requireNonNull(options, "options");
            return this;
        }

        /** What is read; required. All events of an aggregate must be in one of them. */
        public Builder streams(String... streams) {
            this.streams = List.of(streams);
            return this;
        }

        /** The consumer group; that of the inbox's consumer by default. */
        public Builder group(String group) {
            this.group = requireNonNull(group, "group");
            return this;
        }

        /**
         * The subscription. Nothing runs yet.
         *
         * @throws NullPointerException if inbox, data source or server is missing
         * @throws IllegalArgumentException if the streams are
         */
        public RedisSubscription build() {
            return new RedisSubscription(this);
        }
    }
}
