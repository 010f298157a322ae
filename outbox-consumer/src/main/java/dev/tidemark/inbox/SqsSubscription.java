package dev.tidemark.inbox;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.sqs.SqsClient;

/**
 * Handles the events in a queue of Amazon SQS, each in a transaction of its own. Messages are deleted after that, so that
 * nothing is passed over; while an event is handled, or waits to be tried again, its message stays hidden from others.
 *
 * <pre>{@code
 * try (Reading reading = SqsSubscription.builder()
 *         .inbox(Inbox.of("reporting"))
 *         .dataSource(pool)
 *         .client(SqsClient.create())
 *         .queue("https://sqs.eu-central-1.amazonaws.com/123456789012/users.fifo")
 *         .on("com.example.user.renamed", (tx, event) -> reports.rename(tx, event))
 *         .build()
 *         .start()) { … }
 * }</pre>
 *
 * <p>In a FIFO queue the events of an aggregate come in order, for any number of processes. A standard queue has no order:
 * there the inbox must have {@link FirstEvent#BEGINNING} and get every version of an aggregate. With {@link GapPolicy#WAIT}
 * an event that comes too early waits in the inbox; with {@link GapPolicy#FAIL} it is given back, and delivered again some
 * seconds later.
 *
 * <p>What SNS puts into a queue must be put there with <em>raw message delivery</em>.
 *
 * <p>Needs {@code software.amazon.awssdk:sqs} on the class path.
 */
public final class SqsSubscription {

    private final Intake intake;
    private final SubscriptionSettings settings;
    private final SqsSource source;

    private SqsSubscription(Builder b) {
        this.intake = b.intake();
        this.settings = b.settings();
        SqsClient client = requireNonNull(b.client, "client is required, such as .client(SqsClient.create())");
        if (b.queue.isEmpty()) {
            throw new IllegalArgumentException(
                    "queue is required: its URL, such as https://sqs.eu-central-1.amazonaws.com/123456789012/users.fifo");
        }
        this.source = new SqsSource(client, b.queue);
        if (!source.isFifo() && !b.requiredInbox().gaps().areWaitedFor()) {
            throw new IllegalArgumentException(
                    "the queue " + b.queue + " is not FIFO and keeps no order, so the inbox must"
                            + " have what comes too early wait: Inbox.builder(…).gapPolicy(GapPolicy.WAIT)"
                            + ".firstEvent(FirstEvent.BEGINNING).build(), which needs every version of an aggregate; or use a FIFO"
                            + " queue");
        }
    }

    public static Builder builder() {
        return new Builder();
    }

    /** Begins to read, on threads of its own, until what is returned is closed. Returns at once. */
    public Reading start() {
        return new Reading(source, settings, intake).start();
    }

    /** Collects the settings of a {@link SqsSubscription}; for one thread. */
    public static final class Builder extends BrokerSubscriptionBuilder<Builder> {

        private @Nullable SqsClient client;
        private String queue = "";

        private Builder() {}

        @Override
        Builder self() {
            return this;
        }

        /**
         * The client, with region and credentials; required. It must wait longer than 5 s for an answer. Whoever made it
         * closes it, after the reading.
         */
        public Builder client(SqsClient client) {
            this.client = requireNonNull(client, "client");
            return this;
        }

        /** The URL of the queue; required. One that is not there is waited for. */
        public Builder queue(String url) {
            this.queue = requireNonNull(url, "url");
            return this;
        }

        /**
         * The subscription. Nothing runs yet.
         *
         * @throws NullPointerException if inbox, data source or client is missing
         * @throws IllegalArgumentException if the queue is, or has no order and the inbox does not wait for earlier events
         */
        public SqsSubscription build() {
            return new SqsSubscription(this);
        }
    }
}
