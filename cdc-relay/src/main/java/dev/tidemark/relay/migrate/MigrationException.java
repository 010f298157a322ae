package dev.tidemark.relay.migrate;

/** A migration that stopped; the message says at what, and what to do. What was done before stays. */
public final class MigrationException extends Exception {

    public MigrationException(String message) {
        super(message);
    }

    public MigrationException(String message, Throwable cause) {
        super(message, cause);
    }
}
