package dev.tidemark.torture;

import dev.tidemark.testkit.PostgresServer;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rows 11 and 25: what somebody does to slot, publication and table behind the relay's back. Check C8. */
class GuardRowsIT {

    private static PostgresServer server;

    @BeforeAll
    static void startServer() {
        server = PostgresServer.start();
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    @Test
    @DisplayName("Row 11: a slot that is dropped under a relay stops it, which says so")
    void aSlotThatIsDroppedStopsTheRelay() throws Exception {
        try (Row row = Row.on(server, 11)) {
            row.commit(Way.BATCH, Row.changes("k", 10, 10));
            row.awaitTaken(World.PLAIN, 10);
            row.await(() -> drops(row), "the slot is dropped, between two relays of its walsender");
            row.stopsLoudly(row.world().slot() + " does not exist", "tidemark migrate --repair");
        }
    }

    @ParameterizedTest(name = "Row 11: a slot that was moved while no relay ran stops the next one, which says so: {0}")
    @ValueSource(
            strings = {
                "select pg_replication_slot_advance('%1$s', pg_current_wal_lsn())",
                "select pg_drop_replication_slot('%1$s'); select pg_create_logical_replication_slot('%1$s', 'pgoutput')"
            })
    void aSlotThatWasMovedStopsTheRelay(String move) throws Exception {
        try (Row row = Row.on(server, 11)) {
            row.commit(Way.BATCH, Row.changes("k", 10, 10));
            row.awaitTaken(World.PLAIN, 10);
            row.kill();
            row.commit(Way.BATCH, Row.changes("k", 10, 10));
            row.await(() -> !isActive(row), "nobody reads the slot");
            row.run(move.formatted(row.world().slot()));
            row.world().relay().start();
            row.stopsLoudly(row.world().slot() + " was moved or made anew", "tidemark migrate --repair");
        }
    }

    @ParameterizedTest(
            name = "Row 25: a publication or table that is not what it was stops the relay, which says so: {0}")
    @ValueSource(
            strings = {
                "drop publication tidemark_outbox",
                "alter table outbox rename to outbox_old; create table outbox (like outbox_old including all)"
            })
    void aPublicationOrTableThatIsNotWhatItWasStopsTheRelay(String change) throws Exception {
        stopsTheRelay(change);
    }

    @Tag("long")
    @ParameterizedTest(name = "Row 25: and so do other changes: {0}")
    @ValueSource(
            strings = {
                "alter publication tidemark_outbox set (publish = 'update')",
                "alter publication tidemark_outbox drop table outbox",
                "drop publication tidemark_outbox; create publication tidemark_outbox for table outbox"
                        + " with (publish = 'insert', publish_via_partition_root = true)",
                "alter table outbox rename to outbox_old"
            })
    void soDoOtherChangesOfThem(String change) throws Exception {
        stopsTheRelay(change);
    }

    private static void stopsTheRelay(String change) throws Exception {
        try (Row row = Row.on(server, 25)) {
            row.commit(Way.BATCH, Row.changes("k", 10, 10));
            row.awaitTaken(World.PLAIN, 10);
            row.run(change);
            row.stopsLoudly(row.world().slot(), "outbox", "tidemark migrate --repair");
        }
    }

    /** Its walsender is ended first; the relay may be back before the slot is dropped. */
    private static boolean drops(Row row) {
        String slot = row.world().slot();
        try {
            row.world()
                    .source()
                    .run("select pg_terminate_backend(active_pid, 5000), pg_drop_replication_slot(slot_name)"
                            + " from pg_replication_slots where slot_name = '" + slot + "'");
            return row.single("select count(*) from pg_replication_slots where slot_name = '" + slot + "'")
                    .equals("0");
        } catch (SQLException e) {
            return false;
        }
    }

    private static boolean isActive(Row row) {
        return row.single("select active from pg_replication_slots where slot_name = '"
                        + row.world().slot() + "'")
                .equals("t");
    }
}
