package dev.tidemark.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.envelope.Receipt;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The retained outbox, which is the default. */
final class OutboxTest {

    private static OutboxDatabase db;

    private final Outbox outbox = Outbox.builder()
            .source("orders")
            .byCaller("invoice")
            .unversioned("audit")
            .build();

    @BeforeAll
    static void createDatabase() throws SQLException {
        db = OutboxDatabase.create();
    }

    @BeforeEach
    void empty() throws SQLException {
        db.database()
                .run("truncate outbox, outbox_version; drop table if exists business; create table business (n int)");
    }

    @Test
    void theEventIsThereOnceItsTransactionCommitted() throws SQLException {
        OutboxEvent event = OutboxEvent.of("order", "42", "order-placed", "{\"b\": 1.50,  \"a\":\"é😀\"}")
                .tenantId("acme")
                .schemaVersion(3)
                .dataContentType("application/order+json")
                .traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
                .headers(Map.of("correlationid", "c\"1\\", "user", "Zoë"))
                .occurredAt(Instant.parse("2026-11-20T10:15:30.123456789Z"));
        try (Connection tx = db.begin()) {
            outbox.append(tx, event);
            tx.commit();
        }
        assertThat(
                        db.texts(
                                "select concat_ws('|', id, source, tenantid, aggregatetype, aggregateid, aggregateversion, type,"
                                        + " schemaversion, datacontenttype, payload, traceparent, headers, occurredat at time zone 'UTC') from outbox"))
                .containsExactly(event.id()
                        + "|orders|acme|order|42|1|order-placed|3|application/order+json|{\"b\": 1.50,  \"a\":\"é😀\"}"
                        + "|00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
                        + "|{\"correlationid\":\"c\\\"1\\\\\",\"user\":\"Zoë\"}|2026-11-20 10:15:30.123456");
    }

    @Test
    void aTombstoneHasNoPayloadAndJsonNullHasFourBytes() throws SQLException {
        try (Connection tx = db.begin()) {
            outbox.append(tx, OutboxEvent.tombstone("order", "1", "order-deleted"));
            outbox.append(tx, OutboxEvent.of("order", "2", "order-placed", "null"));
            tx.commit();
        }
        assertThat(db.texts(
                        "select coalesce(payload::text, 'SQL NULL') || coalesce(headers::text, '-') || coalesce(traceparent, '-')"
                                + " from outbox order by aggregateid"))
                .containsExactly("SQL NULL--", "null--");
    }

    @Test
    void aRolledBackTransactionLeavesNoEventAndNoVersion() throws SQLException {
        try (Connection tx = db.begin()) {
            tx.createStatement().execute("insert into business values (1)");
            outbox.append(tx, order("42"));
            tx.rollback();
            assertThat(outbox.append(tx, order("42"))).hasToString("orders::order/42@1");
            tx.rollback();
        }
        assertThat(db.texts("select n from business")).isEmpty();
        assertThat(db.texts("select id from outbox")).isEmpty();
        assertThat(db.texts("select version from outbox_version")).isEmpty();
    }

    @Test
    void aSavepointRolledBackToLeavesNoEventAndNoGap() throws SQLException {
        try (Connection tx = db.begin()) {
            outbox.append(tx, order("42"));
            Savepoint savepoint = tx.setSavepoint();
            outbox.append(tx, order("42"));
            tx.rollback(savepoint);
            assertThat(outbox.append(tx, order("42"))).hasToString("orders::order/42@2");
            tx.commit();
        }
        assertThat(versions("order", "42")).containsExactly("1", "2");
    }

    @Test
    void commitRollbackAndCloseAreLeftToTheCaller() throws SQLException {
        try (Connection tx = db.begin()) {
            outbox.append(tx, order("42"));
            assertThat(tx.isClosed()).isFalse();
            assertThat(tx.getAutoCommit()).isFalse();
            assertThat(db.texts("select id from outbox"))
                    .as("seen from outside")
                    .isEmpty();
            tx.commit();
        }
        assertThat(db.texts("select id from outbox")).hasSize(1);
    }

    @Test
    void receiptsComeInTheCallersOrder() throws SQLException {
        OutboxEvent audit = OutboxEvent.of("audit", "a", "seen", "1");
        try (Connection tx = db.begin()) {
            List<Receipt> receipts = outbox.appendAll(
                    tx,
                    List.of(
                            order("9"),
                            audit,
                            order("10"),
                            invoice("7", 5),
                            order("9").tenantId("acme"),
                            order("9"),
                            invoice("7", 6)));
            tx.commit();
            assertThat(receipts)
                    .containsExactly(
                            Receipt.ofVersion(new Aggregate("orders", "", "order", "9"), 1),
                            Receipt.ofUnversioned(new Aggregate("orders", "", "audit", "a"), audit.id()),
                            Receipt.ofVersion(new Aggregate("orders", "", "order", "10"), 1),
                            Receipt.ofVersion(new Aggregate("orders", "", "invoice", "7"), 5),
                            Receipt.ofVersion(new Aggregate("orders", "acme", "order", "9"), 1),
                            Receipt.ofVersion(new Aggregate("orders", "", "order", "9"), 2),
                            Receipt.ofVersion(new Aggregate("orders", "", "invoice", "7"), 6));
        }
        assertThat(db.texts("select concat_ws('/', tenantid, aggregatetype, aggregateid, aggregateversion) from outbox"
                        + " order by id"))
                .as("ids are in the order of creation, and versions follow it")
                .containsExactlyInAnyOrder(
                        "/order/9/1",
                        "/audit/a",
                        "/order/10/1",
                        "/invoice/7/5",
                        "acme/order/9/1",
                        "/order/9/2",
                        "/invoice/7/6");
    }

