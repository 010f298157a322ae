package dev.tidemark.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;

/** Partitions come and go, and no event is lost, published twice, or kept for ever. */
@EveryVersion
class MaintainOutboxTest {

    private static final String TODAY = "(now() at time zone 'UTC')::date";

    @Parameter
    private int version;

    private Database database;
    private String slot;

    @BeforeEach
    void freshOutboxWithASlot() throws SQLException {
        database = Sql.freshOutbox(version);
        slot = database.name();
        database.run("select pg_create_logical_replication_slot('" + slot + "', 'pgoutput')");
    }

    @AfterEach
    void dropIt() {
        PostgresServer.shared(version).dropDatabase(database);
    }

    @Test
    void makesPartitionsFromTodayToAheadAndThenNoMore() throws SQLException {
        assertThat(maintain())
                .containsExactlyElementsOf(Sql.rows(
                        database,
                        "select 'outbox_p' || to_char(" + TODAY
                                + " + n, 'YYYYMMDD') || '|created, with 0 rows of outbox_default'"
                                + " from generate_series(0, 2) n order by 1"));
        assertThat(maintain()).isEmpty();
        Sql.append(database, Instant.now());
        assertThat(Sql.one(
                        database,
                        "select tableoid::regclass::text = 'outbox_p' || to_char(" + TODAY + ", 'YYYYMMDD')"
                                + " from outbox"))
                .isEqualTo("t");
    }

    @Test
    void everyEventOfADayIsInItsPartition() throws SQLException {
        assertThat(Sql.one(database, """
                select tidemark.outbox_first_id('2026-11-21') || ' ' || tidemark.outbox_first_id('2026-11-22')"""))
                .isEqualTo("01a1fb67-1800-0000-0000-000000000000 01a2008d-7400-0000-0000-000000000000");
        database.run("select tidemark.outbox_create_partition('2026-11-21')");
        Sql.append(database, Instant.parse("2026-11-20T23:59:59.999Z"));
        Sql.append(database, Instant.parse("2026-11-21T00:00:00Z"));
        Sql.append(database, Instant.parse("2026-11-21T23:59:59.999Z"));
        Sql.append(database, Instant.parse("2026-11-22T00:00:00Z"));
        assertThat(Sql.rows(database, "select tableoid::regclass from outbox order by id"))
                .containsExactly("outbox_default", "outbox_p20261121", "outbox_p20261121", "outbox_default");
    }

    @Test
    void eventsThatMoveToTheirPartitionArePublishedOnceWhetherOrNotTheyWereDecodedBefore() throws SQLException {
        String confirmed = Sql.append(database, Instant.now());
        confirmAll();
        String waiting = Sql.append(database, Instant.now());
        assertThat(maintain().get(0)).endsWith("created, with 2 rows of outbox_default");
        String later = Sql.append(database, Instant.now());

        Published published = Published.peek(database, slot);

        assertThat(published.events()).containsExactly(waiting, later);
        assertThat(published.relations()).containsOnly("public.outbox");
        assertThat(Sql.rows(database, "select id from outbox order by id")).containsExactly(confirmed, waiting, later);
        assertThat(Sql.one(database, "select count(*) from outbox_default")).isEqualTo("0");
    }

    @Test
    void columnsThatWereAddedMoveToo() throws SQLException {
        database.run("alter table outbox add column dropped int, add column region text");
        database.run("alter table outbox drop column dropped");
        Sql.append(database, Instant.now());
        database.run("update outbox set region = 'north'");
        maintain();
        assertThat(Sql.rows(database, "select region, tableoid::regclass::text like 'outbox_p%' from outbox"))
                .containsExactly("north|t");
    }

    @Test
    void anOldPartitionIsDetachedAndGoesWhenEverySlotHasConfirmedItsEvents() throws SQLException {
        register(slot);
        maintain();
        String name = partitionOf(10);
        String before = Sql.append(database, Sql.daysAgo(10));

        assertThat(maintain())
                .singleElement()
                .asString()
                .startsWith(name + "|detached; goes when every slot has confirmed");
        String late = Sql.append(database, Sql.daysAgo(10));
        assertThat(maintain()).as("not confirmed yet").isEmpty();
        assertThat(Published.peek(database, slot).events()).containsExactly(before, late);
        assertThat(Published.peek(database, slot).relations()).containsOnly("public.outbox");
        assertThat(Sql.rows(database, "select id from outbox")).containsExactly(late);

        confirmAll();
        assertThat(maintain()).containsExactly(name + "|dropped");
        assertThat(Sql.one(database, "select to_regclass('" + name + "')")).isEqualTo("null");
        assertThat(Sql.one(database, "select count(*) from tidemark.outbox_retired"))
                .isEqualTo("0");
    }

