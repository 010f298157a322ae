package dev.tidemark.torture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.testkit.PostgresServer;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rows 2 and 3: the relay dies at a known place of known transactions. */
class TransactionRowsIT {

    @Tag("long")
    @Test
    @DisplayName("Row 2: a relay that dies inside a COPY of 500 rows, after 50, 120 and 300, loses none")
    void aRelayThatDiesInsideACopyLosesNone() throws Exception {
        try (PostgresServer server = PostgresServer.start();
                Row row = Row.on(server, 2)) {
            int before = 0;
            for (int died : List.of(50, 120, 300)) {
                row.receiver(World.PLAIN).behave(Row.hangingAfter(died));
                row.commit(Way.COPY, Row.changes("copy-", 500, 100));
                row.awaitTaken(World.PLAIN, before + died);
                row.kill();
                row.receiver(World.PLAIN).behave(Manner.GOOD);
                row.start();
                before += 500;
                row.awaitTaken(World.PLAIN, before);
            }
            row.passes();
        }
    }

    /**
     * What tells a slot's position apart from the position of a change: the changes of A are before those of B in the
     * log, its commit is after.
     */
    @Test
    @DisplayName("Row 3: a relay that dies under interleaved transactions loses none")
    void aRelayThatDiesUnderInterleavedTransactionsLosesNone() throws Exception {
        diesUnderInterleavedTransactions(18);
    }

    @Tag("long")
    @ParameterizedTest(name = "Row 3: on PostgreSQL {0}, a relay that dies under interleaved transactions loses none")
    @ValueSource(ints = {15, 16, 17})
    void norDoesItOnOlderServers(int majorVersion) throws Exception {
        diesUnderInterleavedTransactions(majorVersion);
    }

    private static void diesUnderInterleavedTransactions(int majorVersion) throws Exception {
        try (PostgresServer server =
                        PostgresServer.builder().majorVersion(majorVersion).start();
                Row row = Row.on(server, 3)) {
            try (Transaction a = row.begin();
                    Transaction c = row.begin()) {
                a.write(Way.RETAINED, Row.changes("a-", 5, 5));
                c.write(Way.WAL_ONLY, Row.changes("c-", 5, 5));
                row.commit(Way.COPY, Row.changes("b-", 60, 20));
                row.awaitTaken(World.MOODY, 60);
                row.await(row.world()::allIsAcknowledged, "B is acknowledged");
                a.write(Way.TRANSIENT, Row.changes("a-", 5, 5));
                row.kill();
                a.commit();
                row.commit(Way.PLAIN_SQL, Row.changes("b-", 20, 20));
                row.start();
                row.world().forgotten();
                server.kill9();
                server.restart();
            }
            row.passes();
        }
    }

    /** With {@code feed: pgoutput} it has been sent half of it, which is lost with it. */
    @Test
    @DisplayName("Row 3: a relay that dies while a big transaction is open, before and after its end, loses none")
    void aRelayThatDiesWhileABigTransactionIsOpenLosesNone() throws Exception {
        try (PostgresServer server = PostgresServer.builder()
                        .setting("logical_decoding_work_mem", "64kB")
                        .start();
                Row row = Row.on(server, 3);
                Transaction big = row.begin()) {
            big.write(Way.COPY, Row.changes("big-", 1000, 50));
            row.commit(Way.PLAIN_SQL, Row.changes("b-", 20, 20));
            row.awaitTaken(World.MOODY, 20);
            row.await(row.world()::allIsAcknowledged, "what has committed is acknowledged");
            assertThat(row.single("select max(stream_txns) > 0 from pg_stat_replication_slots"))
                    .isEqualTo(RelaySettings.FEED.equals("pgoutput") ? "t" : "f");
            row.kill();
            big.write(Way.RETAINED, Row.changes("big-", 300, 50));
            row.commit(Way.PLAIN_SQL, Row.changes("b-", 20, 20));
            row.start();
            row.awaitTaken(World.PLAIN, 40);
            assertThat(row.world().ledger().taken(World.PLAIN)).isEqualTo(40);
            row.receiver(World.PLAIN).behave(Row.hangingAfter(500));
            assertThat(big.commit()).isEqualTo(1300);
            row.awaitTaken(World.PLAIN, 540);
            row.kill();
            row.receiver(World.PLAIN).behave(Manner.GOOD);
            row.start();
            row.passes();
        }
    }
}
