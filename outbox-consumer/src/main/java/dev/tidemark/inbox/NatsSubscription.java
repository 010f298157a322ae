package dev.tidemark.inbox;

import static java.util.Objects.requireNonNull;

import io.nats.client.Options;
import org.jspecify.annotations.Nullable;

/**
 * Handles the events in a stream of NATS JetStream, by a durable pull consumer: in order per aggregate, each in a
 * transaction of its own. Messages are acknowledged after that, so that nothing is passed over.
 *
 * <pre>{@code
 * try (Reading reading = NatsSubscription.builder()
 *         .inbox(Inbox.of("reporting"))
 *         .dataSource(pool)
 *         .server(Options.builder().server("tls://nats:4222").userInfo("reporting", "secret").build())
 *         .stream("EVENTS")
 *         .subject("events.user.>")
 *         .on("com.example.user.renamed", (tx, event) -> reports.rename(tx, event))
 *         .build()
 *         .start()) { … }
 * }</pre>
 *
 * <p>JetStream would share messages out among all who pull, and deliver again what was not acknowledged behind what is new.
 * So of several processes one reads, and the others wait for its place, which a lock in the inbox's database decides; this
 * takes one connection of the pool. Before anything new is handled, all is waited for that was delivered to others and
 * not acknowledged: at most for the consumer's {@code ack_wait}.
 *
 * <p>A durable consumer that is not there is made: it begins with what is oldest in the stream, waits 10 s for an
 * acknowledgement, and never gives a message up. One that is there is used as it is; if it has a {@code max_deliver}, the
 * server gives messages up, and they are lost.
 *
 * <p>Needs {@code io.nats:jnats} on the class path.
 */
public final class NatsSubscription {

    private final Intake intake;
    private final SubscriptionSettings settings;
    private final NatsSource source;

    private NatsSubscription(Builder b) {
        this.intake = b.intake();
        this.settings = b.settings();
        Options server =
                requireNonNull(b.server, "server is required, such as .server(Options.builder().server(url).build())");
        if (b.stream.isEmpty()) {
            throw new IllegalArgumentException("stream is required, such as .stream(\"EVENTS\")");
        }
        String durable = b.durable.isEmpty() ? settings.consumer() : b.durable;
        this.source = new NatsSource(
                server,
                b.hostChecked,
                new NatsSource.Place(b.stream, durable, b.subject),
                settings.window(),
                b.requiredDataSource());
    }

    public static Builder builder() {
        return new Builder();
    }

    /** Begins to read, on threads of its own, until what is returned is closed. Returns at once. */
    public Reading start() {
        return new Reading(source, settings, intake).start();
    }

    /** Collects the settings of a {@link NatsSubscription}; for one thread. */
    public static final class Builder extends BrokerSubscriptionBuilder<Builder> {

        private @Nullable Options server;
        private boolean hostChecked = true;
        private String stream = "";
        private String durable = "";
        private String subject = "";

        private Builder() {}

        @Override
        Builder self() {
            return this;
        }

        /** Where NATS is, with user, password and TLS; required. The client's own reconnecting is switched off. */
        public Builder server(Options server) {
            this.server = requireNonNull(server, "server");
            return this;
        }

        /**
         * Whether the certificate of a server must be that of its host, as it must by default. The client itself takes any
         * that its SSL context trusts; without the look, whoever has one of those can pass for the server. A context that
         * trusts everybody needs {@code false}.
         */
        public Builder hostChecked(boolean hostChecked) {
            this.hostChecked = hostChecked;
            return this;
        }

        /** What is read; required. A stream that is not there is waited for. */
        public Builder stream(String stream) {
            this.stream = requireNonNull(stream, "stream");
            return this;
        }

        /** The name of the durable consumer; that of the inbox's consumer by default. */
        public Builder durable(String durable) {
            this.durable = requireNonNull(durable, "durable");
            return this;
        }

        /** Which subjects of the stream, if the durable consumer is made here; all by default. */
        public Builder subject(String subject) {
            this.subject = requireNonNull(subject, "subject");
            return this;
        }

        /**
         * The subscription. Nothing runs yet.
         *
         * @throws NullPointerException if inbox, data source or server is missing
         * @throws IllegalArgumentException if the stream is
         */
        public NatsSubscription build() {
            return new NatsSubscription(this);
        }
    }
}