    @Test
    void aPartitionStaysWhileNoSlotIsRegisteredOrOneIsMissingOrBehind() throws SQLException {
        maintain();
        String name = partitionOf(10);
        maintain();
        confirmAll();
        assertThat(maintain()).as("no slot registered").isEmpty();

        register(slot);
        register("missing");
        assertThat(maintain()).as("a registered slot is missing").isEmpty();

        database.run("delete from tidemark.relay where slot = 'missing'");
        assertThat(maintain()).containsExactly(name + "|dropped");
    }

    /** A slot that was dropped and made again by hand has passed what it never had. */
    @Test
    void aPartitionStaysUntilTheRelayItselfHasAcknowledgedItsEvents() throws SQLException {
        register(slot);
        database.run("update tidemark.relay set epoch = 1, acknowledged_lsn = pg_current_wal_insert_lsn()");
        maintain();
        String name = partitionOf(10);
        String never = Sql.append(database, Sql.daysAgo(10));
        maintain();
        database.run("select pg_drop_replication_slot('" + slot + "')");
        database.run("select pg_create_logical_replication_slot('" + slot + "', 'pgoutput')");
        assertThat(maintain()).as("the slot is beyond it, the relay is not").isEmpty();
        assertThat(Sql.rows(database, "select id from " + name)).containsExactly(never);

        database.run("update tidemark.relay set acknowledged_lsn = pg_current_wal_insert_lsn()");
        confirmAll();
        assertThat(maintain()).containsExactly(name + "|dropped");
    }

    /** Where something else than a relay reads the slot, nobody notes what it acknowledges. */
    @Test
    void theSlotAloneCountsWhereNoRelayHasEverRead() throws SQLException {
        register(slot);
        database.run("update tidemark.relay set acknowledged_lsn = pg_current_wal_insert_lsn()");
        maintain();
        String name = partitionOf(10);
        maintain();
        confirmAll();
        assertThat(maintain()).containsExactly(name + "|dropped");
    }

    @Test
    void aPartitionYoungerThanTheRetentionStays() throws SQLException {
        register(slot);
        partitionOf(7);
        String name = partitionOf(8);
        maintain();
        assertThat(maintain()).singleElement().asString().startsWith(name + "|detached");
    }

    @Test
    void aPartitionThatIsAttachedAgainIsLeftAlone() throws SQLException {
        register(slot);
        maintain();
        String name = partitionOf(10);
        maintain();
        confirmAll();
        database.run("alter table outbox attach partition " + name + " for values from (tidemark.outbox_first_id("
                + TODAY + " - 10)) to (tidemark.outbox_first_id(" + TODAY + " - 9))");
        assertThat(Sql.rows(database, "select done from tidemark.maintain_outbox('20 days', '2 days')"))
                .containsExactly("not dropped: it is attached again");
        assertThat(Sql.one(database, "select to_regclass('" + name + "')")).isEqualTo(name);
    }

    @Test
    void aLockThatIsHeldIsNotWaitedForAndTheStepIsDoneLater() throws SQLException {
        register(slot);
        partitionOf(10);
        try (Connection writer = database.connect();
                Statement statement = writer.createStatement()) {
            writer.setAutoCommit(false);
            statement.execute(Sql.insertAt(Instant.now(), Sql.idAt(Instant.now())));

            long start = System.nanoTime();
            List<String> done = maintain();
            Duration waited = Duration.ofNanos(System.nanoTime() - start);

            assertThat(done).hasSize(4).allSatisfy(step -> assertThat(step).contains("put off: the lock is not free"));
            assertThat(waited).isBetween(Duration.ofMillis(4 * 200), Duration.ofSeconds(60));
            statement.execute(Sql.insertAt(Instant.now(), Sql.idAt(Instant.now())));
            writer.commit();
        }
        assertThat(maintain()).hasSize(3).allSatisfy(step -> assertThat(step).contains("|created, with"));
        assertThat(maintain()).singleElement().asString().contains("|detached");
        assertThat(Published.peek(database, slot).events()).hasSize(2).doesNotHaveDuplicates();
    }

