package dev.tidemark.relay.migrate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidemark.envelope.CloudEventsJson;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.relay.Events;
import dev.tidemark.relay.backlog.BacklogRows;
import dev.tidemark.relay.config.Secret;
import dev.tidemark.relay.config.SourceConfig;
import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.PostgresExtension;
import dev.tidemark.testkit.PostgresServer;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Making the slot anew, and adopting a database that was restored. */
@ExtendWith(PostgresExtension.class)
class RepairTest {

    private static final String LOCK = "select pg_advisory_lock(hashtextextended('tidemark.relay:%s', 0))";
    private static final String EVENT = "insert into outbox (id, source, aggregatetype, aggregateid, aggregateversion,"
            + " type, payload) values ('01890a5d-ac96-774b-bcce-b302099a8%03d', '%s', 'order', '1', %d, 'order-placed', '{}')";

    private final List<String> said = new ArrayList<>();
    private Database database;

    @BeforeEach
    void migrateAndWrite(Database fresh) throws Exception {
        database = fresh;
        Migration.of(source()).run(line -> {});
        database.run(EVENT.formatted(1, "orders", 1));
        database.run(EVENT.formatted(2, "orders", 2));
    }

    @Test
    void aMigrationWritesDownWhereTheSlotBeginsAndWhatItReads() throws Exception {
        assertThat(single("select r.acknowledged_lsn <= s.confirmed_flush_lsn and r.outbox_oid = 'outbox'::regclass"
                        + " and r.published_as = tidemark.published_as('tidemark_outbox', 'public.outbox')"
                        + " from tidemark.relay r join pg_replication_slots s on s.slot_name = r.slot where r.slot = '"
                        + slot() + "'"))
                .isEqualTo("t");
    }

    @Test
    void aSlotThatWasMovedIsMadeAnewWithEverythingThatTheOutboxHas() throws Exception {
        database.run("select pg_replication_slot_advance('" + slot() + "', pg_current_wal_lsn())");
        assertThat(peeked()).isZero();
        new Repair(source(), Migration.DEFAULT_PATIENCE).run(said::add);
        assertThat(peeked()).isEqualTo(2);
        assertThat(said).anyMatch(line -> line.startsWith("Slot " + slot() + ": made"));
        aMigrationWritesDownWhereTheSlotBeginsAndWhatItReads();
    }

    @Test
    void aSlotAndAPublicationThatAreGoneAreMadeAnew() throws Exception {
        database.run("select pg_drop_replication_slot('" + slot() + "'); drop publication tidemark_outbox");
        new Repair(source(), Migration.DEFAULT_PATIENCE).run(said::add);
        assertThat(peeked()).isEqualTo(2);
        assertThat(said).contains("Publication tidemark_outbox: made.", "Slot " + slot() + ": was gone.");
        aMigrationWritesDownWhereTheSlotBeginsAndWhatItReads();
    }

    @Test
    void aPublicationThatWasAlteredGetsItsSettingsBack() throws Exception {
        database.run("alter publication tidemark_outbox set (publish = 'update', publish_via_partition_root = false)");
        new Repair(source(), Migration.DEFAULT_PATIENCE).run(said::add);
        assertThat(peeked()).isEqualTo(2);
    }

    /** What upkeep has detached has the columns of its time. */
    @Test
    void columnsThatWereAddedAndDroppedSinceDoNotKeepAnythingFromBeingSent() throws Exception {
        database.run("alter table outbox add column region text");
        database.run("insert into outbox (id, source, aggregatetype, aggregateid, aggregateversion, type, payload,"
                + " occurredat, region) values ('01890a5d-ac96-774b-bcce-b302099a8003', 'orders', 'order', '1', 3,"
                + " 'order-placed', '{}', now() - interval '20 days', 'EU')");
        database.run("create table outbox_p20260101 (like outbox including all);"
                + " with old as (delete from outbox where aggregateversion = 3 returning *)"
                + " insert into outbox_p20260101 select * from old;"
                + " insert into tidemark.outbox_retired (partition, lsn)"
                + " values ('outbox_p20260101', pg_current_wal_lsn());"
                + " alter table outbox drop column region; alter table outbox add column note text not null default"
                + " 'none', add column twice bigint generated always as (aggregateversion * 2) stored");
        new Repair(source(), Migration.DEFAULT_PATIENCE).run(said::add);
        assertThat(peeked()).isEqualTo(3);
        assertThat(single("select string_agg(aggregateversion || note || twice, ' ' order by 1) from outbox"))
                .isEqualTo("1none2 2none4 3none6");
    }

