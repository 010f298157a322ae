package dev.tidemark.relay.migrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tidemark.relay.config.Secret;
import dev.tidemark.relay.config.SourceConfig;
import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a migration promises on every version of PostgreSQL. */
abstract class MigrationContract {

    private final List<String> said = new ArrayList<>();

    private Database database;
    private String slot;

    abstract PostgresServer server();

    @BeforeEach
    void createDatabase() {
        database = server().createDatabase();
        slot = "slot_of_" + database.name();
    }

    @AfterEach
    void dropSlots() throws SQLException {
        database.run("select pg_drop_replication_slot(slot_name) from pg_replication_slots");
    }

    @Test
    void anEmptyDatabaseGetsAllOfIt() throws Exception {
        migrate();

        boolean failover = server().majorVersion() >= 17;
        assertThat(said)
                .containsExactly(
                        "Schema public: V001, V002, V003, V004, V005, V006, V007, V008, V009, V010, V011 applied.",
                        "Slot " + slot + ": made" + (failover ? ", with failover." : "."));
        assertThat(text("select plugin || ' ' || temporary from pg_replication_slots where slot_name = '" + slot + "'"))
                .isEqualTo("pgoutput false");
        assertThat(text("select publication || ' ' || outbox || ' ' || timeline from tidemark.relay"))
                .isEqualTo("tidemark_outbox public.outbox 1");
        assertThat(text("select system_identifier from tidemark.relay"))
                .isEqualTo(text("select system_identifier::text from pg_control_system()"));
        assertThat(text("select count(*)::text from pg_replication_slots")).isEqualTo("1");
        if (failover) {
            assertThat(text("select failover::text from pg_replication_slots")).isEqualTo("true");
        }
    }

    @Test
    void theSecondRunChangesNothing() throws Exception {
        migrate();
        database.run(Appender.APPEND.formatted("1"));
        String before = text("select confirmed_flush_lsn::text from pg_replication_slots");
        said.clear();

        migrate();

        assertThat(said).containsExactly("Schema public: up to date.", "Slot " + slot + ": there already.");
        assertThat(text("select confirmed_flush_lsn::text from pg_replication_slots"))
                .isEqualTo(before);
        assertThat(Peek.versions(database, slot)).containsExactly("1@1");
    }

    @Test
    void eventsFromBeforeTheSlotComeOnceInTheOrderOfTheirAggregates() throws Exception {
        applySql(false);
        for (String version : List.of("3", "1", "2")) { // an id may be younger than that of a later version
            database.run(Appender.APPEND
                    .formatted("1")
                    .replace("outbox_version_claim('orders', '', 'order', '1', 1)", version));
        }
        database.run(Appender.APPEND.formatted("2"));
        String before = text("select string_agg(o::text, ' ' order by id) from outbox o");
        said.clear();

        migrate();
        database.run(Appender.APPEND.formatted("2"));

        assertThat(said)
                .contains("Outbox public.outbox: 4 events written before there was a slot are sent, in the order of"
                        + " their aggregates.");
        assertThat(Peek.versions(database, slot)).containsExactly("1@1", "1@2", "1@3", "2@1", "2@2");
        database.run("delete from outbox where aggregateid = '2' and aggregateversion = 2");
        assertThat(text("select string_agg(o::text, ' ' order by id) from outbox o"))
                .isEqualTo(before);
    }

    /**
     * Writers commit without a pause, half of them without waiting for the disk, while the slot is made. Catches
     * a slot that begins too early or too late, a lock that is taken before running transactions were waited
     * for (both would wait for ever), and events sent before older ones. It cannot choose the moment at which a
     * writer is met; several of each kind are there at any moment.
     */
    @Test
    void nothingIsMissedDoubledOrReorderedWhileServicesGoOnWriting() throws Exception {
        applySql(false);
        database.run("create table business (nr int)");
        AtomicBoolean stop = new AtomicBoolean();
        AtomicInteger committed = new AtomicInteger();
        ExecutorService threads = Executors.newFixedThreadPool(4);
        List<Future<Void>> writers = IntStream.range(0, 4)
                .mapToObj(nr -> threads.submit(new Appender(database, nr, stop, committed)))
                .toList();
        try {
            await().until(() -> committed.get() > 200);
            migrate();
            int atSlot = committed.get();
            await().until(() -> committed.get() > atSlot + 200);
        } finally {
            stop.set(true);
            threads.shutdown();
        }
        for (Future<Void> writer : writers) {
            writer.get();
        }
        database.run(
                "drop table business"); // its commit flushes those that nobody waited for, or they could not be read

        List<String> published = Peek.versions(database, slot);
        for (String aggregate : List.of("0", "1")) {
            long last = Long.parseLong(
                    text("select version::text from outbox_version where aggregateid = '" + aggregate + "'"));
            assertThat(published.stream().filter(event -> event.startsWith(aggregate + "@")))
                    .containsExactlyElementsOf(IntStream.rangeClosed(1, (int) last)
                            .mapToObj(version -> aggregate + "@" + version)
                            .toList());
        }
    }

