package dev.tidemark.relay.sink;

import dev.tidemark.envelope.CloudEventsJson;
import dev.tidemark.envelope.Envelope;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The table {@code incoming} of V008. */
final class Incoming {

    /** A conflict of any other key than this one fails: it would swallow an event. */
    private static final String INSERT = """
            with added as (
                insert into %s as incoming (consumer, source, id, redelivery, tenantid, aggregatetype, aggregateid,
                    aggregateversion, type, event)
                select ?, source, id, redelivery, tenantid, aggregatetype, aggregateid, aggregateversion, type, event::json
                from unnest(?::text[], ?::uuid[], ?::text[], ?::text[], ?::text[], ?::text[], ?::bigint[], ?::text[], ?::text[])
                    with ordinality as sent (source, id, redelivery, tenantid, aggregatetype, aggregateid,
                        aggregateversion, type, event, place)
                order by place
                on conflict (consumer, source, id, redelivery) do nothing
                returning 1)
            select case when ? <> '' then pg_notify(?, ?) end from added limit 1
            """;

    private Incoming() {}

    /** Adds those that are not there yet, in order, and tells whoever listens; all of them or, if it fails, none. */
    static void insert(Connection connection, PostgresSink.Settings settings, List<Envelope> batch)
            throws SQLException {
        execute(connection, INSERT, settings, batch);
    }

    /** Fails as {@link #insert} would, if there is no such table, key or right; inserts nothing. */
    static void look(Connection connection, PostgresSink.Settings settings) throws SQLException {
        execute(connection, "explain " + INSERT, settings, List.of());
    }

    private static void execute(Connection connection, String sql, PostgresSink.Settings settings, List<Envelope> batch)
            throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql.formatted(quoted(settings.table())))) {
            statement.setString(1, settings.consumer());
            texts(statement, 2, batch, event -> event.aggregate().source());
            array(statement, 3, "uuid", batch, Envelope::id);
            texts(statement, 4, batch, Incoming::redelivery);
            texts(statement, 5, batch, event -> event.aggregate().tenantId());
            texts(statement, 6, batch, event -> event.aggregate().type());
            texts(statement, 7, batch, event -> event.aggregate().id());
            array(statement, 8, "bigint", batch, Envelope::aggregateVersion);
            texts(statement, 9, batch, Envelope::type);
            texts(statement, 10, batch, event -> new String(CloudEventsJson.write(event), StandardCharsets.UTF_8));
            statement.setString(11, settings.channel());
            statement.setString(12, settings.channel());
            statement.setString(13, settings.consumer());
            statement.execute();
        }
    }

    /** With the epoch of a source that came back older: what it sends again is another row, and is handled. */
    private static String redelivery(Envelope event) {
        String job = event.redelivery() == null ? "" : event.redelivery();
        if (event.sourceEpoch() == 0) {
            return job;
        }
        return (job.isEmpty() ? "" : job + "/") + "epoch:" + event.sourceEpoch();
    }

    /** Schema and name, as identifiers. */
    private static String quoted(String table) {
        return "\"" + table.replace("\"", "\"\"").replace(".", "\".\"") + "\"";
    }

    private static void texts(
            PreparedStatement statement, int index, List<Envelope> batch, Function<Envelope, String> part)
            throws SQLException {
        array(statement, index, "text", batch, part);
    }

    private static void array(
            PreparedStatement statement,
            int index,
            String type,
            List<Envelope> batch,
            Function<Envelope, ? extends @Nullable Object> part)
            throws SQLException {
        Object[] values = batch.stream().map(part).toArray();
        statement.setArray(index, statement.getConnection().createArrayOf(type, values));
    }
}
