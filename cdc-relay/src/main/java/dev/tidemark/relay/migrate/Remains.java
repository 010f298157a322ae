package dev.tidemark.relay.migrate;

import dev.tidemark.relay.config.SourceConfig;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** What is left of a slot and a publication before both are made anew, on a connection in auto-commit mode. */
record Remains(Connection connection, SourceConfig source) {

    /** The lock of the relay that leads. */
    private static final String LOCK = "select pg_advisory_lock(hashtextextended('tidemark.relay:' || ?, 0))";

    private static final String SLOT = """
            select active_pid, slot_type = 'logical' and database = current_database() and not temporary as ours
            from pg_replication_slots where slot_name = ?""";

    /** Until the connection is closed. Whoever has just let go of the lock may have it for a moment more. */
    void lockOutRelays() throws SQLException, MigrationException {
        try (Statement statement = connection.createStatement();
                PreparedStatement lock = connection.prepareStatement(LOCK)) {
            statement.execute("set lock_timeout = '2s'");
            lock.setString(1, source.slot());
            lock.execute();
            statement.execute("reset lock_timeout");
        } catch (SQLException e) {
            if ("55P03".equals(e.getSQLState())) {
                throw new MigrationException(
                        "a relay leads slot " + source.slot()
                                + "; stop all relays of this slot, standbys too, and run this again",
                        e);
            }
            throw e;
        }
    }

    /** Makes it, or gives it back its settings. Returns what was done, for people. */
    String mendPublication() throws SQLException {
        String name = source.publication();
        String with = "(publish = 'insert', publish_via_partition_root = true)";
        try (Statement statement = connection.createStatement()) {
            if (publicationIsThere()) {
                statement.execute("alter publication " + name + " set table " + source.table());
                statement.execute("alter publication " + name + " set " + with);
                return "Publication " + name + ": there, with its settings.";
            }
            statement.execute("create publication " + name + " for table " + source.table() + " with " + with);
            return "Publication " + name + ": made.";
        }
    }

    /** Returns what was done, for people. */
    String dropSlot() throws SQLException, MigrationException {
        String name = "slot " + source.slot();
        try (PreparedStatement query = connection.prepareStatement(SLOT)) {
            query.setString(1, source.slot());
            try (ResultSet row = query.executeQuery()) {
                if (!row.next()) {
                    return "Slot " + source.slot() + ": was gone.";
                }
                if (!row.getBoolean("ours")) {
                    throw new MigrationException(name + " is not a lasting logical slot of this database, so it is not"
                            + " touched; choose another name with --slot, or drop it yourself");
                }
                int pid = row.getInt("active_pid");
                if (!row.wasNull()) {
                    throw new MigrationException(
                            name + " is being read by pid " + pid + "; stop whoever reads it, and run" + " this again");
                }
            }
        }
        try (PreparedStatement drop = connection.prepareStatement("select pg_drop_replication_slot(?)")) {
            drop.setString(1, source.slot());
            drop.execute();
        }
        return "Slot " + source.slot() + ": dropped.";
    }

    private boolean publicationIsThere() throws SQLException {
        try (PreparedStatement query = connection.prepareStatement("select from pg_publication where pubname = ?")) {
            query.setString(1, source.publication());
            try (ResultSet row = query.executeQuery()) {
                return row.next();
            }
        }
    }
}
