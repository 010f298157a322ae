package dev.tidemark.inbox;

import java.time.Duration;
import java.util.regex.Pattern;
import javax.sql.DataSource;

/**
 * Handles the events that a relay puts into the table {@code incoming} of this service's database. Each is handled in a
 * transaction of its own, in order per aggregate, and marked as handled in that transaction: no broker, and nothing to
 * acknowledge.
 *
 * <pre>{@code
 * IncomingSubscription subscription = IncomingSubscription.builder()
 *         .inbox(Inbox.of("reporting")).dataSource(pool)          // the relay's name for the subscriber
 *         .on("order-placed", reports::add)
 *         .build();
 * try (IncomingReader reader = subscription.start()) { … }
 * }</pre>
 *
 * <p>Several of these may run at once, in one process or in many: of one aggregate, one event at a time is handled. One that
 * fails is tried again, after a wait that grows, and only its aggregate waits for it; after its
 * {@linkplain SubscriptionBuilder#attempts attempts} it is dead in the inbox.
 *
 * <p>Rows stay after they were handled, as the relay may send the same event again, and are then deleted by this.
 */
public final class IncomingSubscription {

    private static final Duration FIRST_WAIT = Duration.ofMillis(100);

    private final Intake intake;
    private final String consumer;
    private final DataSource dataSource;
    private final int threads;
    private final String channel;
    private final Duration poll;
    private final Duration longestWait;
    private final Duration keep;
    private final Duration stopDeadline;

    private IncomingSubscription(Builder b) {
        this.intake = b.intake();
        this.consumer = b.requiredInbox().consumer();
        this.dataSource = b.requiredDataSource();
        this.threads = b.threads;
        this.channel = b.channel;
        this.poll = b.poll;
        this.longestWait = b.longestWait;
        this.keep = b.keep;
        this.stopDeadline = b.stopDeadline();
    }

    public static Builder builder() {
        return new Builder();
    }

    /** Reads on threads of its own until that is closed. */
    public IncomingReader start() {
        Backoffs backoffs = new Backoffs(new Backoff(FIRST_WAIT, longestWait), System::nanoTime);
        IncomingReader reader = new IncomingReader(
                intake,
                new IncomingTable(consumer),
                backoffs,
                new IncomingReader.Pace(threads, poll, keep, stopDeadline),
                channel.isEmpty() ? null : new Notifications(dataSource, channel, consumer));
        reader.start();
        return reader;
    }

    /** Collects the settings of an {@link IncomingSubscription}; for one thread. */
    public static final class Builder extends SubscriptionBuilder<Builder> {

        private static final Pattern CHANNEL = Pattern.compile("([a-z_][a-z0-9_]{0,62})?");

        private int threads = 4;
        private String channel = "tidemark_incoming";
        private Duration poll = Duration.ofSeconds(1);
        private Duration longestWait = Duration.ofSeconds(30);
        private Duration keep = Duration.ofDays(1);

        private Builder() {}

        @Override
        Builder self() {
            return this;
        }

        /** How many events are handled at once, at most, from 1; 4 by default. The pool needs one connection more. */
        public Builder threads(int threads) {
            this.threads = atLeastOne("threads", threads);
            return this;
        }

        /** That the relay notifies, {@code tidemark_incoming} by default; empty to look every {@link #poll} only. */
        public Builder channel(String channel) {
            if (!CHANNEL.matcher(channel).matches()) {
                throw new IllegalArgumentException("channel must be a name of a-z, 0-9 and _, at most 63 long, or empty"
                        + " for none, but was: " + channel);
            }
            this.channel = channel;
            return this;
        }

        /** How often to look where nothing is notified, from 1 ms; 1 s by default. */
        public Builder poll(Duration poll) {
            this.poll = positive("poll", poll);
            return this;
        }

        /** The longest wait before what failed is tried again, from 1 ms; 30 s by default. The first is 100 ms. */
        public Builder longestWait(Duration longestWait) {
            this.longestWait = positive("longestWait", longestWait);
            return this;
        }

        /** How long rows stay after they were handled, from 1 ms; a day by default. */
        public Builder keep(Duration keep) {
            this.keep = positive("keep", keep);
            return this;
        }

        /**
         * The subscription. Nothing runs yet.
         *
         * @throws NullPointerException if inbox or data source is missing
         */
        public IncomingSubscription build() {
            return new IncomingSubscription(this);
        }

        private static Duration positive(String name, Duration value) {
            if (value.toMillis() < 1) {
                throw new IllegalArgumentException(name + " must be at least 1 ms, but was: " + value);
            }
            return value;
        }
    }
}
