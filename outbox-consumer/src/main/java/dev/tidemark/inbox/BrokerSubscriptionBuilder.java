package dev.tidemark.inbox;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * The settings that all subscriptions to brokers have; for one thread.
 *
 * @param <B> the builder itself
 */
abstract class BrokerSubscriptionBuilder<B extends BrokerSubscriptionBuilder<B>> extends SubscriptionBuilder<B> {

    private static final Duration FIRST_WAIT = Duration.ofMillis(100);

    private int threads = 4;
    private int window = 1000;
    private Unreadable unreadable = Unreadable.HOLD;
    private Duration longestWait = Duration.ofSeconds(30);

    /** How many events are handled at once, at most, from 1; 4 by default. Those of one aggregate never are. */
    public B threads(int threads) {
        this.threads = atLeastOne("threads", threads);
        return self();
    }

    /**
     * How many messages of one partition, queue or stream are held at once, from 1; 1000 by default. When so many wait for
     * events that fail, nothing more of it is read.
     */
    public B window(int window) {
        this.window = atLeastOne("window", window);
        return self();
    }

    /** What becomes of messages that are no events; {@link Unreadable#HOLD} by default. */
    public B unreadable(Unreadable unreadable) {
        this.unreadable = requireNonNull(unreadable, "unreadable");
        return self();
    }

    /** After the longest of the waits between attempts, 30 s by default; the first is 100 ms, and each is twice the last. */
    public B longestWait(Duration longestWait) {
        if (longestWait.compareTo(Duration.ofMillis(1)) < 0) {
            throw new IllegalArgumentException("longestWait must be at least 1 ms, but was: " + longestWait);
        }
        this.longestWait = longestWait;
        return self();
    }

    SubscriptionSettings settings() {
        return new SubscriptionSettings(
                requiredInbox().consumer(),
                threads,
                window,
                unreadable,
                new Backoff(FIRST_WAIT, longestWait),
                stopDeadline());
    }
}
