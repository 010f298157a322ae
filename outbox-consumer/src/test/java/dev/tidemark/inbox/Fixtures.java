package dev.tidemark.inbox;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.PostgresServer;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;

/** One server and database for all tests of this module, a schema for each test that asks, and events. */
final class Fixtures {

    static final Instant OCCURRED = Instant.parse("2026-11-20T10:15:30Z");

    private static final Database DATABASE = PostgresServer.start().createDatabase();
    private static final AtomicInteger SCHEMAS = new AtomicInteger();

    private Fixtures() {}

    /** In a schema of its own, with the inbox, a replica of users, and a table that takes one row for each effect. */
    static Database database() throws SQLException {
        String schema = "test_" + SCHEMAS.incrementAndGet();
        DATABASE.run("create schema " + schema);
        Database database = new Database(
                DATABASE.name(), DATABASE.url() + "?currentSchema=" + schema, DATABASE.user(), DATABASE.password());
        database.runResource("dev/tidemark/sql/V003__inbox.sql");
        database.runResource("dev/tidemark/sql/V008__incoming.sql");
        database.runResource("dev/tidemark/sql/V010__inbox_waiting.sql");
        database.run("""
                create table effect (n bigserial primary key, id uuid not null, aggregateid text not null, version bigint);
                create table user_replica (user_id text primary key, name text not null, version bigint not null)""");
        return database;
    }

    /** Has the id that belongs to it: made twice, it is the same event. */
    static Envelope.Builder user(String id, long version) {
        return event(id).id(uuid(id + "@" + version)).aggregateVersion(version);
    }

    static Envelope.Builder unversioned(String id, String name) {
        return event(id).id(uuid(name));
    }

    private static Envelope.Builder event(String id) {
        return Envelope.builder()
                .aggregate(new Aggregate("users", "", "user", id))
                .type("user-renamed")
                .dataSchema(Envelope.defaultDataSchema("users", "user-renamed", 1))
                .time(OCCURRED)
                .data("application/json", "{}".getBytes(StandardCharsets.UTF_8));
    }

    static UUID uuid(String name) {
        return UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8));
    }

    static Connection begin(Database database) throws SQLException {
        Connection tx = database.connect();
        tx.setAutoCommit(false);
        return tx;
    }

    /** The effect whose rows tell how often an event was handled. */
    static void effect(Connection tx, Envelope event) throws SQLException {
        try (PreparedStatement insert =
                tx.prepareStatement("insert into effect (id, aggregateid, version) values (?, ?, ?)")) {
            insert.setObject(1, event.id());
            insert.setString(2, event.aggregate().id());
            insert.setObject(3, event.aggregateVersion(), Types.BIGINT);
            insert.executeUpdate();
        }
    }

    /** Handles one event in a transaction of its own, by writing an effect. */
    static Outcome handle(Inbox inbox, Database database, Envelope event) throws SQLException {
        try (Connection tx = begin(database)) {
            Outcome outcome = inbox.handle(tx, event, Fixtures::effect);
            tx.commit();
            return outcome;
        }
    }

    /** Rows of one column, as text. */
    static List<String> query(Database database, String sql) throws SQLException {
        try (Connection connection = database.connect()) {
            return query(connection, sql);
        }
    }

    static List<String> query(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            List<String> values = new ArrayList<>();
            while (rows.next()) {
                values.add(String.valueOf(rows.getString(1)));
            }
            return values;
        }
    }
}
