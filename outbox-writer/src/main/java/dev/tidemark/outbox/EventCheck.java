package dev.tidemark.outbox;

/**
 * Looks at each event before it is written, such as whether its payload is what a contract says. Called by many threads
 * at once, inside the caller's transaction: it should be quick, and ask nobody over the network.
 */
@FunctionalInterface
public interface EventCheck {

    /**
     * Returns if {@code event} may be written.
     *
     * @throws IllegalArgumentException if it may not, saying what is wrong with it; without its payload, which may be
     *     secret. Nothing was sent to the database then, and the transaction can go on without the event.
     */
    void check(OutboxEvent event);
}
