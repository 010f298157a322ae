package dev.tidemark.inbox;

import dev.tidemark.envelope.Aggregate;
import java.sql.SQLException;
import java.sql.SQLTransientException;
import java.time.Duration;

/**
 * Another transaction is handling an event of the same aggregate and did not end in time. Roll back, and
 * have the event delivered again later.
 */
public final class InboxLocked extends SQLTransientException {

    private static final long serialVersionUID = 1;

    InboxLocked(Aggregate aggregate, String what, Duration waited, SQLException cause) {
        super(
                "another transaction has been handling an event of " + aggregate + " for more than " + waited.toMillis()
                        + " ms; roll back and try " + what + " again later",
                cause.getSQLState(),
                cause);
    }
}
