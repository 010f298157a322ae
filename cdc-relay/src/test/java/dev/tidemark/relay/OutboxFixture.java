package dev.tidemark.relay;

import dev.tidemark.relay.config.BacklogConfig;
import dev.tidemark.relay.config.CustomSinkConfig;
import dev.tidemark.relay.config.MemoryConfig;
import dev.tidemark.relay.config.OpsConfig;
import dev.tidemark.relay.config.RelayConfig;
import dev.tidemark.relay.config.RetryConfig;
import dev.tidemark.relay.config.Secret;
import dev.tidemark.relay.config.ShutdownConfig;
import dev.tidemark.relay.config.SourceConfig;
import dev.tidemark.relay.config.SubscriberConfig;
import dev.tidemark.relay.migrate.BacklogSetup;
import dev.tidemark.relay.sink.Sink;
import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** A database with an outbox, a slot of its own, and a hand to write events with. */
final class OutboxFixture {

    private final PostgresServer server;
    private final Database database;
    private final Database backlog;
    private final String slot;
    private int written;

    OutboxFixture(PostgresServer server) throws Exception {
        this(server, null);
    }

    /** @param elsewhere has the backlog; null if the database of the outbox has */
    OutboxFixture(PostgresServer server, @Nullable PostgresServer elsewhere) throws Exception {
        this.server = server;
        database = server.createDatabase();
        slot = "slot_" + database.name();
        for (String script : List.of(
                "V001__outbox.sql",
                "V002__relay.sql",
                "V004__backlog.sql",
                "V005__guard.sql",
                "V006__start.sql",
                "V007__backlog_elsewhere.sql",
                "V008__incoming.sql",
                "V009__redelivery.sql",
                "V011__outbox_functions.sql")) {
            database.runResource("dev/tidemark/sql/" + script);
        }
        createSlot();
        database.run(
                "insert into tidemark.relay (slot, publication, outbox, system_identifier, timeline) select '" + slot
                        + "', 'tidemark_outbox', 'public.outbox', (select system_identifier::text from pg_control_system()), 1");
        backlog = elsewhere == null ? database : elsewhere.createDatabase();
        if (elsewhere != null) {
            new BacklogSetup(source(), place(), false, false).run(step -> {});
        }
    }

    void createSlot() throws SQLException {
        database.run("select pg_create_logical_replication_slot('" + slot + "', 'pgoutput')");
    }

    PostgresServer server() {
        return server;
    }

    Database database() {
        return database;
    }

    /** Of the backlog: the same, unless that is elsewhere. */
    Database backlog() {
        return backlog;
    }

    String slot() {
        return slot;
    }

    SourceConfig source() {
        return at(database);
    }

    /** The database of the backlog, as commands are told of it. */
    SourceConfig place() {
        return at(backlog);
    }

    private SourceConfig at(Database where) {
        return SourceConfig.builder()
                .url(where.url())
                .user(where.user())
                .password(Secret.of(where.password()))
                .slot(slot)
                .build();
    }

    /** Writes the next event of an aggregate in a transaction of its own. */
    UUID write(String aggregateId, long version) throws SQLException {
        try (Connection connection = database.connect()) {
            return write(connection, aggregateId, version);
        }
    }

    UUID write(Connection connection, String aggregateId, long version) throws SQLException {
        UUID id = new UUID(0x0193_4f00_0000_7000L, 0x8000_0000_0000_0000L | ++written);
        try (PreparedStatement insert = connection.prepareStatement(
                "insert into outbox (id, source, aggregatetype,"
                        + " aggregateid, aggregateversion, type, payload) values (?, 'orders', 'order', ?, ?, 'order-placed', '{}')")) {
            insert.setObject(1, id);
            insert.setString(2, aggregateId);
            insert.setLong(3, version);
            insert.executeUpdate();
        }
        return id;
    }

    String single(String sql) throws SQLException {
        return single(database, sql);
    }

    /** Asks the database of the backlog. */
    String kept(String sql) throws SQLException {
        return single(backlog, sql);
    }

    private static String single(Database database, String sql) throws SQLException {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }

    /** Bytes between the end of the log and what the slot has confirmed. */
    long unconfirmedBytes() throws SQLException {
        return Long.parseLong(single("select pg_current_wal_lsn() - confirmed_flush_lsn from pg_replication_slots"
                + " where slot_name = '" + slot + "'"));
    }

    String confirmed() throws SQLException {
        return single("select confirmed_flush_lsn from pg_replication_slots where slot_name = '" + slot + "'");
    }

    void awaitConfirmed(String lsn) {
        Awaitility.await()
                .until(() -> single("select '" + confirmed() + "'::pg_lsn >= '" + lsn + "'::pg_lsn")
                        .equals("t"));
    }

    SubscriberConfig.Builder subscriber(String name, Sink sink) {
        return SubscriberConfig.builder(name)
                .retry(new RetryConfig(Duration.ofMillis(5), Duration.ofMillis(100)))
                .sink(new CustomSinkConfig(sink));
    }

    RelayConfig config(SubscriberConfig... subscribers) {
        return config(MemoryConfig.ofThisHeap(), subscribers);
    }

    RelayConfig config(BacklogConfig backlog, SubscriberConfig... subscribers) {
        return config(MemoryConfig.ofThisHeap(), backlog, subscribers);
    }

    private BacklogConfig placed(BacklogConfig limits) {
        return backlog.equals(database) || limits.elsewhere().isPresent()
                ? limits
                : new BacklogConfig(limits.events(), limits.bytes(), Optional.of(elsewhere(backlog)));
    }

    static BacklogConfig.Elsewhere elsewhere(Database place) {
        return new BacklogConfig.Elsewhere(place.url(), place.user(), Secret.of(place.password()));
    }

    RelayConfig config(MemoryConfig memory, SubscriberConfig... subscribers) {
        return config(memory, BacklogConfig.DEFAULT, subscribers);
    }

    private RelayConfig config(MemoryConfig memory, BacklogConfig limits, SubscriberConfig... subscribers) {
        RelayConfig.Builder config = RelayConfig.builder()
                .source(source())
                .memory(memory)
                .backlog(placed(limits))
                .ops(OpsConfig.builder().port(0).build())
                .shutdown(new ShutdownConfig(Duration.ofSeconds(10)));
        for (SubscriberConfig subscriber : subscribers) {
            config.subscriber(subscriber);
        }
        return config.build();
    }
}
