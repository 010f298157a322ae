package dev.tidemark.relay.backlog;

import dev.tidemark.envelope.CloudEventsJson;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.relay.Events;
import dev.tidemark.testkit.Database;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A database with a backlog that tests fill by SQL, and a relay that leads it in epoch 1. */
public record BacklogRows(Database database) {

    public static final String SLOT = "tidemark_outbox";

    public static BacklogRows in(Database database) throws SQLException {
        for (String file : List.of(
                "V001__outbox",
                "V002__relay",
                "V003__inbox",
                "V004__backlog",
                "V006__start",
                "V007__backlog_elsewhere",
                "V008__incoming",
                "V009__redelivery",
                "V010__inbox_waiting",
                "V011__outbox_functions",
                "roles")) {
            database.runResource("dev/tidemark/sql/" + file + ".sql");
        }
        database.run("insert into tidemark.relay (slot, publication, outbox, system_identifier, timeline, epoch)"
                + " values ('" + SLOT + "', 'tidemark_outbox', 'public.outbox', '1', 1, 1)");
        return new BacklogRows(database);
    }

    public UUID waiting(String subscriber, String aggregateId, long version) throws SQLException {
        return put(subscriber, Events.event(aggregateId, version), "waiting", "spilled", null);
    }

    public UUID dead(String subscriber, String aggregateId, long version, String reason) throws SQLException {
        return put(subscriber, Events.event(aggregateId, version), "dead", "rejected", reason);
    }

    public UUID put(String subscriber, Envelope event, String state, String cause, @Nullable String reason)
            throws SQLException {
        try (Connection connection = database.connect();
                PreparedStatement insert = connection.prepareStatement("""
                        insert into tidemark.backlog (subscriber, id, bucket, hash, source, tenantid, aggregatetype,
                            aggregateid, aggregateversion, type, state, cause, envelope, bytes, attempts, reason,
                            committed_at, passed_lsn)
                        values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 3, ?, clock_timestamp() - interval '90 s',
                            '0/1')""")) {
            byte[] json = CloudEventsJson.write(event);
            insert.setString(1, subscriber);
            insert.setObject(2, event.id());
            insert.setInt(3, Buckets.of(event.aggregate()));
            insert.setInt(4, event.aggregate().hash32());
            insert.setString(5, event.aggregate().source());
            insert.setString(6, event.aggregate().tenantId());
            insert.setString(7, event.aggregate().type());
            insert.setString(8, event.aggregate().id());
            insert.setObject(9, event.aggregateVersion());
            insert.setString(10, event.type());
            insert.setString(11, state);
            insert.setString(12, cause);
            insert.setBytes(13, json);
            insert.setInt(14, json.length);
            insert.setString(15, reason);
            insert.executeUpdate();
            return event.id();
        }
    }

    public UUID undecodable(String subscriber, String raw) throws SQLException {
        UUID id = UUID.nameUUIDFromBytes(raw.getBytes(StandardCharsets.UTF_8));
        database.run("insert into tidemark.backlog (subscriber, id, bucket, hash, state, cause, raw, bytes, reason,"
                + " committed_at, passed_lsn) values ('" + subscriber + "', '" + id
                + "', 0, 0, 'dead', 'undecodable', $$"
                + raw + "$$, " + raw.length() + ", 'no such type', now(), '0/1')");
        return id;
    }

    public void register(String subscriber, String state) throws SQLException {
        database.run("insert into tidemark.subscriber (slot, name, filter, state) values ('" + SLOT + "', '"
                + subscriber + "', 'all', '" + state + "')");
    }

    public String single(String sql) throws SQLException {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return String.valueOf(row.getString(1));
        }
    }
}
