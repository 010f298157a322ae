package dev.tidemark.relay.backlog;

import dev.tidemark.testkit.Database;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Properties;
import org.postgresql.PGConnection;
import org.postgresql.replication.LogSequenceNumber;
import org.postgresql.replication.PGReplicationStream;

/** Reads a slot over the replication protocol, as a relay does, and confirms all of it. */
final class ConfirmingReader {

    private final Database database;
    private final String slot;

    ConfirmingReader(Database database, String slot) {
        this.database = database;
        this.slot = slot;
    }

    /** Writes a transaction, and confirms up to it and all that was before it. */
    void confirmAll() throws SQLException {
        database.run("select pg_logical_emit_message(true, 'test', '')");
        LogSequenceNumber end = LogSequenceNumber.valueOf(ask("select pg_current_wal_flush_lsn()"));
        try (Connection connection = replication();
                PGReplicationStream stream = connection
                        .unwrap(PGConnection.class)
                        .getReplicationAPI()
                        .replicationStream()
                        .logical()
                        .withSlotName(slot)
                        .start()) {
            while (stream.getLastReceiveLSN().asLong() < end.asLong()) {
                stream.readPending();
                stream.forceUpdateStatus(); // asks the server for its position, too
            }
            stream.setFlushedLSN(end);
            stream.forceUpdateStatus();
            while (ask("select confirmed_flush_lsn >= '" + end.asString() + "'::pg_lsn")
                    .equals("f")) {
                stream.forceUpdateStatus();
            }
        }
    }

    private Connection replication() throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", database.user());
        properties.setProperty("password", database.password());
        properties.setProperty("replication", "database");
        properties.setProperty("preferQueryMode", "simple");
        properties.setProperty("assumeMinServerVersion", "15");
        return DriverManager.getConnection(database.url(), properties);
    }

    /** One value, of a select from the slot. */
    String ask(String select) throws SQLException {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(
                        select + " from pg_replication_slots where slot_name = '" + slot + "'")) {
            row.next();
            return row.getString(1);
        }
    }
}
