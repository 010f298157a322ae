package dev.tidemark.sql;

import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;

/** What the tests of this module have in common: a database with our SQL, and short ways to ask it. */
final class Sql {

    static final String DIRECTORY = "dev/tidemark/sql/";
    static final List<String> FILES = List.of(
            "V001__outbox.sql",
            "V002__relay.sql",
            "V003__inbox.sql",
            "V004__backlog.sql",
            "V005__guard.sql",
            "V006__start.sql",
            "V007__backlog_elsewhere.sql",
            "V008__incoming.sql",
            "V009__redelivery.sql",
            "V010__inbox_waiting.sql",
            "V011__outbox_functions.sql",
            "roles.sql");

    private static final AtomicLong IDS = new AtomicLong();

    private Sql() {}

    static Database freshOutbox(int version) throws SQLException {
        Database database = PostgresServer.shared(version).createDatabase();
        for (String file : FILES) {
            database.runResource(DIRECTORY + file);
        }
        return database;
    }

    /** The rows of a query, each with its columns joined by {@code |}. */
    static List<String> rows(Connection connection, String query) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet found = statement.executeQuery(query)) {
            List<String> rows = new ArrayList<>();
            while (found.next()) {
                StringJoiner row = new StringJoiner("|");
                for (int column = 1; column <= found.getMetaData().getColumnCount(); column++) {
                    row.add(found.getString(column));
                }
                rows.add(row.toString());
            }
            return rows;
        }
    }

    static List<String> rows(Database database, String query) throws SQLException {
        try (Connection connection = database.connect()) {
            return rows(connection, query);
        }
    }

    static String one(Database database, String query) throws SQLException {
        List<String> rows = rows(database, query);
        if (rows.size() != 1) {
            throw new AssertionError("one row expected of '" + query + "', but there were " + rows);
        }
        return rows.get(0);
    }

    /** A UUIDv7 of that moment, different from all before it. */
    static UUID idAt(Instant time) {
        return new UUID(time.toEpochMilli() << 16 | 0x7000, 0x8000_0000_0000_0000L | IDS.incrementAndGet());
    }

    static Instant daysAgo(int days) {
        return Instant.now().minus(days, ChronoUnit.DAYS);
    }

    static String insertAt(Instant time, UUID id) {
        return "insert into outbox (id, source, aggregatetype, aggregateid, type, payload, occurredat) values ('" + id
                + "', 'orders', 'order', '42', 'order-placed', '{}', '" + time + "')";
    }

    /** Inserts an event of that moment, in a transaction of its own. */
    static String append(Database database, Instant time) throws SQLException {
        UUID id = idAt(time);
        database.run(insertAt(time, id));
        return id.toString();
    }
}
