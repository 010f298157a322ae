package dev.tidemark.relay.migrate;

import dev.tidemark.relay.config.SourceConfig;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.StringJoiner;

/** Slots and publications as the server has them, on a connection in auto-commit mode. */
record SlotCatalog(Connection connection, SourceConfig source) {

    private static final String SLOT = """
            select coalesce(plugin, '') = 'pgoutput' and database = current_database() and not temporary as fits,
                   wal_status = 'lost' as lost
            from pg_replication_slots where slot_name = ?""";

    private static final String PUBLICATION = """
            select pubinsert and pubviaroot and exists (
                       select from pg_publication_tables t
                       where t.pubname = p.pubname and t.schemaname || '.' || t.tablename = ?)
            from pg_publication p where pubname = ?""";

    private static final String REGISTER = """
            insert into tidemark.relay (slot, publication, outbox, system_identifier, timeline, outbox_oid, published_as)
            select s.slot, s.publication, s.outbox, (select system_identifier::text from pg_control_system()),
                   ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int,
                   to_regclass(s.outbox)::oid, tidemark.published_as(s.publication, s.outbox)
            from (values (?, ?, ?)) as s (slot, publication, outbox)
            on conflict (slot) do update set
                publication = excluded.publication, outbox = excluded.outbox,
                system_identifier = excluded.system_identifier, timeline = excluded.timeline,
                outbox_oid = excluded.outbox_oid, published_as = excluded.published_as,
                acknowledged_lsn = null, backlog_lsn = null, registered_at = excluded.registered_at""";

    private static final String NOTE_START = """
            update tidemark.relay r set acknowledged_lsn = s.confirmed_flush_lsn
            from pg_replication_slots s where r.slot = ? and s.slot_name = r.slot""";

    private static final String OPEN_TRANSACTIONS = """
            select 'pid ' || pid || ' (' || coalesce(usename, '?') || ', ' || coalesce(nullif(application_name, ''), '?')
                   || ') open for ' || date_trunc('second', clock_timestamp() - xact_start)
            from pg_stat_activity where backend_xid is not null and pid <> pg_backend_pid()
            union all
            select 'prepared transaction ' || quote_literal(gid) from pg_prepared_xacts
            limit 5""";

    /** @throws MigrationException if there is one of that name which a relay cannot use */
    boolean slotIsThere() throws SQLException, MigrationException {
        try (PreparedStatement query = connection.prepareStatement(SLOT)) {
            query.setString(1, source.slot());
            try (ResultSet row = query.executeQuery()) {
                if (!row.next()) {
                    return false;
                }
                String drop = "select pg_drop_replication_slot('" + source.slot() + "')";
                if (!row.getBoolean("fits")) {
                    throw new MigrationException(
                            "slot " + source.slot() + " is there already, but is not a lasting slot"
                                    + " of the plugin pgoutput in this database; choose another name, or run: " + drop);
                }
                if (row.getBoolean("lost")) {
                    throw new MigrationException(
                            "slot " + source.slot() + " is lost: PostgreSQL has removed WAL that it"
                                    + " still needed (max_slot_wal_keep_size). Run: " + drop
                                    + "\nand this again, which sends all that the outbox still has");
                }
                return true;
            }
        }
    }

    void checkPublication() throws SQLException, MigrationException {
        String name = source.publication();
        try (PreparedStatement query = connection.prepareStatement(PUBLICATION)) {
            query.setString(1, source.table());
            query.setString(2, name);
            try (ResultSet row = query.executeQuery()) {
                String with = "(publish = 'insert', publish_via_partition_root = true)";
                if (!row.next()) {
                    throw new MigrationException("publication " + name + " does not exist; run: create publication "
                            + name + " for table " + source.table() + " with " + with);
                }
                if (!row.getBoolean(1)) {
                    throw new MigrationException("publication " + name + " does not publish the inserts of "
                            + source.table() + " by the name of its root; run:\n  alter publication " + name
                            + " set table " + source.table() + ";\n  alter publication " + name + " set " + with + ";");
                }
            }
        }
    }

