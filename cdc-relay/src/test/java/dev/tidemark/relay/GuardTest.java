package dev.tidemark.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tidemark.testkit.PostgresServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a relay does when somebody has touched what it depends on; with real SQL, and the server's own slots. */
@SuppressWarnings("try") // a relay runs for as long as its block
class GuardTest {

    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private static PostgresServer server;

    private OutboxFixture outbox;
    private RecordingSink sink;

    @BeforeAll
    static void startServer() {
        server = PostgresServer.start();
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    @BeforeEach
    void createOutbox() throws Exception {
        outbox = new OutboxFixture(server);
        sink = new RecordingSink();
    }

    /** A server has few slots. */
    @AfterEach
    void dropOutbox() {
        if (outbox.server() == server) {
            server.dropDatabase(outbox.database());
        }
    }

    @Test
    void aRelayThatStartsAfterThePublicationWasMadeAnewReadsNothing() throws Exception {
        try (Relay relay = start()) {
            deliver(1);
        }
        outbox.database().run("drop publication tidemark_outbox");
        UUID lost = outbox.write("a", 2);
        outbox.database()
                .run("create publication tidemark_outbox for table outbox"
                        + " with (publish = 'insert', publish_via_partition_root = true)");
        UUID after = outbox.write("a", 3);
        assertThat(failureOfStart())
                .contains("was dropped, made anew or altered")
                .contains("tidemark migrate --repair");
        assertThat(sink.firstDeliveries()).doesNotContain(lost, after);
    }

    /** The publication's own row stays as it is. */
    @Test
    void aRelayThatStartsAfterTheSchemaWasTakenOutOfThePublicationAndPutBackReadsNothing() throws Exception {
        outbox.database()
                .run("drop publication tidemark_outbox; create publication tidemark_outbox for tables in schema public"
                        + " with (publish = 'insert', publish_via_partition_root = true)");
        try (Relay relay = start()) {
            deliver(1);
            outbox.database()
                    .run("create schema more; alter publication tidemark_outbox add tables in schema more;"
                            + "alter publication tidemark_outbox drop tables in schema more");
        }
        try (Relay relay = start()) {
            deliver(2);
        }
        outbox.database().run("alter publication tidemark_outbox drop tables in schema public");
        UUID lost = outbox.write("a", 3);
        outbox.database().run("alter publication tidemark_outbox add tables in schema public");
        UUID after = outbox.write("a", 4);
        assertThat(failureOfStart())
                .contains("was dropped, made anew or altered")
                .contains("tidemark migrate --repair");
        assertThat(sink.firstDeliveries()).doesNotContain(lost, after);
    }

    @Test
    void aSlotThatWasMovedWhileNoRelayRanIsNoticedWithTheRange() throws Exception {
        try (Relay relay = start()) {
            deliver(1);
        }
        String settled = outbox.single("select acknowledged_lsn from tidemark.relay");
        UUID lost = outbox.write("a", 2);
        outbox.database().run("select pg_replication_slot_advance('" + outbox.slot() + "', pg_current_wal_lsn())");
        String moved = outbox.confirmed();
        assertThat(failureOfStart())
                .contains("slot " + outbox.slot() + " was moved or made anew")
                .contains("events between " + settled + " and " + moved + " may be missing")
                .contains("tidemark migrate --repair");
        assertThat(sink.firstDeliveries()).doesNotContain(lost);
    }

    @Test
    void aSlotThatWasMadeAnewWhileNoRelayRanIsNoticed() throws Exception {
        try (Relay relay = start()) {
            deliver(1);
        }
        outbox.database().run("select pg_drop_replication_slot('" + outbox.slot() + "')");
        outbox.write("a", 2);
        outbox.createSlot();
        assertThat(failureOfStart()).contains("was moved or made anew").contains("tidemark migrate --repair");
    }

    @Test
    void aSlotThatDidNotComeAlongInAFailoverIsNoticedAsAHistoryThatMayHaveChanged() throws Exception {
        try (Relay relay = start()) {
            deliver(1);
        }
        outbox.database()
                .run("select pg_drop_replication_slot('" + outbox.slot() + "');"
                        + "update tidemark.relay set timeline = timeline + 1");
        assertThat(failureOfStart())
                .contains("was promoted or recovered")
                .contains("slot " + outbox.slot() + " did not come along")
                .contains("tidemark adopt-restore");
    }

    @Test
    void aSlotThatIsDroppedAndMadeAnewWhileTheRelayRunsStopsIt() throws Exception {
        try (Relay relay = start()) {
            deliver(1);
            await().ignoreExceptions().until(() -> {
                outbox.database()
                        .run(
                                "select pg_terminate_backend(active_pid, 5000) from pg_replication_slots where slot_name = '"
                                        + outbox.slot() + "' and active_pid is not null;"
                                        + "select pg_drop_replication_slot('" + outbox.slot() + "');"
                                        + "select pg_create_logical_replication_slot('" + outbox.slot()
                                        + "', 'pgoutput')");
                return true;
            });
            assertThat(relay.awaitStopped(Patience.BOUND)).isTrue();
            assertThat(relay.failure().orElseThrow()).message().containsAnyOf("made anew", "does not exist");
        }
    }

    @Test
    void theBoundIsWrittenDownBeforeTheSlotIsTold() throws Exception {
        try (Relay relay = start()) {
            for (int i = 1; i <= 30; i++) {
                deliver(i);
                String confirmed =
                        outbox.confirmed(); // first: one statement would see an older row beside a newer slot
                assertThat(outbox.single("select '" + confirmed + "'::pg_lsn <= acknowledged_lsn from tidemark.relay"
                                + " where slot = '" + outbox.slot() + "'"))
                        .isEqualTo("t");
            }
        }
        await().until(this::slotStandsAtTheBound); // the server takes its time with the last word of who hangs up
    }

    /** More often would be a row version, and a flush of the log, for each batch. */
    @Test
    void theBoundIsWrittenDownNoOftenerThanOnceASecond() throws Exception {
        outbox.database().run("""
                create table raised (n bigserial);
                create function note() returns trigger language plpgsql as 'begin insert into raised default values; return null; end';
                create trigger note after update of acknowledged_lsn on tidemark.relay for each row
                    when (old.acknowledged_lsn is distinct from new.acknowledged_lsn) execute function note()""");
        long begun = System.nanoTime();
        try (Relay relay = start()) {
            for (int i = 1; i <= 200; i++) {
                deliver(i);
            }
            await().until(() -> Integer.parseInt(outbox.single("select count(*) from raised")) > 2);
        }
        int raised = Integer.parseInt(outbox.single("select count(*) from raised"));
        long seconds = 1 + (System.nanoTime() - begun) / 1_000_000_000L;
        assertThat((long) raised)
                .as("in %d s, and as it begins and ends", seconds)
                .isLessThanOrEqualTo(seconds + 3);
    }

    @Test
    void anIdleRelayWritesNothingDown() throws Exception {
        try (Relay relay = start()) {
            deliver(1);
            String commits = "select xact_commit from pg_stat_database where datname = current_database()";
            await().until(() -> {
                String before = version();
                long from = Long.parseLong(outbox.single(commits));
                await().until(() -> Long.parseLong(outbox.single(commits)) > from + 30);
                return version().equals(before); // thirty looks and heartbeats later
            });
        }
    }

    @Test
    void harmlessChangesStopNothing() throws Exception {
        try (Relay relay = start()) {
            deliver(1);
            outbox.database()
                    .run("create table more (id int primary key);"
                            + "alter publication tidemark_outbox add table more;"
                            + "alter table outbox add column note text; analyze outbox");
            outbox.database().run("vacuum outbox");
            deliver(2);
            outbox.awaitConfirmed(outbox.single("select acknowledged_lsn from tidemark.relay"));
            assertThat(relay.failure()).isEmpty();
            assertThat(ready(relay).statusCode()).isEqualTo(200);
            assertThat(ready(relay).body()).contains("leader, epoch 1");
        }
    }

    @Test
    void aSlotThatWentBackInACrashOfPostgresIsNoReasonToStop() throws Exception {
        try (PostgresServer crashing =
                PostgresServer.builder().setting("fsync", "on").start()) {
            outbox = new OutboxFixture(crashing);
            List<UUID> written = new ArrayList<>();
            try (Relay relay = start()) {
                for (int round = 0; round < 3; round++) {
                    for (int i = 0; i < 20; i++) {
                        written.add(outbox.write("a", written.size() + 1L));
                    }
                    sink.awaitDistinct(written.size());
                    crashing.kill9();
                    crashing.restart();
                }
                written.add(outbox.write("a", written.size() + 1L));
                sink.awaitDistinct(written.size());
                assertThat(relay.failure()).isEmpty();
            }
            crashing.kill9();
            crashing.restart();
            assertThat(outbox.single("select s.confirmed_flush_lsn < r.acknowledged_lsn from pg_replication_slots s"
                            + " join tidemark.relay r on r.slot = s.slot_name"))
                    .as("the slot went back")
                    .isEqualTo("t");
            try (Relay relay = start()) {
                written.add(outbox.write("a", written.size() + 1L));
                sink.awaitDistinct(written.size());
                assertThat(relay.failure()).isEmpty();
            }
            assertThat(sink.firstDeliveries()).isEqualTo(written);
        }
    }

    @Test
    void anInvalidatedSlotIsNotRead() throws Exception {
        try (PostgresServer small = PostgresServer.builder()
                .setting("max_slot_wal_keep_size", "1MB")
                .setting("min_wal_size", "32MB")
                .setting("max_wal_size", "32MB")
                .start()) {
            outbox = new OutboxFixture(small);
            outbox.write("a", 1);
            await().until(() -> {
                outbox.database()
                        .run("create table filler as select repeat('x', 1000) from generate_series(1, 20000);"
                                + "drop table filler; select pg_switch_wal()");
                outbox.database().run("checkpoint");
                return outbox.single("select wal_status from pg_replication_slots")
                        .equals("lost");
            });
            assertThat(failureOfStart())
                    .contains("slot " + outbox.slot() + " is lost")
                    .contains("tidemark migrate --repair");
        }
    }

    private boolean slotStandsAtTheBound() throws SQLException {
        return outbox.single("select s.confirmed_flush_lsn = r.acknowledged_lsn from pg_replication_slots s"
                        + " join tidemark.relay r on r.slot = s.slot_name where s.slot_name = '" + outbox.slot() + "'")
                .equals("t");
    }

    private String version() throws SQLException {
        return outbox.single("select xmin from tidemark.relay where slot = '" + outbox.slot() + "'");
    }

    private Relay start() {
        return Relay.start(outbox.config(outbox.subscriber("all", sink).build()));
    }

    private void deliver(int version) throws SQLException {
        outbox.write("a", version);
        sink.awaitDistinct(version);
    }

    private String failureOfStart() throws InterruptedException {
        try (Relay relay = start()) {
            assertThat(relay.awaitStopped(Patience.BOUND)).isTrue();
            return String.valueOf(relay.failure().orElseThrow().getMessage());
        } catch (IllegalStateException e) {
            return String.valueOf(e.getMessage());
        }
    }

    private static HttpResponse<String> ready(Relay relay) throws Exception {
        URI uri = URI.create("http://127.0.0.1:" + relay.opsPort() + "/health/ready");
        return HTTP.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
    }
}
