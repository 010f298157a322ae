package dev.tidemark.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidemark.envelope.CloudEventsJson;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.testkit.Database;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is not retained is still in the write-ahead log, exactly once, and only if the transaction commits. */
final class StorageTest {

    private static OutboxDatabase db;

    @BeforeAll
    static void createDatabase() throws SQLException {
        db = OutboxDatabase.create();
    }

    @BeforeEach
    void createSlot() throws SQLException {
        db.database().run("truncate outbox, outbox_version, tidemark.relay");
        db.createSlot("storage");
    }

    @AfterEach
    void dropSlot() throws SQLException {
        db.dropSlot("storage");
    }

    @Test
    void transientEventsAreInTheLogAndNotInTheTable() throws SQLException {
        Outbox outbox = outbox(Storage.TRANSIENT);
        try (Connection tx = db.begin()) {
            assertThat(outbox.appendAll(tx, List.of(order("b"), invoice("i", 4), audit(), order("a"), order("b"))))
                    .extracting(Object::toString)
                    .element(4)
                    .isEqualTo("orders::order/b@2");
            tx.commit();
            outbox.append(tx, order("b"));
            tx.rollback();
        }
        assertThat(db.texts("select id from outbox")).isEmpty();
        assertThat(db.decoded("storage"))
                .filteredOn(change -> change.contains("outbox_default: INSERT"))
                .extracting(StorageTest::aggregate)
                .containsExactly("b@1", "i@4", "x@null", "a@1", "b@2");
        try (Connection tx = db.begin()) {
            assertVersionRefused(outbox, tx);
        }
    }

    @Test
    void walOnlyEventsAreStructuredCloudEventsInTheLog() throws SQLException {
        Outbox outbox = outbox(Storage.WAL_ONLY);
        OutboxEvent full = OutboxEvent.of("order", "é", "order-placed", "{\"a\": 1.0}")
                .tenantId("acme")
                .schemaVersion(2)
                .traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
                .header("user", "Zoë")
                .occurredAt(Instant.parse("2026-11-20T10:15:30.123456Z"));
        try (Connection tx = db.begin()) {
            assertThat(outbox.appendAll(
                            tx,
                            List.of(
                                    full,
                                    invoice("i", 4),
                                    audit(),
                                    full.id(order("x").id()))))
                    .extracting(Object::toString)
                    .startsWith("orders:acme:order/%C3%A9@1", "orders::invoice/i@4")
                    .endsWith("orders:acme:order/%C3%A9@2");
            tx.commit();
            outbox.append(tx, order("b"));
            tx.rollback();
        }
        List<Envelope> events = db.decoded("storage").stream()
                .filter(change -> change.startsWith("message: transactional: 1 prefix: tidemark.outbox.v1"))
                .map(change -> change.substring(change.indexOf("content:") + "content:".length()))
                .map(content -> CloudEventsJson.read(content.getBytes(StandardCharsets.UTF_8)))
                .toList();
        assertThat(events)
                .extracting(e -> e.aggregate().id() + "@" + e.aggregateVersion())
                .containsExactly("é@1", "i@4", "x@null", "é@2");
        Envelope expected = Envelope.builder()
                .id(full.id())
                .aggregate(full.aggregateOf("orders"))
                .aggregateVersion(1L)
                .type("order-placed")
                .dataSchema("urn:tidemark:orders:order-placed:2")
                .time(full.occurredAt())
                .traceparent(full.traceparent())
                .header("user", "Zoë")
                .data("application/json", "{\"a\": 1.0}".getBytes(StandardCharsets.UTF_8))
                .build();
        assertThat(events.get(0)).usingRecursiveComparison().isEqualTo(expected);
        try (Connection tx = db.begin()) {
            assertVersionRefused(outbox, tx);
        }
    }

    @Test
    void aTombstoneInTheLogHasNoData() throws SQLException {
        try (Connection tx = db.begin()) {
            outbox(Storage.WAL_ONLY).append(tx, OutboxEvent.tombstone("order", "1", "order-deleted"));
            tx.commit();
        }
        assertThat(db.decoded("storage"))
                .anyMatch(change -> change.contains("\"type\":\"order-deleted\"")
                        && !change.contains("\"data\"")
                        && !change.contains("datacontenttype"));
    }

    @Test
    void whatKeepsNoRowIsRefusedWithoutASlotOfARelay() throws SQLException {
        db.database().run("truncate tidemark.relay");
        for (Storage storage : List.of(Storage.TRANSIENT, Storage.WAL_ONLY)) {
            try (Connection tx = db.begin()) {
                assertThatThrownBy(() -> outbox(storage).append(tx, order("1")))
                        .isInstanceOfSatisfying(
                                SQLException.class,
                                e -> assertThat(e.getSQLState()).isEqualTo("55000"))
                        .hasMessageContaining("no relay has a replication slot here")
                        .hasMessageContaining("tidemark migrate");
            }
        }
    }

    /** All storages count in one place, so that a service may change from one to another. */
    @Test
    void storagesShareTheVersions() throws SQLException {
        try (Connection tx = db.begin()) {
            long version = 0;
            for (Storage storage : Storage.values()) {
                assertThat(outbox(storage).append(tx, order("42")).version()).isEqualTo(++version);
            }
        }
    }

    /** roles.sql gives a writer the right to append, in every storage, and none to read what it wrote. */
    @Test
    void aWriterNeedsNothingButItsRole() throws SQLException {
        for (String version : List.of(
                "V003__inbox",
                "V004__backlog",
                "V005__guard",
                "V006__start",
                "V007__backlog_elsewhere",
                "V008__incoming",
                "V009__redelivery",
                "V010__inbox_waiting",
                "V011__outbox_functions")) {
            db.database().runResource("dev/tidemark/sql/" + version + ".sql");
        }
        db.database().runResource("dev/tidemark/sql/roles.sql");
        db.database()
                .run("drop role if exists app; create role app login password 'app'; grant tidemark_writer to app");
        Database app = db.database().as("app", "app");
        try (Connection tx = app.connect()) {
            tx.setAutoCommit(false);
            long version = 0;
            for (Storage storage : Storage.values()) {
                assertThat(outbox(storage).appendAll(tx, List.of(order("1"), invoice("2", ++version), audit())))
                        .as(storage.name())
                        .hasSize(3);
            }
            tx.commit();
            assertThatThrownBy(() -> tx.createStatement().executeQuery("select id from outbox"))
                    .hasMessageContaining("permission denied");
            tx.rollback();
        }
    }

    private static void assertVersionRefused(Outbox outbox, Connection tx) {
        assertThatThrownBy(() -> outbox.append(tx, invoice("i", 4)))
                .hasMessageContaining("version 4 of invoice i of orders is used already");
    }

    private static Outbox outbox(Storage storage) {
        return Outbox.builder()
                .source("orders")
                .storage(storage)
                .byCaller("invoice")
                .unversioned("audit")
                .build();
    }

    private static String aggregate(String change) {
        return change.replaceAll("(?s).*aggregateid\\[text\\]:'(\\w+)' aggregateversion\\[bigint\\]:(\\w+).*", "$1@$2");
    }

    private static OutboxEvent order(String id) {
        return OutboxEvent.of("order", id, "order-placed", "{}");
    }

    private static OutboxEvent invoice(String id, long version) {
        return OutboxEvent.of("invoice", id, "invoice-sent", "{}").version(version);
    }

    private static OutboxEvent audit() {
        return OutboxEvent.of("audit", "x", "seen", "{}");
    }
}
