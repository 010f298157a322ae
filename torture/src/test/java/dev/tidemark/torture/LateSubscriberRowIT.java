package dev.tidemark.torture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.PostgresServer;
import java.nio.file.Files;
import java.nio.file.StandardOpenOption;
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
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * A subscriber that is added to a system with very many events, of which there are more all the time; its relay is killed
 * while it catches up. That it ends equal is asserted; how long that took is printed. {@code -Dtidemark.torture.many=200000
 * -Dtidemark.torture.rate=500} is for a quiet machine.
 */
class LateSubscriberRowIT {

    private static final String LATE = "late";
    private static final int MANY = Integer.getInteger("tidemark.torture.many", 1_000);
    private static final int RATE = Integer.getInteger("tidemark.torture.rate", 100);
    private static final int TOGETHER = 5;
    private static final int AT_FIRST = 100;
    private static final int KEYS = 1000;
    private static final RelaySettings SETTINGS =
            new RelaySettings(Relays.honest(), List.of(), 16, 100, 50_000, "").withMode("batch");

    /** How long there may be nothing new. */
    private static final Duration PATIENCE = Duration.ofMinutes(3);

    private final AtomicInteger written = new AtomicInteger();

    @Test
    @DisplayName("A subscriber added to a system with very many events ends equal, while more are written")
    void aSubscriberThatIsAddedLateEndsEqual() throws Exception {
        try (PostgresServer server = PostgresServer.start();
                Row row = Row.on(server, 0, SETTINGS)) {
            while (written.get() < MANY) {
                write(row, AT_FIRST);
            }
            row.awaitTaken(World.PLAIN, written.get());

            Database database = server.createDatabase();
            Consumer.prepare(database);
            ExecutorService writer = Executors.newSingleThreadExecutor();
            try (Consumer consumer = new Consumer(LATE, database);
                    Receiver late = new Receiver(LATE, new Ledger(List.of(LATE)), Manner.GOOD, consumer)) {
                AtomicBoolean writes = new AtomicBoolean(true);
                Future<?> writing = writer.submit(() -> writeSteadily(row, writes));
                long added = System.nanoTime();
                add(row, late);
                awaitEffects(row, database, MANY / 2);
                row.kill();
                row.start();
                awaitEffects(row, database, MANY);
                System.out.printf("it had %d events after %d ms%n", MANY, millis(System.nanoTime() - added));
                writes.set(false);
                writing.get();
                awaitEffects(row, database, written.get());
                System.out.printf(
                        "it had all %d events after %d ms%n", written.get(), millis(System.nanoTime() - added));
                row.passes();
                assertThat(single(database, "select count(*) || ' ' || count(distinct id) from effect"))
                        .as("effects, and events that had one")
                        .isEqualTo(written + " " + written);
                assertThat(consumer.gaps()).as("events before an earlier one").isZero();
                assertThat(consumer.differences(row.world().source())).isEmpty();
            } finally {
                writer.shutdownNow();
            }
        }
    }

    /** It begins with all that the outbox has retained. */
    private static void add(Row row, Receiver late) throws Exception {
        row.kill();
        Files.writeString(
                row.world().configuration(),
                SETTINGS.subscriber(World.RELAY, late) + "    start: retained\n",
                StandardOpenOption.APPEND);
        row.start();
    }

    private Void writeSteadily(Row row, AtomicBoolean goesOn) throws Exception {
        long begun = System.nanoTime();
        for (int i = 0; goesOn.get(); i += TOGETHER) {
            long due = begun + i * 1_000_000_000L / RATE;
            row.world().pause(Duration.ofNanos(Math.max(0, due - System.nanoTime())));
            write(row, TOGETHER);
        }
        return null;
    }

    private void write(Row row, int events) throws Exception {
        List<Change> changes = new ArrayList<>();
        int first = written.get();
        for (int i = first; i < first + events; i++) {
            changes.add(new Change("k" + i % KEYS, "v" + i));
        }
        row.commit(Way.BATCH, changes);
        written.addAndGet(events);
    }

    /** As long as there are more and more of them. */
    private static void awaitEffects(Row row, Database database, int count) throws Exception {
        int seen = -1;
        long since = System.nanoTime();
        int now = effects(database);
        while (now < count) {
            if (now != seen) {
                seen = now;
                since = System.nanoTime();
            }
            assertThat(System.nanoTime() - since)
                    .as(
                            "%d of %d effects; the relay says:%n%s",
                            now, count, row.world().relay().log())
                    .isLessThan(PATIENCE.toNanos());
            row.world().pause(Duration.ofMillis(200));
            now = effects(database);
        }
    }

    private static int effects(Database database) throws SQLException {
        return Integer.parseInt(single(database, "select count(*) from effect"));
    }

    private static String single(Database database, String sql) throws SQLException {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }

    private static long millis(long nanos) {
        return nanos / 1_000_000;
    }
}