    /** Also one whose statement was planned before: it is to find the partition that came while it waited. */
    @Test
    void aWriterThatWaitsForUpkeepGoesIntoThePartitionThatWasMade() throws Exception {
        ExecutorService other = Executors.newSingleThreadExecutor();
        try (Connection upkeep = database.connect();
                Connection writer = database.connect();
                PreparedStatement insert = writer.prepareStatement(
                        Sql.insertAt(Instant.now(), new UUID(0, 0)).replace("'" + new UUID(0, 0) + "'", "?"))) {
            String waits = "select count(*) from pg_locks where not granted and pid = "
                    + Sql.rows(writer, "select pg_backend_pid()").get(0);
            for (int planned = 0; planned < 7; planned++) {
                insertToday(insert);
            }
            upkeep.setAutoCommit(false);
            assertThat(Sql.rows(upkeep, "select done from tidemark.maintain_outbox('7 days', '2 days')"))
                    .element(0)
                    .isEqualTo("created, with 7 rows of outbox_default");

            Future<?> written = other.submit(() -> insertToday(insert));
            Instant deadline = Instant.now().plusSeconds(60);
            while (!Sql.one(database, waits).equals("1")) {
                assertThat(written).as("the writer, which is to wait").isNotDone();
                assertThat(Instant.now()).isBefore(deadline);
            }
            upkeep.commit();

            written.get(60, TimeUnit.SECONDS);
            assertThat(Sql.rows(database, "select tableoid::regclass::text, count(*) from outbox group by 1"))
                    .containsExactly(
                            Sql.one(database, "select 'outbox_p' || to_char(" + TODAY + ", 'YYYYMMDD')") + "|8");
        } finally {
            other.shutdownNow();
        }
    }

    private static Void insertToday(PreparedStatement insert) throws SQLException {
        insert.setObject(1, Sql.idAt(Instant.now()));
        insert.execute();
        return null;
    }

    @Test
    void oneSessionAtATimeMaintains() throws SQLException {
        try (Connection other = database.connect()) {
            other.setAutoCommit(false);
            Sql.rows(other, "select * from tidemark.maintain_outbox('7 days', '2 days')");
            assertThat(maintain()).containsExactly("outbox|not done: another session is at it");
            other.rollback();
        }
        assertThat(maintain()).hasSize(3);
    }

    @Test
    void tooManyEventsToMoveStayWhereTheyAreAndHoldUpNothingElse() throws SQLException {
        String name = partitionOf(10);
        database.run("insert into outbox (id, source, aggregatetype, aggregateid, type)"
                + " select (left(tidemark.outbox_first_id(" + TODAY
                + ")::text, 14) || '7000-8000-' || lpad(n::text, 12, '0'))::uuid,"
                + " 'orders', 'order', '42', 'placed' from generate_series(1, 10001) n");
        List<String> done = maintain();
        assertThat(done.get(0)).contains("|not created: outbox_default has too many rows");
        assertThat(done.subList(1, 3)).allSatisfy(step -> assertThat(step).contains("|created, with 0 rows"));
        done = maintain();
        assertThat(done.get(0)).contains("|not created");
        assertThat(done.get(1)).startsWith(name + "|detached");
        assertThat(Sql.one(database, "select count(*) from outbox_default")).isEqualTo("10001");
    }

    @Test
    void tooManyBytesToMoveStayWhereTheyAre() throws SQLException {
        insertLarge(200, "(select string_agg(md5(n || ' ' || i), '') from generate_series(1, 6250) i)");
        assertThat(maintain().get(0)).contains("|not created: outbox_default has too many rows");
        assertThat(Sql.one(database, "select count(*) from outbox_default")).isEqualTo("200");
    }

