package dev.tidemark.relay.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tidemark.relay.config.UpkeepConfig;
import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is asked of the database now and then, on a real one. */
class UpkeepTest {

    private static PostgresServer server;

    private Database database;

    @BeforeAll
    static void start() {
        server = PostgresServer.start();
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @BeforeEach
    void makeOutbox() throws SQLException {
        database = server.createDatabase();
        database.runResource("dev/tidemark/sql/V001__outbox.sql");
        database.runResource("dev/tidemark/sql/V002__relay.sql");
    }

    @Test
    void aRunMakesThePartitionsOfTheDaysAhead() throws SQLException {
        try (Upkeep upkeep = new Upkeep(database::connect, UpkeepConfig.DEFAULT)) {
            upkeep.runOnce();

            assertThat(upkeep.problem()).isEmpty();
            assertThat(number("select count(*) from pg_inherits where inhparent = 'outbox'::regclass"))
                    .isEqualTo(4); // the default one, today, tomorrow and the day after
        }
    }

    @Test
    void aFailureIsKeptUntilARunWorksAgain() throws SQLException {
        try (Upkeep upkeep = new Upkeep(database::connect, UpkeepConfig.DEFAULT)) {
            database.run("alter function tidemark.maintain_outbox(interval, interval) rename to gone");
            upkeep.runOnce();
            assertThat(upkeep.problem().orElseThrow())
                    .contains("maintain_outbox")
                    .doesNotContain("\n");

            database.run("alter function tidemark.gone(interval, interval) rename to maintain_outbox");
            upkeep.runOnce();
            assertThat(upkeep.problem()).isEmpty();
        }
    }

    @Test
    void itRunsAgainAndAgainUntilItIsClosed() {
        AtomicInteger connections = new AtomicInteger();
        Connector counting = () -> {
            connections.incrementAndGet();
            return database.connect();
        };
        UpkeepConfig often = new UpkeepConfig(Duration.ofDays(7), Duration.ofDays(2), Duration.ofSeconds(1));
        Upkeep upkeep = new Upkeep(counting, often);
        assertThat(connections).hasValue(0);

        upkeep.start(bug -> {
            throw new AssertionError("a bug", bug);
        });
        await().until(() -> connections.get() >= 2);
        upkeep.close();
        int closedAt = connections.get();

        await().during(Duration.ofMillis(1500)).until(() -> connections.get() == closedAt);
    }

    @Test
    void theSizeOfTheSlotIsAskedForAtMostEveryFiveSeconds() throws SQLException {
        database.run("select pg_create_logical_replication_slot('slot_of_' || current_database(), 'pgoutput')");
        AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 10); // overflows on the way
        AtomicInteger connections = new AtomicInteger();
        SlotMonitor monitor = new SlotMonitor(
                () -> {
                    connections.incrementAndGet();
                    return database.connect();
                },
                "slot_of_" + database.name(),
                nanos::get);

        double before = monitor.retainedBytes();
        database.run("select pg_logical_emit_message(true, 'x', repeat('x', 100000))");
        assertThat(monitor.retainedBytes()).isEqualTo(before);
        assertThat(connections).hasValue(1);

        nanos.addAndGet(SlotMonitor.FRESH.toNanos());
        assertThat(monitor.retainedBytes()).isGreaterThan(before + 100_000);
        assertThat(connections).hasValue(2);
    }

    @Test
    void theSizeOfASlotThatIsNotThereIsNotKnown() {
        assertThat(new SlotMonitor(database::connect, "nowhere", System::nanoTime).retainedBytes())
                .isNaN();
        Connector refusing = () -> {
            throw new SQLException("no answer");
        };
        assertThat(new SlotMonitor(refusing, "nowhere", System::nanoTime).retainedBytes())
                .isNaN();
    }

    private long number(String sql) throws SQLException {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }
}
