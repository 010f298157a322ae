package dev.tidemark.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidemark.testkit.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

/** What is refused by the outbox or by its database, and what the table must not refuse. */
final class RefusedAppendTest {

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

    @Test
    void anAutoCommitConnection() throws SQLException {
        OutboxEvent event = event("order");
        try (Connection connection = db.database().connect()) {
            assertThatThrownBy(() -> outbox.append(connection, event))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessage("connection is in auto-commit mode, so event " + event
                            + " would not share a transaction with your change; call setAutoCommit(false) first");
            assertThatThrownBy(() -> outbox.appendAll(connection, List.of())).isInstanceOf(IllegalStateException.class);
        }
        assertThat(db.texts("select id from outbox where id = '" + event.id() + "'"))
                .isEmpty();
    }

    @Test
    void whatTheCheckOfTheOutboxRefuses() throws SQLException {
        Outbox checking = Outbox.builder()
                .source("orders")
                .check(event -> {})
                .check(event -> {
                    if (event.type().equals("order-lost")) {
                        throw new IllegalArgumentException("orders are never lost");
                    }
                })
                .build();
        OutboxEvent good = OutboxEvent.of("order", "checked", "order-placed", "{}");
        OutboxEvent bad = OutboxEvent.of("order", "checked", "order-lost", "{}");

        try (Connection tx = db.begin()) {
            assertThatThrownBy(() -> checking.appendAll(tx, List.of(good, bad)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessage("event " + bad + " was not written: orders are never lost");
            checking.append(tx, good);
            tx.commit();
        }
        assertThat(db.texts("select type from outbox where aggregateid = 'checked'"))
                .containsExactly("order-placed");
    }

    @Test
    void aVersionWhereNoneBelongsAndNoneWhereOneDoes() throws SQLException {
        try (Connection tx = db.begin()) {
            assertRefused(
                    () -> outbox.append(tx, event("invoice")),
                    "needs a version, because aggregate type invoice is declared byCaller; call version(…)");
            assertRefused(
                    () -> outbox.append(tx, event("audit").version(1)),
                    "must not have a version, because aggregate type audit is unversioned; declare it byCaller, or leave the version out");
            assertRefused(
                    () -> outbox.append(tx, event("order").version(1)),
                    "must not have a version, because aggregate type order is counted");
            assertRefused(
                    () -> outbox.appendAll(
                            tx,
                            List.of(
                                    event("invoice").version(2),
                                    event("invoice").version(2))),
                    "comes after version 2 of the same aggregate; each event needs a higher version than the one before");
            assertRefused(
                    () -> outbox.appendAll(
                            tx,
                            List.of(
                                    event("invoice").version(2),
                                    event("invoice").version(1))),
                    "comes after version 2 of the same aggregate");
            OutboxEvent twice = event("order");
            assertRefused(
                    () -> outbox.appendAll(tx, List.of(twice, event("order"), twice)),
                    "event " + twice + " is in this batch twice, by its id");
        }
    }

    @Test
    void aPayloadLargerThanThisOutboxTakes() throws SQLException {
        String json = '"' + "x".repeat(1024 * 1024 - 2) + '"';
        OutboxEvent tooLarge = OutboxEvent.of("order", "1", "order-placed", json + " ");
        try (Connection tx = db.begin()) {
            assertRefused(
                    () -> outbox.append(tx, tooLarge),
                    "payload of event " + tooLarge
                            + " must have at most 1048576 bytes in UTF-8, but has 1048577; store the rest elsewhere and refer to it, or raise maxPayloadBytes");
            outbox.append(tx, OutboxEvent.of("order", "1", "order-placed", json));
            String largest = '"' + "é".repeat(8 * 1024 * 1024 - 1) + '"';
            Outbox.builder()
                    .source("orders")
                    .maxPayloadBytes(OutboxEvent.MAX_PAYLOAD_BYTES)
                    .build()
                    .append(tx, OutboxEvent.of("order", "1", "order-placed", largest));
            tx.commit();
        }
        assertThat(db.texts("select max(octet_length(payload::text)) from outbox"))
                .containsExactly("16777216");
    }

    @Test
    void aReadOnlyTransaction() throws SQLException {
        try (Connection tx = db.begin()) {
            tx.setReadOnly(true);
            assertFailure(
                    () -> outbox.append(tx, event("order")),
                    "25006",
                    "could not be appended: the transaction is read-only; append in one that may write, on the primary (");
        }
    }

    @Test
    void aTableOrASchemaThatIsNotThere() throws SQLException {
        Database empty = OutboxDatabase.empty();
        try (Connection tx = empty.connect()) {
            tx.setAutoCommit(false);
            assertFailure(
                    () -> outbox.append(tx, event("order")),
                    "42883",
                    "could not be appended: outbox outbox is not there, or older than this writer; apply dev/tidemark/sql/V001__outbox.sql by \"tidemark migrate\" or Flyway, or put its schema into search_path (");
            tx.rollback();
            Outbox elsewhere =
                    Outbox.builder().source("orders").table("billing.outbox").build();
            assertFailure(() -> elsewhere.append(tx, event("order")), "3F000", "outbox billing.outbox is not there");
            tx.rollback();
        }
        try (Connection tx = db.begin()) {
            tx.createStatement().execute("alter table outbox rename to gone");
            assertFailure(() -> outbox.append(tx, event("order")), "42P01", "outbox outbox is not there");
        }
    }

    @Test
    void aRoleThatMayNot() throws SQLException {
        db.database().run("drop role if exists nobody; create role nobody login password 'nobody'");
        try (Connection tx = db.database().as("nobody", "nobody").connect()) {
            tx.setAutoCommit(false);
            assertFailure(
                    () -> outbox.append(tx, event("order")),
                    "42501",
                    "could not be appended: this role may not append to outbox outbox; apply dev/tidemark/sql/roles.sql, then grant tidemark_writer to it (");
        }
    }

    @Test
    void otherFailuresAreThoseOfTheDriver() throws SQLException {
        try (Connection tx = db.begin()) {
            assertThatThrownBy(() -> tx.createStatement().execute("select 1/0")).isInstanceOf(SQLException.class);
            assertThatThrownBy(() -> outbox.append(tx, event("order")))
                    .isInstanceOfSatisfying(
                            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("25P02"))
                    .hasMessageContaining("current transaction is aborted");
        }
    }

    /** The schema may have any name if it is the first in search_path; a plain one can be given to the outbox. */
    @Test
    void anotherSchema() throws SQLException {
        String odd = "\"My \"\"Schema\"\"\"";
        try (Connection tx = withSchema(odd).connect()) {
            tx.setAutoCommit(false);
            tx.createStatement().execute("set search_path = " + odd);
            assertThat(outbox.append(tx, event("order")).version()).isEqualTo(1);
        }
        try (Connection tx = withSchema("billing").connect()) {
            tx.setAutoCommit(false);
            Outbox billing =
                    Outbox.builder().source("orders").table("billing.outbox").build();
            assertThat(billing.append(tx, event("order")).version()).isEqualTo(1);
        }
    }

    private static Database withSchema(String schema) throws SQLException {
        Database database = OutboxDatabase.empty();
        String alter = "alter database " + database.name();
        database.run("create schema " + schema + "; " + alter + " set search_path = " + schema);
        database.runResource("dev/tidemark/sql/V001__outbox.sql");
        database.run(alter + " reset search_path");
        return database;
    }

    /** Whatever the writer lets through, the checks of the table must too; extremes at random. The repetition is the seed. */
    @RepeatedTest(20)
    void theTableIsNotStricterThanTheWriter(RepetitionInfo repetition) throws SQLException {
        System.out.println("seed " + repetition.getCurrentRepetition());
        Random random = new Random(repetition.getCurrentRepetition());
        Outbox any = Outbox.builder()
                .source(anyOf(random, "a", "/a/b", "urn:x:y", "https://e.com:1/~a?b=c&d=%20#f!$'()*+,;=@"))
                .byCaller("invoice")
                .build();
        try (Connection tx = db.begin()) {
            for (int i = 0; i < 20; i++) {
                assertThat(any.append(tx, extreme(random)).version()).isPositive();
            }
            tx.commit();
        }
    }

    private static OutboxEvent extreme(Random random) {
        String text = anyOf(
                random,
                "x".repeat(255),
                "😀".repeat(127),
                "../",
                " ",
                "'",
                "\\",
                "{}",
                "a\u00a0\u2028\ufeff\uffff",
                "%s",
                "$1",
                "NULL",
                "\"a,b\"");
        OutboxEvent event = OutboxEvent.of(
                        anyOf(random, "a", "a" + "z".repeat(63), "a.-_9"),
                        text,
                        anyOf(random, "A", "z" + "9".repeat(127), "com.Example_order-placed"),
                        anyOf(
                                random,
                                "1",
                                " null ",
                                "\"\\\\u0000\"",
                                "\"\\\\\\\\u0000\"",
                                "[".repeat(1000) + "]".repeat(1000),
                                "-0.0e-999999",
                                "9".repeat(5000),
                                "{\"\":1,\"\":2}",
                                "\"\u007f\u2028😀\\ud83d\\ude00\""))
                .tenantId(anyOf(random, "", text))
                .schemaVersion(anyOf(random, 1, Integer.MAX_VALUE))
                .dataContentType(anyOf(
                        random,
                        "application/json",
                        "text/json",
                        "application/x.y-z+json; charset=utf-8",
                        "application/json ;a=b; c=d",
                        "a/json;a=" + "x".repeat(246)))
                .traceparent(anyOf(
                        random,
                        "00-ffffffffffffffffffffffffffffffff-ffffffffffffffff-ff",
                        "fe-00000000000000000000000000000001-0000000000000001-00"))
                .header(
                        anyOf(random, "a", "0", "database64", "tracestate", "x".repeat(20)),
                        anyOf(random, "", text, "\\u0000", "x".repeat(16000), "\"".repeat(8000)))
                .occurredAt(anyOf(random, Instant.EPOCH, Instant.parse("9999-12-30T23:59:59.999999999Z")));
        return random.nextInt(5) == 0 ? event.id(uuidv7(random)) : event;
    }

    private static UUID uuidv7(Random random) {
        return new UUID((random.nextLong() & ~0xf000L) | 0x7000L, (random.nextLong() >>> 2) | (1L << 63));
    }

    @SafeVarargs
    private static <T> T anyOf(Random random, T... values) {
        return values[random.nextInt(values.length)];
    }

    private static OutboxEvent event(String aggregateType) {
        return OutboxEvent.of(aggregateType, "1", "order-placed", "{}");
    }

    private static void assertRefused(ThrowingCallable action, String message) {
        assertThatThrownBy(action).isInstanceOf(IllegalArgumentException.class).hasMessageContaining(message);
    }

    private static void assertFailure(ThrowingCallable action, String sqlState, String message) {
        assertThatThrownBy(action)
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo(sqlState))
                .hasMessageContaining(message)
                .hasCauseInstanceOf(SQLException.class);
    }
}