    /** They are small as they are stored, and take as long to move as they are large. */
    @Test
    void tooManyBytesThatAreStoredCompressedStayWhereTheyAre() throws SQLException {
        insertLarge(100, "repeat('x', 200000)");
        assertThat(Sql.one(database, "select sum(pg_column_size(payload)) < 1000000 from outbox"))
                .isEqualTo("t");
        assertThat(maintain().get(0)).contains("|not created: outbox_default has too many rows");
        database.run("delete from outbox where id in (select id from outbox limit 50)");
        assertThat(maintain().get(0)).endsWith("|created, with 50 rows of outbox_default");
    }

    /** @param text of n, that of one payload */
    private void insertLarge(int events, String text) throws SQLException {
        database.run("insert into outbox (id, source, aggregatetype, aggregateid, type, payload)"
                + " select (left(tidemark.outbox_first_id(" + TODAY
                + ")::text, 14) || '7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'orders', 'order', '42', 'placed',"
                + " to_json(" + text + ") from generate_series(1, " + events + ") n");
    }

    @Test
    void oldRowsOfTheDefaultPartitionGoOnceTheyAreConfirmed() throws SQLException {
        register(slot);
        maintain();
        confirmAll();
        Sql.append(database, Sql.daysAgo(30));
        String young = Sql.append(database, Sql.daysAgo(6));
        assertThat(maintain())
                .as("the mark that was confirmed is older than the row")
                .isEmpty();
        assertThat(maintain())
                .as("the mark that covers the row is not confirmed")
                .isEmpty();
        confirmAll();
        assertThat(maintain()).containsExactly("outbox_default|1 old rows deleted");
        assertThat(Sql.rows(database, "select id from outbox")).containsExactly(young);
        assertThat(maintain()).isEmpty();
    }

    @Test
    void aRowWhoseTransactionWasOpenAtTheMarkWaitsForTheNextOne() throws SQLException {
        register(slot);
        try (Connection writer = database.connect();
                Statement statement = writer.createStatement()) {
            writer.setAutoCommit(false);
            statement.execute(Sql.insertAt(Sql.daysAgo(30), Sql.idAt(Sql.daysAgo(30))));
            assertThat(upkeepOfDefault()).isEmpty();
            confirmAll();
            writer.commit();
        }
        assertThat(upkeepOfDefault())
                .as("not decoded yet, though the mark is confirmed")
                .isEmpty();
        confirmAll();
        assertThat(upkeepOfDefault()).containsExactly("outbox_default|1 old rows deleted");
    }

    @Test
    void withoutASlotNoRowIsDeletedAndMarksDoNotPileUp() throws SQLException {
        Sql.append(database, Sql.daysAgo(30));
        for (int call = 0; call < 5; call++) {
            maintain();
            confirmAll();
        }
        assertThat(Sql.one(database, "select count(*) from outbox")).isEqualTo("1");
        assertThat(Sql.one(database, "select count(*) from tidemark.outbox_mark"))
                .isEqualTo("1");
    }

    @Test
    void refusesNonsense() {
        for (String bad : List.of("'-1 day', '1 day'", "null, '1 day'", "'1 day', '-1 day'", "'1 day', '2 years'")) {
            assertThatThrownBy(() -> Sql.rows(database, "select * from tidemark.maintain_outbox(" + bad + ")"))
                    .hasMessageContaining("retention must be 0 or more, and ahead from 0 to 1 year");
        }
    }

    private List<String> maintain() throws SQLException {
        return Sql.rows(database, "select * from tidemark.maintain_outbox('7 days', '2 days')");
    }

    /** Only what it says of the default partition: no other step gets its lock while a writer is at work. */
    private List<String> upkeepOfDefault() throws SQLException {
        return maintain().stream()
                .filter(step -> step.startsWith("outbox_default|"))
                .toList();
    }

    private String partitionOf(int daysAgo) throws SQLException {
        database.run("select tidemark.outbox_create_partition(" + TODAY + " - " + daysAgo + ")");
        return Sql.one(database, "select 'outbox_p' || to_char(" + TODAY + " - " + daysAgo + ", 'YYYYMMDD')");
    }

    private void register(String name) throws SQLException {
        database.run("insert into tidemark.relay (slot, publication, outbox, system_identifier, timeline) values ('"
                + name + "', 'tidemark_outbox', 'public.outbox', '1', 1)");
    }

    private void confirmAll() throws SQLException {
        database.run("select pg_replication_slot_advance('" + slot + "', pg_current_wal_insert_lsn())");
    }
}
