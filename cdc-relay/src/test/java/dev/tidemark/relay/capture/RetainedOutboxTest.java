package dev.tidemark.relay.capture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.envelope.Envelope;
import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.PostgresExtension;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What the table has is read in the order of each aggregate, and comes out as it would from the log. */
@ExtendWith(PostgresExtension.class)
class RetainedOutboxTest {

    private Database database;
    private Connection connection;

    @BeforeEach
    void prepare(Database database) throws SQLException {
        this.database = database;
        database.runResource("dev/tidemark/sql/V001__outbox.sql");
        connection = database.connect();
    }

    @AfterEach
    void close() throws SQLException {
        connection.close();
    }

    /** The clocks of writers say one thing, the versions another: versions count. Others are sorted by time. */
    @Test
    void eachAggregateGoesByVersionAndUnversionedOnesById() throws Exception {
        insert(1, "a", 3L, "10:00");
        insert(2, "a", 1L, "12:00");
        insert(3, "b", 1L, "11:00");
        insert(4, "a", 2L, "11:00");
        insert(5, "u", null, "13:00");
        insert(6, "u", null, "09:00");
        insert(7, "c", 1L, "14:00");

        assertThat(ids(outbox())).containsExactly(3, 2, 4, 1, 5, 6, 7);
    }

    @Test
    void anEventIsAsItWouldBeFromTheLog() throws Exception {
        database.run(
                "insert into outbox values ('" + id(1) + "', 'orders', 'acme', 'order', '42', 7, 'order-placed', 2,"
                        + " 'application/json', ' {\"b\" : 2e1, \"a\":null}', '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01',"
                        + " '{\"user\": \"Zoë\"}', '2026-11-20 10:00:00.123456+00')");
        insert(2, "tombstone", 1L, "10:00");
        database.run("update outbox set payload = null where id = '" + id(2) + "'");
        RetainedOutbox outbox = new RetainedOutbox(
                connection, "public.outbox", new EventDecoder(new WireNames("com.example.", ""), source -> 5));

        List<RetainedOutbox.Row> rows = outbox.read(List.of(id(2), id(9), id(1)));
        assertThat(rows).extracting(RetainedOutbox.Row::id).containsExactly(id(2), id(1));
        assertThat(envelope(rows.get(0)).data()).isNull();
        Envelope envelope = envelope(rows.get(1));
        assertThat(envelope.dataAsText()).isEqualTo(" {\"b\" : 2e1, \"a\":null}");
        assertThat(envelope.type()).isEqualTo("com.example.order-placed");
        assertThat(envelope.aggregate().toString()).contains("42");
        assertThat(envelope.aggregate().tenantId()).isEqualTo("acme");
        assertThat(envelope.aggregateVersion()).isEqualTo(7);
        assertThat(envelope.sourceEpoch()).isEqualTo(5);
        assertThat(envelope.schemaVersion()).isEqualTo(2);
        assertThat(envelope.headers()).containsEntry("user", "Zoë");
        assertThat(envelope.traceparent()).startsWith("00-4bf9");
        assertThat(envelope.time()).isEqualTo(Instant.parse("2026-11-20T10:00:00.123456Z"));
    }

    @Test
    void whatIsWrittenOrTakenAwayMeanwhileIsLeftOut() throws Exception {
        insert(1, "a", 1L, "10:00");
        insert(2, "a", 2L, "10:00");
        RetainedOutbox outbox = outbox();
        outbox.open();
        insert(3, "a", 3L, "10:00");
        database.run("delete from outbox where id = '" + id(1) + "'");

        assertThat(outbox.next(10)).extracting(RetainedOutbox.Candidate::id).containsExactly(id(1), id(2));
        assertThat(outbox.next(10)).isEmpty();
        assertThat(outbox.parts(List.of(id(1), id(2)))).containsExactly(List.of(id(2)));
    }

    @Test
    void whatIsReadAtOnceIsBoundedInBytes() throws Exception {
        for (int i = 1; i <= 5; i++) {
            insert(i, "a", (long) i, "10:00");
        }
        database.run("update outbox set payload = to_json(repeat('x', 3000000)) where aggregateversion in (2, 3)");

        assertThat(outbox().parts(List.of(id(1), id(2), id(3), id(4), id(5))))
                .containsExactly(List.of(id(1), id(2)), List.of(id(3), id(4), id(5)));
    }

    @Test
    void whoWritesToTheOutboxIsSeenUntilHeIsDone() throws Exception {
        RetainedOutbox outbox = outbox();
        assertThat(outbox.writers()).isEmpty();
        try (Connection writer = database.connect()) {
            writer.setAutoCommit(false);
            insert(writer, 1, "a", 1L, "10:00");
            assertThat(outbox.writers()).hasSize(1);
            writer.commit();
        }
        assertThat(outbox.writers()).isEmpty();
    }

    private static Envelope envelope(RetainedOutbox.Row row) {
        return Objects.requireNonNull(row.change().envelope());
    }

    private RetainedOutbox outbox() {
        return new RetainedOutbox(connection, "public.outbox", new EventDecoder(WireNames.PLAIN, source -> 0));
    }

    /** In order, two at a time. */
    private static List<Integer> ids(RetainedOutbox outbox) throws SQLException {
        outbox.open();
        List<Integer> ids = new ArrayList<>();
        for (List<RetainedOutbox.Candidate> some = outbox.next(2); !some.isEmpty(); some = outbox.next(2)) {
            some.forEach(one -> ids.add((int) (one.id().getLeastSignificantBits() & 0xff)));
        }
        return ids;
    }

    private static UUID id(int number) {
        return new UUID(0x0193_4f00_0000_7000L, 0x8000_0000_0000_0000L | number);
    }

    private void insert(int number, String aggregateId, @Nullable Long version, String time) throws SQLException {
        try (Connection writer = database.connect()) {
            insert(writer, number, aggregateId, version, time);
        }
    }

    private static void insert(Connection writer, int number, String aggregateId, @Nullable Long version, String time)
            throws SQLException {
        try (Statement statement = writer.createStatement()) {
            statement.execute(
                    "insert into outbox (id, source, aggregatetype, aggregateid, aggregateversion, type, payload,"
                            + " occurredat) values ('" + id(number) + "', 'orders', 'order', '" + aggregateId + "', "
                            + version
                            + ", 'order-placed', '{}', '2026-11-20 " + time + "+00')");
        }
    }
}
