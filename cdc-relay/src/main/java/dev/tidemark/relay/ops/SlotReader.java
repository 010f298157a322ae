package dev.tidemark.relay.ops;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/** Ends whoever reads the slot: only one can, and that is the leader. */
public final class SlotReader {

    /** Waits until it has ended. Nobody is ended for a relay that another one has followed. */
    private static final String END = """
            select s.active_pid, coalesce((select usename from pg_stat_activity where pid = s.active_pid), '?'),
                   pg_terminate_backend(s.active_pid, 5000)
            from pg_replication_slots s where s.slot_name = ? and s.active_pid is not null
            and exists (select from tidemark.relay r where r.slot = s.slot_name and r.epoch = ?)""";

    private static final String NOT_ALLOWED = "42501";

    private final Connector connector;
    private final String slot;

    public SlotReader(Connector connector, String slot) {
        this.connector = connector;
        this.slot = slot;
    }

    /**
     * Returns when nobody reads the slot, or another relay leads.
     *
     * @param epoch of the term in which this is asked for
     * @throws SQLException if the database does not answer, or the reader does not end or may not be ended
     */
    public void end(long epoch) throws SQLException {
        try (Connection connection = connector.connect();
                PreparedStatement end = connection.prepareStatement(END)) {
            end.setString(1, slot);
            end.setLong(2, epoch);
            try (ResultSet reader = end.executeQuery()) {
                if (reader.next() && !reader.getBoolean(3)) {
                    throw new SQLException("slot " + slot + " is still read by pid " + reader.getInt(1) + " of role "
                            + reader.getString(2));
                }
            }
        } catch (SQLException e) {
            if (NOT_ALLOWED.equals(e.getSQLState())) {
                throw new SQLException(
                        "slot " + slot + " is read by another role, which this one may not end: " + e.getMessage(), e);
            }
            throw e;
        }
    }
}