    @Test
    void existingEventsAreRefusedIfAsked() throws Exception {
        applySql(false);
        database.run(Appender.APPEND.formatted("1"));

        assertThatThrownBy(() -> new Migration(
                                source(database.user()), false, true, Migration.Existing.REFUSE, Duration.ofSeconds(20))
                        .run(said::add))
                .isInstanceOf(MigrationException.class)
                .hasMessageStartingWith(
                        "public.outbox has 1 events already, which no slot has seen. Nothing was made.");
        // a temporary one goes when the server has noticed that its session has ended
        assertThat(text("select count(*)::text from pg_replication_slots where not temporary"))
                .isEqualTo("0");
    }

    @Test
    void anOpenWriteTransactionIsNamedWhenPatienceIsOver() throws Exception {
        applySql(false);
        try (Connection open = database.connect();
                Statement statement = open.createStatement()) {
            open.setAutoCommit(false);
            statement.execute("create table business (nr int)");

            Migration impatient = new Migration(
                    source(database.user()), false, true, Migration.Existing.RESEND, Duration.ofSeconds(1));
            assertThatThrownBy(() -> impatient.run(said::add))
                    .isInstanceOf(MigrationException.class)
                    .hasMessageContaining("the slot could not be made within 1 s")
                    .hasMessageContaining("open now:\n  pid ")
                    .hasMessageContaining("End them, or wait, and run this again");
            open.rollback();
        }
        assertThat(text("select count(*)::text from pg_replication_slots")).isEqualTo("0");

        migrate();
        assertThat(text("select count(*)::text from pg_replication_slots")).isEqualTo("1");
    }

    @Test
    void writersThatCannotBeLockedOutStopItAndLeaveNoSlot() throws Exception {
        applySql(false);
        try (Connection open = database.connect();
                Statement statement = open.createStatement()) {
            open.setAutoCommit(false);
            statement.execute("lock table outbox in row exclusive mode");

            assertThatThrownBy(this::migrate)
                    .isInstanceOf(MigrationException.class)
                    .hasMessageStartingWith("writers of public.outbox could not be locked out within 5 s");
            open.rollback();
        }
        await().until(() ->
                text("select count(*)::text from pg_replication_slots").equals("0"));
    }

    @Test
    void aSlotThatSomebodyElseMadeIsRegisteredOrRefused() throws Exception {
        database.run("select pg_create_logical_replication_slot('" + slot + "', 'pgoutput')");
        migrate();
        assertThat(said)
                .contains("Slot " + slot + ": there already, made by somebody else; registered. What was written"
                        + " before it was made is not sent.");
        assertThat(text("select slot from tidemark.relay")).isEqualTo(slot);

        database.run("select pg_drop_replication_slot('" + slot + "');" + "select pg_create_physical_replication_slot('"
                + slot + "')");
        assertThatThrownBy(this::migrate)
                .hasMessageStartingWith(
                        "slot " + slot + " is there already, but is not a lasting slot of the plugin pgoutput")
                .hasMessageEndingWith("run: select pg_drop_replication_slot('" + slot + "')");
    }

    @Test
    void aSchemaOfTheUsersHasItsOwnVersionOne() throws Exception {
        database.run("create table orders (id int); create table flyway_schema_history (version text)");
        migrate();
        migrate();

        assertThat(text("select string_agg(version, ' ' order by installed_rank) from tidemark_schema_history"))
                .isEqualTo("0 001 002 003 004 005 006 007 008 009 010 011");
    }

    @Test
    void rolesAreGrantedWhenAsked() throws Exception {
        applySql(true);

        assertThat(said)
                .contains("Roles tidemark_writer, tidemark_relay, tidemark_consumer and tidemark_operator: granted.");
        assertThat(text("select has_table_privilege('tidemark_writer', 'outbox', 'insert')::text"))
                .isEqualTo("true");
        assertThat(text("select has_table_privilege('tidemark_writer', 'outbox', 'select')::text"))
                .isEqualTo("false");
    }

    @Test
    void aUserWithoutRightsIsToldWhichToGrant() throws Exception {
        String user = "nobody_" + database.name();
        database.run("create role " + user + " login password '" + database.password() + "'");

        assertThatThrownBy(() -> Migration.of(source(user)).run(said::add))
                .isInstanceOf(MigrationException.class)
                .hasMessageStartingWith("could not apply the SQL to schema public: ")
                .hasMessageContaining("permission denied")
                .hasMessageContaining("  grant create on database " + database.name() + " to " + user + ";")
                .hasMessageContaining("  alter role " + user + " replication;");
    }

    private void migrate() throws MigrationException {
        Migration.of(source(database.user())).run(said::add);
    }

    private void applySql(boolean roles) throws MigrationException {
        new Migration(source(database.user()), roles, false, Migration.Existing.RESEND, Migration.DEFAULT_PATIENCE)
                .run(said::add);
    }

    private SourceConfig source(String user) {
        return SourceConfig.builder()
                .url(database.url())
                .user(user)
                .password(Secret.of(database.password()))
                .slot(slot)
                .build();
    }

    private String text(String sql) throws SQLException {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }
}
