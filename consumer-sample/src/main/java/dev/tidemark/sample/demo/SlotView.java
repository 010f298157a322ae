package dev.tidemark.sample.demo;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import javax.sql.DataSource;

/** How far a relay has told its slot that all is delivered, as anybody can see it who asks the database. */
final class SlotView {

    private final DataSource database;
    private final String slot;

    SlotView(DataSource database, String slot) {
        this.database = database;
        this.slot = slot;
    }

    /**
     * Writes a mark and returns its position, behind all that is committed. A slot is told of it in a second or two even
     * if nothing else is written, as it would not be of the end of the log.
     */
    String mark() {
        return ask("select pg_logical_emit_message(true, 'tidemark.heartbeat', '')::text");
    }

    /** Whether the server no longer keeps for this slot what was committed before {@code position}. */
    boolean isToldOf(String position) {
        return ask(
                        "select (confirmed_flush_lsn >= ?::pg_lsn)::text from pg_replication_slots where slot_name = ?",
                        position,
                        slot)
                .equals("true");
    }

    private String ask(String sql, String... parameters) {
        try (Connection connection = database.getConnection();
                PreparedStatement query = connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                query.setString(i + 1, parameters[i]);
            }
            try (ResultSet row = query.executeQuery()) {
                if (!row.next()) {
                    throw new IllegalStateException("there is no slot " + slot);
                }
                return row.getString(1);
            }
        } catch (SQLException e) {
            throw new IllegalStateException("the slot " + slot + " could not be looked at: " + e.getMessage(), e);
        }
    }
}