    boolean publicationIsThere() throws SQLException {
        try (PreparedStatement query = connection.prepareStatement("select from pg_publication where pubname = ?")) {
            query.setString(1, source.publication());
            try (ResultSet row = query.executeQuery()) {
                return row.next();
            }
        }
    }

    /** Their names are of a-z, 0-9 and _, by a check of the configuration. */
    void makePublication() throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("create publication " + source.publication() + " for table " + source.table()
                    + " with (publish = 'insert', publish_via_partition_root = true)");
        }
    }

    /** Waits for all write transactions that run now. The slot goes with this connection, whatever happens. */
    String makeTemporarySlot(Duration patience) throws SQLException, MigrationException {
        String name = "tidemark_new_" + ProcessHandle.current().pid() + "_" + Long.toString(System.nanoTime(), 36);
        try (Statement statement = connection.createStatement()) {
            statement.execute("set statement_timeout = " + patience.toMillis());
            statement.execute("select pg_create_logical_replication_slot('" + name + "', 'pgoutput', true)");
            statement.execute("set statement_timeout = 0");
            return name;
        } catch (SQLException e) {
            if ("57014".equals(e.getSQLState())) {
                throw new MigrationException(
                        "the slot could not be made within " + patience.toSeconds()
                                + " s, for it must wait until all write transactions that were open have ended, of every"
                                + " database of the server; " + openTransactions(connection),
                        e);
            }
            throw e;
        }
    }

    /** Where the log ends now: behind everything that was committed before. */
    String endOfLog() throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("select pg_current_wal_insert_lsn()::text")) {
            row.next();
            return row.getString(1);
        }
    }

    /** Writes, and waits until that is on disk, and with it everything before it, also what others did not wait for. */
    void register() throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("set synchronous_commit = local");
        }
        try (PreparedStatement statement = connection.prepareStatement(REGISTER)) {
            statement.setString(1, source.slot());
            statement.setString(2, source.publication());
            statement.setString(3, source.table());
            statement.executeUpdate();
        }
    }

    /** What is before the slot is nobody's any more: from here on, the relay notices if it is moved. */
    void noteStart() throws SQLException {
        try (PreparedStatement update = connection.prepareStatement(NOTE_START)) {
            update.setString(1, source.slot());
            update.executeUpdate();
        }
    }

    void advance(String slot, String position) throws SQLException {
        try (PreparedStatement call = connection.prepareStatement("select pg_replication_slot_advance(?, ?::pg_lsn)")) {
            call.setString(1, slot);
            call.setString(2, position);
            call.execute();
        }
    }

    void makeLasting(String temporary) throws SQLException {
        try (PreparedStatement call =
                connection.prepareStatement("select pg_copy_logical_replication_slot(?, ?, false, 'pgoutput')")) {
            call.setString(1, temporary);
            call.setString(2, source.slot());
            call.execute();
        }
        try (PreparedStatement call = connection.prepareStatement("select pg_drop_replication_slot(?)")) {
            call.setString(1, temporary);
            call.execute();
        }
    }

    boolean isRegistered() throws SQLException {
        try (PreparedStatement query = connection.prepareStatement("select from tidemark.relay where slot = ?")) {
            query.setString(1, source.slot());
            try (ResultSet row = query.executeQuery()) {
                return row.next();
            }
        }
    }

    /** Says who is in the way, on a connection of its own. */
    static String openTransactions(Sessions sessions) throws SQLException {
        try (Connection fresh = sessions.open()) {
            return openTransactions(fresh);
        }
    }

    private static String openTransactions(Connection connection) throws SQLException {
        StringJoiner open = new StringJoiner("\n  ", "open now:\n  ", "\nEnd them, or wait, and run this again");
        open.setEmptyValue("none that this user may see is open any more; run this again");
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(OPEN_TRANSACTIONS)) {
            while (rows.next()) {
                open.add(rows.getString(1));
            }
        }
        return open.toString();
    }
}
