package dev.tidemark.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;

/** The two modes that keep no row. */
@EveryVersion
class AppendTest {

    private static final String WAL_ONLY = "select * from outbox_append_wal_only(array['{', '{', '{'],"
            + " array['\"n\":1}', '\"n\":2}', '\"n\":3}'], array['orders', 'orders', 'orders'], array['', '', ''],"
            + " array['order', 'user', 'log'], array['42', '7', '1'], array[true, false, false], array[null, 77, null]::bigint[])";

    @Parameter
    private int version;

    private Database database;
    private String slot;

    @BeforeEach
    void freshOutbox() throws SQLException {
        database = Sql.freshOutbox(version);
        slot = database.name();
    }

    @AfterEach
    void dropIt() {
        PostgresServer.shared(version).dropDatabase(database);
    }

    @Test
    void aTransientEventIsPublishedAndLeavesNoRow() throws SQLException {
        makeSlot();
        register();
        UUID first = Sql.idAt(Instant.now());
        UUID second = Sql.idAt(Instant.now());
        assertThat(Sql.rows(database, transientAppend(first, second))).containsExactly(first + "|1", second + "|2");
        assertThat(Published.peek(database, slot).events()).containsExactly(first.toString(), second.toString());
        assertThat(Sql.one(database, "select count(*) from outbox")).isEqualTo("0");
    }

    @Test
    void aTransientEventDoesNotDeleteOneThatWasThere() throws SQLException {
        makeSlot();
        register();
        String id = Sql.append(database, Instant.now());
        assertThatThrownBy(() -> Sql.rows(database, transientAppend(UUID.fromString(id), Sql.idAt(Instant.now()))))
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("23505"));
        assertThat(Sql.rows(database, "select id from outbox")).containsExactly(id);
    }

    @Test
    void transientRefusesWithoutASlotThatIsBothRegisteredAndThere() throws SQLException {
        assertThatThrownBy(this::appendTransient).satisfies(AppendTest::saysWhatToDo);
        register();
        assertThatThrownBy(this::appendTransient).satisfies(AppendTest::saysWhatToDo);
        makeSlot();
        assertThat(appendTransient()).hasSize(2);
        database.run("delete from tidemark.relay");
        assertThatThrownBy(this::appendTransient).satisfies(AppendTest::saysWhatToDo);
        assertThat(Sql.one(database, "select version from outbox_version"))
                .as("versions that were claimed")
                .isEqualTo("2");
    }

    @Test
    void walOnlyEventsAreLogicalMessagesWithTheirVersions() throws SQLException {
        makeSlot();
        register();
        assertThat(Sql.rows(database, WAL_ONLY)).containsExactly("1|1", "2|77", "3|null");
        assertThat(Published.peek(database, slot).messages())
                .containsExactly(
                        "tidemark.outbox.v1 {\"aggregateversion\":\"1\",\"n\":1}",
                        "tidemark.outbox.v1 {\"aggregateversion\":\"77\",\"n\":2}",
                        "tidemark.outbox.v1 {\"n\":3}");
    }

    /** The log has the bytes of a message as they are, and readers take them for UTF-8. */
    @Test
    void walOnlyEventsAreUtf8WhateverTheDatabaseIsEncodedIn() throws SQLException {
        String name = slot + "_win1252";
        database.run("create database " + name + " encoding 'WIN1252' template template0 locale 'C'");
        Database other = PostgresServer.shared(version).database(name);
        try {
            for (String file : Sql.FILES) {
                other.runResource(Sql.DIRECTORY + file);
            }
            makeSlot(other, name);
            register(other, name);
            Sql.rows(other, WAL_ONLY.replace("\"n\":1", "\"price of tea in Malmö\":\"12 €\""));
            assertThat(Published.peek(other, name).messages())
                    .element(0)
                    .isEqualTo("tidemark.outbox.v1 {\"aggregateversion\":\"1\",\"price of tea in Malmö\":\"12 €\"}");
        } finally {
            PostgresServer.shared(version).dropDatabase(other);
        }
    }

    @Test
    void walOnlyEventsOfARolledBackTransactionAreNotPublished() throws SQLException {
        makeSlot();
        register();
        try (Connection connection = database.connect()) {
            connection.setAutoCommit(false);
            Sql.rows(connection, WAL_ONLY);
            connection.rollback();
        }
        assertThat(Published.peek(database, slot).messages()).isEmpty();
    }

    @Test
    void walOnlyRefusesWithoutASlotThatIsBothRegisteredAndThere() throws SQLException {
        assertThatThrownBy(() -> Sql.rows(database, WAL_ONLY)).satisfies(AppendTest::saysWhatToDo);
        register();
        assertThatThrownBy(() -> Sql.rows(database, WAL_ONLY)).satisfies(AppendTest::saysWhatToDo);
        makeSlot();
        assertThat(Sql.rows(database, WAL_ONLY)).hasSize(3);
        database.run("delete from tidemark.relay");
        assertThatThrownBy(() -> Sql.rows(database, WAL_ONLY)).satisfies(AppendTest::saysWhatToDo);
    }

    @Test
    void walOnlyRefusesWhatIsNotAJsonObject() throws SQLException {
        makeSlot();
        register();
        for (String bad :
                new String[] {WAL_ONLY.replace("\"n\":2}", "\"n\":2"), WAL_ONLY.replace("'{', '{'", "'{', null")}) {
            assertThatThrownBy(() -> Sql.rows(database, bad)).isInstanceOf(SQLException.class);
        }
        assertThat(Published.peek(database, slot).messages()).isEmpty();
    }

    private static void saysWhatToDo(Throwable refusal) {
        assertThat(refusal)
                .isInstanceOfSatisfying(
                        SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("55000"))
                .hasMessageContaining("no relay has a replication slot here")
                .hasMessageContaining("tidemark migrate");
    }

    private List<String> appendTransient() throws SQLException {
        return Sql.rows(database, transientAppend(Sql.idAt(Instant.now()), Sql.idAt(Instant.now())));
    }

    private static String transientAppend(UUID first, UUID second) {
        return "select * from outbox_append_transient(array['" + first + "', '" + second + "']::uuid[],"
                + " array['orders', 'orders'], array['', ''], array['order', 'order'], array['42', '42'], null,"
                + " array[true, true], array['placed', 'paid'], array[1, 1],"
                + " array['application/json', 'application/json'], array['{}', null], array[null, null]::text[],"
                + " array['{\"user\":\"u\"}', null], array[now(), now()])";
    }

    private void makeSlot() throws SQLException {
        makeSlot(database, slot);
    }

    private static void makeSlot(Database database, String slot) throws SQLException {
        database.run("select pg_create_logical_replication_slot('" + slot + "', 'pgoutput')");
    }

    private void register() throws SQLException {
        register(database, slot);
    }

    private static void register(Database database, String slot) throws SQLException {
        database.run("insert into tidemark.relay (slot, publication, outbox, system_identifier, timeline) values ('"
                + slot + "', 'tidemark_outbox', 'public.outbox', '1', 1)");
    }
}
