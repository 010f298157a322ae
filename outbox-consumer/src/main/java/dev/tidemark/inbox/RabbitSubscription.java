package dev.tidemark.inbox;

import static java.util.Objects.requireNonNull;

import com.rabbitmq.client.ConnectionFactory;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Handles the events in a queue of RabbitMQ: in order per aggregate, each in a transaction of its own. Messages are
 * acknowledged after that, so that nothing is passed over.
 *
 * <pre>{@code
 * ConnectionFactory rabbit = new ConnectionFactory();
 * rabbit.setUri("amqps://reporting:secret@rabbit/");
 * rabbit.useSslProtocol(SSLContext.getDefault()); // after setUri, which has it trust everybody
 * rabbit.enableHostnameVerification();
 * try (Reading reading = RabbitSubscription.builder()
 *         .inbox(Inbox.of("reporting"))
 *         .dataSource(pool)
 *         .connection(rabbit)
 *         .queue("reporting")
 *         .on("com.example.user.renamed", (tx, event) -> reports.rename(tx, event))
 *         .build()
 *         .start()) { … }
 * }</pre>
 *
 * <p>Of several processes only one may be given messages at a time, or a later event could overtake an earlier one. So the
 * queue has a <em>single active consumer</em>: it is declared with {@code x-single-active-consumer} and as a quorum queue,
 * and one that is there with other arguments is refused.
 *
 * <p>Needs {@code com.rabbitmq:amqp-client} on the class path.
 */
public final class RabbitSubscription {

    private final Intake intake;
    private final SubscriptionSettings settings;
    private final RabbitSource source;

    private RabbitSubscription(Builder b) {
        this.intake = b.intake();
        this.settings = b.settings();
        ConnectionFactory connection =
                requireNonNull(b.connection, "connection is required, such as .connection(new ConnectionFactory())");
        if (b.queue.isEmpty()) {
            throw new IllegalArgumentException("queue is required, such as .queue(\"reporting\")");
        }
        this.source = new RabbitSource(
                connection, b.queue, b.declared ? Map.copyOf(b.arguments) : null, b.rejectAfter, settings);
    }

    public static Builder builder() {
        return new Builder();
    }

    /** Begins to read, on threads of its own, until what is returned is closed. Returns at once. */
    public Reading start() {
        return new Reading(source, settings, intake).start();
    }

    /** Collects the settings of a {@link RabbitSubscription}; for one thread. */
    public static final class Builder extends BrokerSubscriptionBuilder<Builder> {

        private @Nullable ConnectionFactory connection;
        private String queue = "";
        private final Map<String, Object> arguments =
                new HashMap<>(Map.of("x-queue-type", "quorum", "x-single-active-consumer", true));
        private boolean declared = true;
        private int rejectAfter = Integer.MAX_VALUE;

        private Builder() {}

        @Override
        Builder self() {
            return this;
        }

        /**
         * Where RabbitMQ is, with user, password and TLS; required. It is copied; its own recovery is switched off.
         *
         * <p>A factory to which only {@code setUri("amqps://…")} or {@code useSslProtocol()} was said trusts every server:
         * call {@code useSslProtocol(context)} and {@code enableHostnameVerification()} after it.
         */
        public Builder connection(ConnectionFactory connection) {
            this.connection = requireNonNull(connection, "connection").clone();
            return this;
        }

        /** What is read; required. It is made if it is not there; binding it to an exchange is not the subscription's. */
        public Builder queue(String queue) {
            this.queue = requireNonNull(queue, "queue");
            return this;
        }

        /** A further argument with which the queue is declared, such as {@code x-dead-letter-exchange}. */
        public Builder argument(String name, Object value) {
            arguments.put(requireNonNull(name, "name"), requireNonNull(value, name));
            return this;
        }

        /**
         * Whether the queue is declared, as it is by default. If it is not, it must be there, and have a single active
         * consumer: nobody looks whether it does.
         */
        public Builder declared(boolean declared) {
            this.declared = declared;
            return this;
        }

        /**
         * After so many {@linkplain #attempts attempts}, from 1, a message is rejected (a database that is away, a deadlock or a
         * lock are none, nor is a {@link VersionGap}), which gives it to the queue's dead-letter exchange: <em>a
         * queue without one drops it</em>. Then the next events of its aggregate are handled, after a gap. A rejection that
         * RabbitMQ forgets, as it may when it is killed, comes again and then passes for a duplicate: it is in no queue, and
         * {@link InboxListener#failed} has told of it. By default none is: after its attempts an event is
         * dead in the inbox, which also comes first if these are fewer.
         */
        public Builder rejectAfter(int attempts) {
            this.rejectAfter = atLeastOne("rejectAfter", attempts);
            return this;
        }

        /**
         * The subscription. Nothing runs yet.
         *
         * @throws NullPointerException if inbox, data source or connection is missing
         * @throws IllegalArgumentException if the queue is
         */
        public RabbitSubscription build() {
            return new RabbitSubscription(this);
        }
    }
}