    @Test
    void whatTheServerWouldNotKeepForTheNewSlotIsNotBegun() throws Exception {
        database.run("insert into outbox (id, source, aggregatetype, aggregateid, aggregateversion, type, payload)"
                + " select ('01890a5d-ac96-774b-bcce-b302099b' || lpad(n::text, 4, '0'))::uuid, 'orders', 'order', 'big', n, 'order-placed', to_json((select"
                + " string_agg(md5(random()::text || i), '') from generate_series(1, 1000) i))"
                + " from generate_series(1, 40) n");
        try {
            database.run("alter system set max_slot_wal_keep_size = '1MB'");
            database.run("select pg_reload_conf()");
            Awaitility.await().until(() -> single("show max_slot_wal_keep_size").equals("1MB"));
            assertThatThrownBy(() -> new Repair(source(), Migration.DEFAULT_PATIENCE).run(said::add))
                    .isInstanceOf(MigrationException.class)
                    .hasMessageContaining("max_slot_wal_keep_size is 1MB")
                    .hasMessageContaining("alter system set max_slot_wal_keep_size = '");
        } finally {
            database.run("alter system reset max_slot_wal_keep_size");
            database.run("select pg_reload_conf()");
        }
        assertThat(single("select count(*) from pg_replication_slots where slot_name = '" + slot() + "'"))
                .isEqualTo("1");
        Awaitility.await().until(() -> single("show max_slot_wal_keep_size").equals("-1"));
        new Repair(source(), Migration.DEFAULT_PATIENCE).run(said::add);
        assertThat(peeked()).isEqualTo(42);
    }

