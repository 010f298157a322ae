package dev.tidemark.sample.demo;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.sample.demo.Ledger.Written;
import dev.tidemark.testkit.Database;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.BiConsumer;

/** What the databases themselves say, at the end, about events. */
final class Records {

    private Records() {}

    /**
     * An event in an outbox.
     *
     * @param at when it occurred
     */
    record Stored(Written event, Subscription subscription, Instant at) {}

    /** The events in the outboxes: all that was committed, but for those that were stored in the WAL only. */
    static List<Stored> outboxes(Databases databases) throws SQLException {
        List<Stored> events = new ArrayList<>();
        for (Subscription subscription : Subscription.values()) {
            try (Connection connection = databases.source(subscription).connect();
                    Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery(
                            "select id, source, tenantid, aggregatetype, aggregateid, aggregateversion,"
                                    + " occurredat from outbox")) {
                while (rows.next()) {
                    UUID id = rows.getObject(1, UUID.class);
                    Aggregate aggregate =
                            new Aggregate(rows.getString(2), rows.getString(3), rows.getString(4), rows.getString(5));
                    events.add(new Stored(
                            new Written(id, aggregate, rows.getLong(6)),
                            subscription,
                            rows.getTimestamp(7).toInstant()));
                }
            }
        }
        return events;
    }

    /** Tells {@code effect} of each time that an event took effect at a service. */
    static void effects(Databases databases, BiConsumer<Subscription, UUID> effect) throws SQLException {
        for (Database database : List.of(databases.orders(), databases.inventory())) {
            try (Connection connection = database.connect();
                    Statement statement = connection.createStatement();
                    ResultSet rows = statement.executeQuery("select source, event_id from journal")) {
                while (rows.next()) {
                    effect.accept(Subscription.ofSource(rows.getString(1)), rows.getObject(2, UUID.class));
                }
            }
        }
    }
}
