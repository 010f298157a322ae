package dev.tidemark.relay.deliver;

import java.time.Duration;

/**
 * Hears what becomes of deliveries, for metrics. Called on lane threads, several at once; it must not wait,
 * and whatever it throws is a bug that stops the relay.
 */
public interface DeliveryListener {

    /**
     * One event was delivered, and is settled for this subscriber.
     *
     * @param lag from its commit, by the database's clock, to now, by ours; not negative
     */
    void delivered(String subscriber, Duration lag);

    /** So many events were tried in one batch without success, and will be tried again. */
    void retried(String subscriber, int events);

    /** So many events of one batch will never be taken; they are dead in the backlog. */
    void rejected(String subscriber, int events);

    /** So many events were stored in the backlog. */
    void stored(String subscriber, int events);

    /** Some event has now failed more than once in a row. Not called again before {@link #acceptsAgain}. */
    void stoppedAccepting(String subscriber, String reason);

    /** No lane is failing any more. */
    void acceptsAgain(String subscriber, Duration outage);
}
