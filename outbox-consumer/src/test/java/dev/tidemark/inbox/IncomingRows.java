package dev.tidemark.inbox;

import static dev.tidemark.inbox.Fixtures.user;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.tidemark.envelope.CloudEventsJson;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.testkit.Database;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.util.stream.IntStream;

/** Puts events into the table {@code incoming}. */
final class IncomingRows {

    private IncomingRows() {}

    /** In one transaction, as the relay does it. */
    static void arrive(Database database, Envelope... events) throws SQLException {
        try (Connection connection = database.connect();
                PreparedStatement insert = connection.prepareStatement("""
                        insert into incoming (consumer, source, id, redelivery, tenantid, aggregatetype, aggregateid,
                            aggregateversion, type, event)
                        values ('reporting', ?, ?, ?, ?, ?, ?, ?, ?, ?::json)""")) {
            connection.setAutoCommit(false);
            for (Envelope event : events) {
                insert.setString(1, event.aggregate().source());
                insert.setObject(2, event.id());
                insert.setString(3, redelivery(event));
                insert.setString(4, event.aggregate().tenantId());
                insert.setString(5, event.aggregate().type());
                insert.setString(6, event.aggregate().id());
                insert.setObject(7, event.aggregateVersion(), Types.BIGINT);
                insert.setString(8, event.type());
                insert.setString(9, new String(CloudEventsJson.write(event), UTF_8));
                insert.executeUpdate();
            }
            try (Statement notify = connection.createStatement()) {
                notify.execute("select pg_notify('tidemark_incoming', 'reporting')");
            }
            connection.commit();
        }
    }

    private static String redelivery(Envelope event) {
        String job = event.redelivery() == null ? "" : event.redelivery();
        String epoch = event.sourceEpoch() == 0 ? "" : "epoch:" + event.sourceEpoch();
        return job + (job.isEmpty() || epoch.isEmpty() ? "" : "/") + epoch;
    }

    /** Versions from 1 on of {@code u0}, {@code u1} and so on, in turns. */
    static Envelope[] interleaved(int aggregates, int versions) {
        return IntStream.range(0, aggregates * versions)
                .mapToObj(i -> user("u" + i % aggregates, 1 + i / aggregates).build())
                .toArray(Envelope[]::new);
    }
}