    @Test
    void anEmptyBatchIsNothing() throws SQLException {
        try (Connection tx = db.begin()) {
            assertThat(outbox.appendAll(tx, List.of())).isEmpty();
        }
    }

    @Test
    void eventsOfOneBatchAreInsertedInTheCallersOrder() throws SQLException {
        db.createSlot("order_of_inserts");
        try (Connection tx = db.begin()) {
            outbox.appendAll(tx, List.of(order("z"), order("a"), order("z"), order("m")));
            tx.commit();
        }
        assertThat(db.decoded("order_of_inserts"))
                .filteredOn(change -> change.startsWith("table public.outbox_default"))
                .extracting(change -> change.replaceAll(
                        "(?s).*aggregateid\\[text\\]:'(\\w+)' aggregateversion\\[bigint\\]:(\\d+).*", "$1$2"))
                .containsExactly("z1", "a1", "z2", "m1");
        db.dropSlot("order_of_inserts");
    }

    @Test
    void aVersionOfTheCallerIsTakenOnce() throws SQLException {
        try (Connection tx = db.begin()) {
            outbox.append(tx, invoice("7", 17));
            assertRefused(tx, invoice("7", 17));
            outbox.append(tx, invoice("7", 17));
            outbox.append(tx, invoice("7", 18));
            tx.commit();
            assertRefused(tx, invoice("7", 18));
            assertRefused(tx, invoice("7", 3));
            outbox.append(tx, invoice("8", 3));
            outbox.append(tx, invoice("7", 19));
            tx.commit();
        }
        assertThat(versions("invoice", "7")).containsExactly("17", "18", "19");
    }

    private void assertRefused(Connection tx, OutboxEvent event) throws SQLException {
        assertThatThrownBy(() -> outbox.appendAll(tx, List.of(order("1"), event)))
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("23505"))
                .hasMessageContaining("version " + event.version()
                        + " of invoice 7 of orders is used already, or is below one that is")
                .hasMessageContaining("Each event needs a version of its own");
        tx.rollback();
        assertThat(versions("order", "1"))
                .as("nothing of the batch was written")
                .isEmpty();
    }

    @Test
    void aSecondEventWithOneIdIsRefused() throws SQLException {
        OutboxEvent event = order("1");
        try (Connection tx = db.begin()) {
            outbox.append(tx, event);
            assertThatThrownBy(() -> outbox.append(tx, event))
                    .isInstanceOfSatisfying(
                            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("23505"))
                    .hasMessageContaining(event.id().toString());
        }
    }

    @Test
    void anUnversionedEventLeavesNoCounter() throws SQLException {
        try (Connection tx = db.begin()) {
            OutboxEvent audit = OutboxEvent.of("audit", "a", "seen", "1");
            assertThat(outbox.append(tx, audit)).hasToString("orders::audit/a@" + audit.id());
            tx.commit();
        }
        assertThat(db.texts("select aggregateversion from outbox")).containsExactly("null");
        assertThat(db.texts("select version from outbox_version")).isEmpty();
    }

    @Test
    void aThousandEventsInOneBatch() throws SQLException {
        try (Connection tx = db.begin()) {
            List<OutboxEvent> events = java.util.stream.IntStream.range(0, 1000)
                    .mapToObj(i -> order(Integer.toString(i % 3)))
                    .toList();
            assertThat(outbox.appendAll(tx, events).get(999)).hasToString("orders::order/0@334");
            tx.commit();
        }
        assertThat(db.texts("select max(aggregateversion) || '/' || count(distinct aggregateversion) from outbox"
                        + " group by aggregateid order by aggregateid"))
                .containsExactly("334/334", "333/333", "333/333");
    }

    @Test
    void oneOutboxForAllThreadsAndConnectionsWithServerPreparedStatements() throws SQLException {
        try (Connection tx = db.begin()) {
            for (int i = 1;
                    i <= 20;
                    i++) { // pgjdbc prepares on the server from the fifth on, Postgres plans anew at the sixth
                assertThat(outbox.append(tx, order("42")).version()).isEqualTo(i);
                assertThat(outbox.appendAll(tx, List.of(order("a" + i), order("b" + i), invoice("i" + i, i))))
                        .hasSize(3);
            }
            tx.commit();
        }
        assertThat(versions("order", "42")).hasSize(20);
    }

    private static OutboxEvent order(String id) {
        return OutboxEvent.of("order", id, "order-placed", "{\"id\":\"" + id + "\"}");
    }

    private static OutboxEvent invoice(String id, long version) {
        return OutboxEvent.of("invoice", id, "invoice-sent", "{}").version(version);
    }

    private static List<String> versions(String type, String id) throws SQLException {
        return db.texts("select aggregateversion from outbox where aggregatetype = '" + type + "' and aggregateid = '"
                + id + "' order by id");
    }
}
