package dev.tidemark.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;

@EveryVersion
class VersionCounterTest {

    @Parameter
    private int version;

    private Database database;

    @BeforeEach
    void freshOutbox() throws SQLException {
        database = Sql.freshOutbox(version);
        database.run("create table claimed (version bigint, at_commit bigint generated always as identity)");
    }

    @AfterEach
    void dropIt() {
        PostgresServer.shared(version).dropDatabase(database);
    }

    @Test
    void returnsTheLastOfThoseClaimed() throws SQLException {
        assertThat(claim("'42'", 1)).isEqualTo("1");
        assertThat(claim("'42'", 5)).isEqualTo("6");
        assertThat(claim("'43'", 2)).isEqualTo("2");
    }

    @Test
    void refusesToClaimNothing() {
        for (String n : List.of("0", "-1", "null")) {
            assertThatThrownBy(() -> Sql.one(database, "select outbox_version_claim('o', '', 'order', '1', " + n + ")"))
                    .hasMessageContaining("n must be 1 or more");
        }
    }

    @Test
    void arollbackGivesItsVersionsBack() throws SQLException {
        try (Connection connection = database.connect()) {
            connection.setAutoCommit(false);
            Sql.rows(connection, "select outbox_version_claim('orders', '', 'order', '42', 10)");
            connection.rollback();
        }
        assertThat(claim("'42'", 1)).isEqualTo("1");
    }

    /**
     * Catches lost updates and gaps among writers that claim, commit and roll back at random. That versions follow
     * commits is shown by a number taken while the counter's row is still locked; it could not catch a lock that
     * was given back between that number and the commit.
     */
    @Test
    void manyWritersLeaveNoGapAndNoDuplicate() throws Exception {
        ExecutorService writers = Executors.newFixedThreadPool(8);
        try {
            List<Future<?>> running = new ArrayList<>();
            for (int writer = 0; writer < 8; writer++) {
                Random random = new Random(writer);
                running.add(writers.submit(() -> {
                    claimAtRandom(random);
                    return null;
                }));
            }
            for (Future<?> writer : running) {
                writer.get();
            }
        } finally {
            writers.shutdownNow();
        }
        List<String> claimed = Sql.rows(database, "select version from claimed order by at_commit");
        assertThat(claimed)
                .hasSizeGreaterThan(100)
                .containsExactlyElementsOf(LongStream.rangeClosed(1, claimed.size())
                        .mapToObj(String::valueOf)
                        .toList());
    }

    private void claimAtRandom(Random random) throws SQLException {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            for (int turn = 0; turn < 40; turn++) {
                statement.execute(
                        "insert into claimed (version) select outbox_version_claim('orders', '', 'order', '42')");
                if (random.nextInt(4) == 0) {
                    connection.rollback();
                } else {
                    connection.commit();
                }
            }
        }
    }

    private String claim(String id, int n) throws SQLException {
        return Sql.one(database, "select outbox_version_claim('orders', '', 'order', " + id + ", " + n + ")");
    }
}
