package dev.tidemark.torture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.PostgresServer;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * Row 15: the primary dies, a physical standby is promoted and gets its address, and the relay lives through it. Where
 * slots are not synchronised, before PostgreSQL 17, it is skipped, unless it is required.
 */
class FailoverRowsIT {

    private static final Duration SYNCHRONISED_WITHIN = Matrix.RECOVERY.multipliedBy(3);
    private static final int FIRST_WITH_SYNCHRONISED_SLOTS = 17;

    private PostgresServer primary;
    private Path copy;

    /** A standby is made of a copy that was taken after its slot: what is written later waits for it. */
    @BeforeEach
    void startPrimary() throws Exception {
        primary = PostgresServer.start();
        Required.unless(
                primary.majorVersion() >= FIRST_WITH_SYNCHRONISED_SLOTS,
                "slots are not synchronised before PostgreSQL " + FIRST_WITH_SYNCHRONISED_SLOTS + ", and this is "
                        + primary.majorVersion() + "; row 15 needs it");
        primary.database("postgres").run("select pg_create_physical_replication_slot('standby', true)");
        primary.stopImmediately();
        copy = primary.copyFiles();
        primary.restart();
    }

    @AfterEach
    void stopPrimary() {
        primary.close();
    }

    @Test
    @DisplayName("Row 15: nothing is lost or reordered in a failover to a standby that has the slot")
    void nothingIsLostInAFailoverWithTheSlot() throws Exception {
        try (PostgresServer standby = standby("on");
                Row row = Row.apart(primary, 15, settings(standby))) {
            waitForTheStandby("synchronous_standby_names = '*'");
            row.commit(Way.RETAINED, Row.changes("k", 20, 10));
            awaitSynchronised(row, standby);
            row.await(() -> says(row, "\"failover\":\"safe\""), "a failover would be safe");

            row.receiver(World.PLAIN).behave(Manner.always(Manner.Reaction.HANG));
            row.commit(Way.COPY, Row.changes("k", 60, 20));
            row.commit(Way.TRANSIENT, Row.changes("k", 30, 20));
            row.commit(Way.WAL_ONLY, Row.changes("k", 30, 20));
            try (Transaction open = row.begin()) {
                open.write(Way.RETAINED, Row.changes("k", 10, 10));
                failOver(row, standby);
            }
            row.await(() -> row.world().relay().log().contains("The server was promoted"), "the relay says so");
            row.receiver(World.PLAIN).behave(Manner.GOOD);
            row.world().relay().awaitReady();
            row.commit(Way.RETAINED, Row.changes("k", 60, 20));
            row.passes();
        }
    }

    @Test
    @DisplayName(
            "Row 15: a failover that would lose the slot is told of before, and stops the relay after, which says so")
    void aFailoverWithoutTheSlotIsToldOfBefore() throws Exception {
        try (PostgresServer standby = standby("off");
                Row row = Row.apart(primary, 15, settings(standby))) {
            row.commit(Way.RETAINED, Row.changes("k", 10, 10));
            try (Transaction open = row.begin()) {
                open.write(Way.RETAINED, Row.changes("open", 1, 1)); // holds the slot's catalog back
                row.commit(Way.RETAINED, Row.changes("k", 10, 10));
                row.awaitTaken(World.PLAIN, 20);
                row.await(() -> hasReplayedAll(standby), "the standby has all");
                row.await(
                        () -> says(row, "not safe", "has no slot " + row.world().slot()), "that there is no slot");
                standby.database("postgres").run("alter system set sync_replication_slots = on");
                standby.database("postgres").run("select pg_reload_conf()");
                row.await(() -> says(row, "not safe", "not synchronised yet"), "that it is not synchronised yet");
                failOver(row, standby);
            }
            row.stopsLoudly("was promoted", row.world().slot(), "did not come along", "tidemark adopt-restore");
        }
    }

    private RelaySettings settings(PostgresServer standby) {
        return RelaySettings.draw(Relays.honest(), new Random(15)).withStandby(standby.host() + ":" + standby.port());
    }

    /** With all that the manual asks for; it streams when this returns. */
    private PostgresServer standby(String synchronisesSlots) throws SQLException {
        Database of = primary.database("postgres");
        PostgresServer standby = PostgresServer.builder()
                .setting(
                        "primary_conninfo",
                        "host=%s port=%d user=%s password=%s dbname=%s"
                                .formatted(primary.host(), primary.port(), of.user(), of.password(), of.name()))
                .setting("primary_slot_name", "standby")
                .setting("hot_standby_feedback", "on")
                .setting("sync_replication_slots", synchronisesSlots)
                .standbyFrom(copy)
                .start();
        waitForTheStandby("synchronized_standby_slots = 'standby'");
        return standby;
    }

    /** Has the primary do so. */
    private void waitForTheStandby(String setting) throws SQLException {
        primary.database("postgres").run("alter system set " + setting);
        primary.database("postgres").run("select pg_reload_conf()");
    }

    /** Helps it along: the slot's place in the catalog moves when it passes a note of what runs. */
    private void awaitSynchronised(Row row, PostgresServer standby) throws Exception {
        long deadline = System.nanoTime() + SYNCHRONISED_WITHIN.toNanos();
        while (!isSynchronised(row, standby)) {
            assertThat(System.nanoTime()).as("the slot is synchronised").isLessThan(deadline);
            ask(primary, "select pg_log_standby_snapshot()");
            row.commit(Way.RETAINED, Row.changes("k", 1, 1));
            row.await(() -> row.world().ledger().isComplete(), "all is delivered");
            ask(standby, "select pg_reload_conf()"); // wakes up who synchronises
        }
    }

    private static boolean isSynchronised(Row row, PostgresServer standby) {
        return ask(
                        standby,
                        "select count(*) from pg_replication_slots where synced and not temporary"
                                + " and slot_name = '" + row.world().slot() + "'")
                .equals("1");
    }

    private boolean hasReplayedAll(PostgresServer standby) {
        String end = ask(primary, "select pg_current_wal_lsn()");
        return ask(standby, "select pg_last_wal_replay_lsn() >= '" + end + "'").equals("t");
    }

    /** Nobody writes meanwhile. */
    private void failOver(Row row, PostgresServer standby) throws Exception {
        row.await(() -> hasReplayedAll(standby), "the standby has all");
        row.world().failsOver();
        primary.kill9();
        assertThat(ask(standby, "select pg_promote(true, 60)")).isEqualTo("t");
        standby.takeOver(primary);
        row.world().failedOver();
    }

    private static boolean says(Row row, String... words) {
        try {
            String readiness = row.world().relay().readiness();
            return List.of(words).stream().allMatch(readiness::contains);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static String ask(PostgresServer server, String query) {
        try (Connection connection = server.database("postgres").connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(query)) {
            return row.next() ? String.valueOf(row.getString(1)) : "";
        } catch (SQLException e) {
            throw new IllegalStateException(query, e);
        }
    }
}