    @Test
    void ofTwoMigrationsAtOnceOneSendsWhatIsThere() throws Exception {
        database.run("select pg_drop_replication_slot('" + slot() + "')");
        List<CompletableFuture<Void>> both = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            both.add(CompletableFuture.runAsync(() -> {
                try {
                    Migration.of(source()).run(line -> {});
                } catch (MigrationException e) {
                    throw new CompletionException(e);
                }
            }));
        }
        both.forEach(CompletableFuture::join);
        assertThat(peeked()).isEqualTo(2);
    }

    @Test
    void nothingIsTouchedWhileARelayLeads() throws Exception {
        try (Connection leader = database.connect();
                Statement lock = leader.createStatement()) {
            lock.execute(LOCK.formatted(slot()));
            assertThatThrownBy(() -> new Repair(source(), Migration.DEFAULT_PATIENCE).run(said::add))
                    .isInstanceOf(MigrationException.class)
                    .hasMessageContaining("a relay leads slot " + slot())
                    .hasMessageContaining("stop all relays");
            assertThatThrownBy(() -> restore(OptionalLong.empty()))
                    .isInstanceOf(MigrationException.class)
                    .hasMessageContaining("stop all relays");
        }
        assertThat(single("select count(*) from tidemark.source")).isEqualTo("0");
    }

    @Test
    void aRestoredDatabaseGetsHigherEpochsForAllItsSourcesAndIsRegisteredAnew() throws Exception {
        database.run("update tidemark.relay set system_identifier = '1', timeline = 9");
        database.run("insert into tidemark.source values ('payments', 4)");
        database.run(EVENT.formatted(3, "carts", 1));
        restore(OptionalLong.empty());
        assertThat(single("select string_agg(name || '=' || epoch, ' ' order by name) from tidemark.source"))
                .isEqualTo("carts=1 named=1 orders=1 payments=5");
        assertThat(single("select system_identifier = (select system_identifier::text from pg_control_system())"
                        + " and timeline = 1 and epoch >= 1000000 from tidemark.relay where slot = '" + slot() + "'"))
                .isEqualTo("t");
        assertThat(peeked()).isEqualTo(3);
    }

    @Test
    void anEpochThatWasUsedAlreadyIsRefused() throws Exception {
        database.run("insert into tidemark.source values ('payments', 4)");
        assertThatThrownBy(() -> restore(OptionalLong.of(4)))
                .isInstanceOf(MigrationException.class)
                .hasMessageContaining("must be higher")
                .hasMessageContaining("payments has 4");
        restore(OptionalLong.of(7));
        assertThat(single("select string_agg(name || '=' || epoch, ' ' order by name) from tidemark.source"))
                .isEqualTo("named=7 orders=7 payments=7");
    }

    /** The first event was delivered by way of the backlog, the second waits there, and the third is not in the outbox. */
    @Test
    void aBacklogGoesAlongIntoTheNewEpochAndHidesNothingThatIsSentAgain() throws Exception {
        BacklogRows rows = new BacklogRows(database);
        Envelope third = Events.event("1", 3);
        rows.put("shipping", third, "waiting", "parked", null);
        for (String state : List.of("settled", "waiting")) {
            database.run(
                    "insert into tidemark.backlog (subscriber, id, bucket, hash, source, aggregatetype, aggregateid,"
                            + " aggregateversion, state, cause, envelope, committed_at, passed_lsn)"
                            + " select 'shipping', id, 0, 0, source, aggregatetype, aggregateid, aggregateversion, '"
                            + state
                            + "', 'parked', case when '" + state + "' = 'waiting' then '{}'::bytea end, now(), '0/1'"
                            + " from outbox where aggregateversion = " + (state.equals("settled") ? 1 : 2));
        }
        restore(OptionalLong.of(5));
        assertThat(single("select string_agg(id || ' ' || state || ' ' || sourceepoch, ', ') from tidemark.backlog"))
                .isEqualTo(third.id() + " waiting 5");
        assertThat(single("select bytes = octet_length(envelope) from tidemark.backlog"))
                .isEqualTo("t");
        Envelope raised = CloudEventsJson.read(single("select convert_from(envelope, 'UTF8') from tidemark.backlog")
                .getBytes(StandardCharsets.UTF_8));
        assertThat(raised.sourceEpoch()).isEqualTo(5);
        assertThat(raised.data()).isEqualTo(third.data());
    }

    @Test
    void aBacklogElsewhereGoesAlongToo() throws Exception {
        PostgresServer server = PostgresServer.shared();
        Database kept = server.createDatabase();
        SourceConfig place = source().toBuilder().url(kept.url()).build();
        new BacklogSetup(source(), place, false, false).run(said::add);
        Envelope known = Events.event("1", 9);
        new BacklogRows(kept).put("shipping", known, "waiting", "parked", null);
        kept.run("update tidemark.relay set acknowledged_lsn = 'F/0'");
        assertThatThrownBy(() -> restore(OptionalLong.of(5)))
                .isInstanceOf(MigrationException.class)
                .hasMessageContaining("is in another database")
                .hasMessageContaining("--config");
        new Restore(source(), Optional.of(place), List.of(), OptionalLong.of(5), Migration.DEFAULT_PATIENCE)
                .run(said::add);
        assertThat(single(kept, "select id || ' ' || sourceepoch from tidemark.backlog"))
                .isEqualTo(known.id() + " 5");
        assertThat(single(kept, "select acknowledged_lsn is null from tidemark.relay"))
                .isEqualTo("t");
        server.dropDatabase(kept);
    }

    private void restore(OptionalLong epoch) throws MigrationException {
        new Restore(source(), Optional.empty(), List.of("named"), epoch, Migration.DEFAULT_PATIENCE).run(said::add);
    }

    private SourceConfig source() {
        return SourceConfig.builder()
                .url(database.url())
                .user(database.user())
                .password(Secret.of(database.password()))
                .slot(slot())
                .build();
    }

    private String slot() {
        return "slot_" + database.name();
    }

    private long peeked() throws SQLException {
        return Long.parseLong(single("select count(*) from pg_logical_slot_peek_binary_changes('" + slot()
                + "', null, null, 'proto_version', '1', 'publication_names', 'tidemark_outbox')"
                + " where get_byte(data, 0) = ascii('I')"));
    }

    private String single(String sql) throws SQLException {
        return single(database, sql);
    }

    private static String single(Database database, String sql) throws SQLException {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }
}
