package dev.tidemark.relay.capture;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;

/**
 * Looks at the database before a feed reads it: a feed that starts without its slot or publication would
 * lose events, or make a slot of its own that begins too late.
 */
public final class Source {

    private static final String SLOT = """
            select slot_type, plugin, database = current_database() as here, wal_status, temporary
            from pg_replication_slots where slot_name = ?""";

    private static final String PUBLICATION = """
            select pubinsert, pubviaroot,
                   exists (select from pg_publication_tables t
                           where t.pubname = p.pubname and t.schemaname || '.' || t.tablename = ?) as has_table
            from pg_publication p where pubname = ?""";

    private final FeedSettings settings;

    public Source(FeedSettings settings) {
        this.settings = settings;
    }

    /**
     * Checks that a feed would read every event from where the slot stands.
     *
     * @throws SourceProblem if it would not, until somebody acts
     * @throws SQLException if the database does not answer
     */
    public void check() throws SourceProblem, SQLException {
        try (Connection connection = connect()) {
            checkWalLevel(connection);
            checkTable(connection);
            checkPublication(connection);
            checkSlot(connection);
        } catch (SQLException e) {
            if (isOfLogin(e)) {
                throw new SourceProblem("cannot log in as " + settings.user() + ": " + e.getMessage());
            }
            throw e;
        }
    }

    /**
     * Checks what {@link #check} does, and that somebody reads the slot.
     *
     * @throws SourceProblem if nobody does, or until somebody acts
     * @throws SQLException if the database does not answer
     */
    void checkRead() throws SourceProblem, SQLException {
        check();
        try (Connection connection = connect();
                PreparedStatement query =
                        connection.prepareStatement("select active from pg_replication_slots where slot_name = ?")) {
            query.setString(1, settings.slot());
            try (ResultSet row = query.executeQuery()) {
                if (!row.next() || !row.getBoolean(1)) {
                    throw new SourceProblem("the stream from slot " + settings.slot() + " has ended");
                }
            }
        }
    }

    /** The epoch of each source that has one above 0: raised when its database came back older than its consumers. */
    public Map<String, Long> epochs() throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("select name, epoch from tidemark.source where epoch > 0")) {
            Map<String, Long> epochs = new HashMap<>();
            while (rows.next()) {
                epochs.put(rows.getString(1), rows.getLong(2));
            }
            return epochs;
        }
    }

    private Connection connect() throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", settings.user());
        properties.setProperty("password", settings.password());
        properties.setProperty("ApplicationName", "tidemark-relay");
        properties.setProperty("connectTimeout", "10"); // seconds
        properties.setProperty("socketTimeout", "30");
        return DriverManager.getConnection(settings.jdbcUrl(), properties);
    }

    private static void checkWalLevel(Connection connection) throws SQLException, SourceProblem {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("show wal_level")) {
            row.next();
            if (!row.getString(1).equals("logical")) {
                throw new SourceProblem("wal_level must be logical, but is " + row.getString(1)
                        + "; run: alter system set wal_level = 'logical'; then restart Postgres");
            }
        }
    }

    private void checkTable(Connection connection) throws SQLException, SourceProblem {
        try (PreparedStatement query = connection.prepareStatement(
                "select to_regclass(?) is not null, coalesce(has_table_privilege(to_regclass(?), 'select'), false)")) {
            query.setString(1, settings.table());
            query.setString(2, settings.table());
            try (ResultSet row = query.executeQuery()) {
                row.next();
                if (!row.getBoolean(1)) {
                    throw new SourceProblem("table " + settings.table() + " does not exist; run: tidemark migrate");
                }
                if (!row.getBoolean(2)) {
                    throw new SourceProblem(
                            settings.user() + " may not read " + settings.table() + "; run: grant select on "
                                    + settings.table() + " to " + settings.user() + ", or apply roles.sql");
                }
            }
        }
    }

    private void checkPublication(Connection connection) throws SQLException, SourceProblem {
        String name = settings.publication();
        try (PreparedStatement query = connection.prepareStatement(PUBLICATION)) {
            query.setString(1, settings.table());
            query.setString(2, name);
            try (ResultSet row = query.executeQuery()) {
                if (!row.next()) {
                    throw new SourceProblem(
                            "publication " + name + " does not exist, so inserts since it was dropped are"
                                    + " not in the slot; run: tidemark migrate, and send again what was written meanwhile");
                }
                if (!row.getBoolean("pubinsert") || !row.getBoolean("pubviaroot") || !row.getBoolean("has_table")) {
                    throw new SourceProblem("publication " + name + " must publish the inserts of " + settings.table()
                            + " via its root; run: alter publication " + name + " set table " + settings.table()
                            + "; alter publication " + name
                            + " set (publish = 'insert', publish_via_partition_root = true)");
                }
            }
        }
    }

    private void checkSlot(Connection connection) throws SQLException, SourceProblem {
        String name = settings.slot();
        try (PreparedStatement query = connection.prepareStatement(SLOT)) {
            query.setString(1, name);
            try (ResultSet row = query.executeQuery()) {
                if (!row.next()) {
                    throw new SourceProblem(
                            "slot " + name + " does not exist, so nothing keeps the events written since"
                                    + " it was dropped; run: tidemark migrate, which makes it and sends what the outbox still has");
                }
                if (!"pgoutput".equals(row.getString("plugin"))
                        || !row.getBoolean("here")
                        || row.getBoolean("temporary")) {
                    throw new SourceProblem("slot " + name + " must be a lasting logical slot of the plugin pgoutput in"
                            + " this database; name another in source.slot, or drop it and run: tidemark migrate");
                }
                if ("lost".equals(row.getString("wal_status"))) {
                    throw new SourceProblem(
                            "slot " + name + " is lost: Postgres removed WAL that it still needed, see"
                                    + " max_slot_wal_keep_size; drop it and run: tidemark migrate, which sends what the outbox has");
                }
            }
        }
    }

    /** Class 28: the role or its password. 3D000: the database is not there. */
    private static boolean isOfLogin(SQLException e) {
        String state = e.getSQLState();
        return state != null && (state.startsWith("28") || state.equals("3D000"));
    }
}
