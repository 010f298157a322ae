package dev.tidemark.inbox;

import dev.tidemark.envelope.Envelope;
import java.sql.Connection;

/**
 * What a service does with one event, in the transaction that also records the event as handled.
 *
 * @param <X> what it may throw; inferred as {@link RuntimeException} for a lambda that throws nothing checked
 */
@FunctionalInterface
public interface Handler<X extends Exception> {

    /**
     * Does everything through {@code tx}, and neither commits, rolls back nor closes it. Effects outside
     * the database happen again when the event is delivered again.
     *
     * @throws X to have the event delivered again; the transaction is then to be rolled back
     */
    void handle(Connection tx, Envelope event) throws X;
}
