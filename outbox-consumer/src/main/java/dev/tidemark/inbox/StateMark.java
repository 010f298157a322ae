package dev.tidemark.inbox;

import dev.tidemark.envelope.Envelope;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/**
 * How a {@link ReadModel} knows that an {@link Inbox} found a state to be the newest that there is, whatever the row
 * claims: by a setting of the transaction, which ends with it.
 */
final class StateMark {

    /** Whether the event with the id of this parameter is the one that an inbox let through. */
    static final String IS_SET = "coalesce(current_setting('tidemark.state', true) = event.state, false)";

    private static final String SET = "select set_config('tidemark.state', ?, true)";

    private StateMark() {}

    static void set(Connection tx, Envelope event) throws SQLException {
        try (PreparedStatement statement = tx.prepareStatement(SET)) {
            statement.setString(1, event.id().toString());
            statement.execute();
        }
    }
}
