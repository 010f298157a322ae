package dev.tidemark.inbox;

import java.time.Duration;

/**
 * Handles the events that wait in the inbox itself, see {@link GapPolicy#WAIT} and {@link SubscriptionBuilder#attempts}, each
 * in a transaction of its own. All other subscriptions have one of these; it is for whoever calls {@link Inbox#handle}
 * himself.
 *
 * <pre>{@code
 * try (WaitingReader reader = WaitingSubscription.builder()
 *         .inbox(inbox).dataSource(pool)
 *         .on("order-placed", shipments::plan)            // as the events are handled that need not wait
 *         .build()
 *         .start()) { … }
 * }</pre>
 *
 * <p>It leaves alone what it has no handler for.
 */
public final class WaitingSubscription {

    private static final Duration FIRST_WAIT = Duration.ofMillis(100);
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(30);
    private static final Duration POLL = Duration.ofSeconds(1);

    private final Intake intake;
    private final Duration stopDeadline;

    private WaitingSubscription(Builder b) {
        this.intake = b.intake();
        this.stopDeadline = b.stopDeadline();
    }

    public static Builder builder() {
        return new Builder();
    }

    /** Begins, on a thread of its own, until what is returned is closed. */
    public WaitingReader start() {
        return reader(intake, stopDeadline).start();
    }

    /** Of a subscription; not started. */
    static WaitingReader reader(Intake intake, Duration stopDeadline) {
        return new WaitingReader(intake, new Backoff(FIRST_WAIT, LONGEST_WAIT), POLL, stopDeadline);
    }

    /** Collects the settings of a {@link WaitingSubscription}; for one thread. */
    public static final class Builder extends SubscriptionBuilder<Builder> {

        private Builder() {}

        @Override
        Builder self() {
            return this;
        }

        /**
         * The subscription. Nothing runs yet.
         *
         * @throws NullPointerException if inbox or data source is missing
         */
        public WaitingSubscription build() {
            return new WaitingSubscription(this);
        }
    }
}
