package dev.tidemark.relay.migrate;

import dev.tidemark.testkit.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;

/** A service at work: each transaction changes a row of its own first, and then appends to one of two aggregates. */
record Appender(Database database, int nr, AtomicBoolean stop, AtomicInteger committed) implements Callable<Void> {

    static final String APPEND = """
            insert into outbox (id, source, aggregatetype, aggregateid, aggregateversion, type, payload)
            values (overlay(overlay(gen_random_uuid()::text placing '7' from 15) placing '8' from 20)::uuid,
                    'orders', 'order', '%1$s', outbox_version_claim('orders', '', 'order', '%1$s', 1), 'order-placed', '{}')
            """;

    @Override
    public Void call() throws SQLException {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement()) {
            statement.execute("set synchronous_commit = " + (nr % 2 == 0 ? "off" : "on"));
            connection.setAutoCommit(false);
            while (!stop.get()) {
                statement.execute("insert into business values (" + nr + ")");
                statement.execute(APPEND.formatted(nr % 2));
                connection.commit();
                committed.incrementAndGet();
            }
        }
        return null;
    }
}
