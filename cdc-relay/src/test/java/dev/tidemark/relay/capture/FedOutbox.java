package dev.tidemark.relay.capture;

import static java.util.Objects.requireNonNull;

import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.FaultyProxy;
import dev.tidemark.testkit.PostgresServer;
import java.io.StringReader;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;

/** A database with the real outbox, a slot for a feed, and a second slot to judge the first by. */
final class FedOutbox {

    /** What a feed may hold. */
    static final long FEED_BYTES = 16 << 20;

    /** Where it puts what is more. */
    static final Path DIRECTORY = Path.of(System.getProperty("java.io.tmpdir"));

    private final Database database;

    FedOutbox(PostgresServer server) throws Exception {
        database = server.createDatabase();
        for (String script : List.of("V001__outbox.sql", "V002__relay.sql")) {
            database.runResource("dev/tidemark/sql/" + script);
        }
        database.run("select pg_create_logical_replication_slot('" + slot() + "', 'pgoutput')");
        database.run("select pg_create_logical_replication_slot('" + witness() + "', 'pgoutput')");
    }

    /**
     * Where the server streams transactions that are still open to who asks for that: those of more than 64 kB, or each
     * change at once, where it can (PostgreSQL 16 and newer).
     */
    String streamingUrl(boolean eachChange) throws SQLException {
        return streamingUrl(database, eachChange);
    }

    /** The same, to this database as somebody else connects to it. */
    String streamingUrl(Database way, boolean eachChange) throws SQLException {
        boolean can = Integer.parseInt(single("show server_version_num")) >= 160_000;
        String immediate = eachChange && can ? " -c debug_logical_replication_streaming=immediate" : "";
        return way.url() + "?options="
                + URLEncoder.encode("-c logical_decoding_work_mem=64kB" + immediate, StandardCharsets.UTF_8);
    }

    /** How many transactions were streamed from a slot while they were open. */
    long streamed(String slot) throws SQLException {
        return Long.parseLong(
                single("select stream_txns from pg_stat_replication_slots where slot_name = '" + slot + "'"));
    }

    /** A server has few slots. */
    void dropSlots() {
        Awaitility.await().ignoreExceptions().until(() -> {
            database.run("select pg_drop_replication_slot(slot_name) from pg_replication_slots where slot_name in ('"
                    + slot() + "', '" + witness() + "')");
            return true;
        });
    }

    Database database() {
        return database;
    }

    /** The database, for who connects by way of {@code proxy}. */
    Database through(PostgresServer server, FaultyProxy proxy) {
        String url = database.url().replace(server.host() + ":" + server.port(), proxy.host() + ":" + proxy.port());
        return new Database(database.name(), url, database.user(), database.password());
    }

    String slot() {
        return "tidemark_outbox_" + database.name();
    }

    /** A slot that nobody reads or moves, unless a test does. */
    String witness() {
        return "witness_" + database.name();
    }

    void run(String sql) throws SQLException {
        database.run(sql);
    }

    Connection begin() throws SQLException {
        Connection connection = database.connect();
        connection.setAutoCommit(false);
        return connection;
    }

    void insert(UUID id, String aggregateId, long version, @Nullable String payload) throws SQLException {
        try (Connection connection = database.connect()) {
            insert(connection, id, aggregateId, version, payload);
        }
    }

    static void insert(Connection connection, UUID id, String aggregateId, long version, @Nullable String payload)
            throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement(
                "insert into outbox (id, source, aggregatetype,"
                        + " aggregateid, aggregateversion, type, payload) values (?, 'orders', 'order', ?, ?, 'order-placed', ?::json)")) {
            insert.setObject(1, id);
            insert.setString(2, aggregateId);
            insert.setLong(3, version);
            insert.setString(4, payload);
            insert.executeUpdate();
        }
    }

    void copy(int rows) throws Exception {
        StringBuilder csv = new StringBuilder();
        for (int i = 1; i <= rows; i++) {
            csv.append(uuid(i)).append(",orders,order,copied,").append(i).append(",order-placed,{}\n");
        }
        try (Connection connection = database.connect()) {
            connection
                    .unwrap(PGConnection.class)
                    .getCopyAPI()
                    .copyIn(
                            "copy outbox (id, source, aggregatetype, aggregateid, aggregateversion, type, payload) from stdin csv",
                            new StringReader(csv.toString()));
        }
    }

    void emit(String prefix, String content) throws SQLException {
        try (Connection connection = database.connect();
                PreparedStatement emit = connection.prepareStatement("select pg_logical_emit_message(true, ?, ?)")) {
            emit.setString(1, prefix);
            emit.setString(2, content);
            emit.execute();
        }
    }

    void awaitConfirmedBeyondCommitOf(UUID id) throws SQLException {
        Lsn commit = commitLsnOf(id);
        Awaitility.await().until(() -> confirmed().compareTo(commit) >= 0);
    }

    long retainedBytes() throws SQLException {
        return Long.parseLong(single("select pg_current_wal_lsn() - confirmed_flush_lsn from pg_replication_slots"
                + " where slot_name = '" + slot() + "'"));
    }

    Lsn confirmed() throws SQLException {
        return Lsn.parse(
                single("select confirmed_flush_lsn from pg_replication_slots where slot_name = '" + slot() + "'"));
    }

    Lsn commitLsnOf(UUID id) throws SQLException {
        return requireNonNull(CommitLsns.of(database, witness()).get(id), "event " + id + " did not commit");
    }

    String single(String sql) throws SQLException {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }

    /** A UUIDv7 of this moment's partition, with {@code n} in its last digits. */
    static UUID uuid(int n) {
        return new UUID(0x0193_4f00_0000_7000L, 0x8000_0000_0000_0000L | n);
    }
}
