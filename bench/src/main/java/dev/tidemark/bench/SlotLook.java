package dev.tidemark.bench;

import dev.tidemark.testkit.Database;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/** Looks at one slot again and again. For one thread. */
final class SlotLook implements AutoCloseable {

    private static final String LOOK = "select coalesce(active_pid, 0), confirmed_flush_lsn > ?::pg_lsn"
            + " from pg_replication_slots where slot_name = ?";

    private final Connection connection;
    private final PreparedStatement statement;

    /**
     * A slot at one moment.
     *
     * @param pid of the process that sends it; 0 if nobody reads it
     * @param passed whether all that it had before the mark is acknowledged, and the mark itself
     */
    record Seen(long pid, boolean passed) {}

    /** @param end a position before the last event and behind all others */
    SlotLook(Database database, String slot, String end) throws SQLException {
        connection = database.connect();
        statement = connection.prepareStatement(LOOK);
        statement.setString(1, end);
        statement.setString(2, slot);
    }

    Seen look() throws SQLException {
        try (ResultSet row = statement.executeQuery()) {
            row.next();
            return new Seen(row.getLong(1), row.getBoolean(2));
        }
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
