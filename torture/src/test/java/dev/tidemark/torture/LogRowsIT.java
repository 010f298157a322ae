package dev.tidemark.torture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.testkit.PostgresServer;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Rows 12 and 22: the write-ahead log that a slot holds back, or can no longer hold. */
class LogRowsIT {

    /** At once: while it is written little by little, the refused event may be parked, and then the slot follows. */
    private static final String FORTY_MEBIBYTES_OF_LOG =
            "select pg_logical_emit_message(false, 'else', repeat('x', 1024)) from generate_series(1, 40 * 1024)";

    @Test
    @DisplayName("Row 12: a slot that is invalidated stops the relay, which says so")
    void aSlotThatIsInvalidatedStopsTheRelay() throws Exception {
        try (PostgresServer server = PostgresServer.builder()
                        .walSegmentMebibytes(1)
                        .setting("max_slot_wal_keep_size", "32MB")
                        .setting("min_wal_size", "2MB")
                        .setting("max_wal_size", "4MB")
                        .start();
                Row row = Row.on(server, 12)) {
            row.receiver(World.PLAIN).behave(Manner.always(Manner.Reaction.REFUSE));
            row.commit(Way.BATCH, Row.changes("k", 10, 10));
            row.awaitTaken(World.MOODY, 10);
            row.single(FORTY_MEBIBYTES_OF_LOG);
            row.await(
                    () -> {
                        row.run("checkpoint");
                        return row.single("select wal_status from pg_replication_slots where slot_name = '"
                                        + row.world().slot() + "'")
                                .equals("lost");
                    },
                    "the slot is lost");
            row.stopsLoudly(row.world().slot(), "lost", "tidemark migrate");
        }
    }

    @Test
    @DisplayName("Row 22: an idle outbox beside a busy database does not hold the log back")
    void anIdleOutboxDoesNotHoldTheLogBack() throws Exception {
        try (PostgresServer server = PostgresServer.start();
                Row row = Row.on(server, 22)) {
            row.commit(Way.BATCH, Row.changes("k", 10, 10));
            row.run("create table busy (id bigint generated always as identity primary key, text text)");
            for (int mebibytes = 0; mebibytes < 20; mebibytes++) {
                row.run("insert into busy (text) select repeat('x', 1000) from generate_series(1, 1000)");
            }
            row.await(() -> retainedBytes(row) < 3 << 20, "the slot has followed");
            assertThat(row.world().relay().readiness()).startsWith("200");
            row.passes();
        }
    }

    private static long retainedBytes(Row row) {
        return Long.parseLong(row.single("select pg_current_wal_lsn() - confirmed_flush_lsn from pg_replication_slots"
                + " where slot_name = '" + row.world().slot() + "'"));
    }
}
