package dev.tidemark.bench;

import dev.tidemark.outbox.Outbox;
import dev.tidemark.outbox.OutboxEvent;
import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * Measures 5 and 6: what an event adds to a business transaction, in time and in the write-ahead log. On a server that
 * waits for the disk; nobody reads.
 */
final class WritePrice {

    /** What the server loads, so that statements are counted. */
    static final String LIBRARY = "pg_stat_statements";

    private static final int CONNECTIONS = 4;
    private static final int AGGREGATES = 10_000;
    private static final int PAYLOAD_BYTES = 200;
    private static final int WARM_UP = 2000;
    private static final int ALONE = 5000;
    private static final int DIGITS = 3;
    private static final long MOST_NANOS = 60_000_000_000L;
    private static final String BUSINESS = "insert into business (note) values (?)";
    private static final String STATEMENTS = "select coalesce(sum(calls), 0) from pg_stat_statements s"
            + " join pg_database d on d.oid = s.dbid where d.datname = current_database() and toplevel"
            + " and query !~* '^(begin|commit|set|show|insert into business)'";

    private final PostgresServer server;
    private final Duration lasting;
    private final long seed;
    private final Consumer<String> progress;
    private final String fill;

    /**
     * Measures nothing yet.
     *
     * @param lasting for how long several connections write in each mode and round
     * @param progress is told what goes on, for people
     */
    WritePrice(PostgresServer server, Duration lasting, long seed, Consumer<String> progress) {
        this.server = server;
        this.lasting = lasting;
        this.seed = seed;
        this.progress = progress;
        this.fill = new Workload(1, 1, PAYLOAD_BYTES, 1, seed).fills()[0];
    }

    List<WriteReading> run(int rounds) throws Exception {
        List<WriteReading> readings = new ArrayList<>();
        for (int round = 1; round <= rounds; round++) {
            List<WriteMode> order = new ArrayList<>(List.of(WriteMode.values()));
            Collections.rotate(order, 1 - round);
            for (WriteMode mode : order) {
                WriteReading reading = one(mode, round);
                progress.accept(WriteTable.line(reading));
                readings.add(reading);
            }
        }
        return readings;
    }

    private WriteReading one(WriteMode mode, int round) throws Exception {
        Database database = server.createDatabase();
        try {
            Drain.migrate(database, "bench_write_" + database.name());
            database.run("create table business (id bigint primary key generated always as identity, note text);"
                    + " create extension " + LIBRARY);
            Outbox outbox = mode.outbox();
            Random random = new Random(seed + round);
            write(database, outbox, random, false, WARM_UP, null);
            database.run("checkpoint");
            write(database, outbox, random, false, WARM_UP, null); // pages go whole into the log the first time
            long statements = Asking.number(database, STATEMENTS);
            long position = position(database);
            long begun = System.nanoTime();
            write(database, outbox, random, false, ALONE, null);
            double micros = (System.nanoTime() - begun) / 1000.0 / ALONE;
            double walBytes = (position(database) - position) / (double) ALONE;
            double each = (Asking.number(database, STATEMENTS) - statements - 2) / (double) ALONE;
            Histogram histogram = together(database, outbox, round);
            return new WriteReading(
                    mode,
                    round,
                    histogram.getTotalCount() / (double) lasting.toSeconds(),
                    histogram.getValueAtPercentile(50) / 1e6,
                    histogram.getValueAtPercentile(99) / 1e6,
                    micros,
                    walBytes,
                    each);
        } finally {
            server.dropDatabase(database);
        }
    }

    private static long position(Database database) throws SQLException {
        return Asking.number(database, "select (pg_current_wal_insert_lsn() - '0/0')::bigint");
    }

    /** Several connections, which wait for the disk. */
    private Histogram together(Database database, @Nullable Outbox outbox, int round) throws Exception {
        Histogram histogram = new ConcurrentHistogram(MOST_NANOS, DIGITS);
        ExecutorService threads = Executors.newFixedThreadPool(CONNECTIONS);
        try {
            List<Future<?>> writers = new ArrayList<>();
            for (int i = 0; i < CONNECTIONS; i++) {
                Random random = new Random(seed + round * 100L + i);
                writers.add(threads.submit(() -> {
                    write(database, outbox, random, true, Integer.MAX_VALUE, histogram);
                    return null;
                }));
            }
            for (Future<?> writer : writers) {
                writer.get();
            }
        } finally {
            threads.shutdownNow();
        }
        return histogram;
    }

    /**
     * Writes transactions on one connection.
     *
     * @param waiting for the disk, and until the time is over; else it is the number that ends it
     * @param histogram takes the time of each in nanoseconds; null if nobody asks
     */
    private void write(
            Database database,
            @Nullable Outbox outbox,
            Random random,
            boolean waiting,
            int count,
            @Nullable Histogram histogram)
            throws SQLException {
        try (Connection connection = database.connect()) {
            connection.createStatement().execute("set synchronous_commit = " + (waiting ? "on" : "off"));
            connection.setAutoCommit(false);
            long end = System.nanoTime() + lasting.toNanos();
            for (int i = 0; i < count && !(waiting && System.nanoTime() > end); i++) {
                long begun = System.nanoTime();
                try (PreparedStatement business = connection.prepareStatement(BUSINESS)) {
                    business.setString(1, "as it was");
                    business.executeUpdate();
                }
                if (outbox != null) {
                    outbox.append(
                            connection,
                            OutboxEvent.of(
                                    Workload.AGGREGATE_TYPE,
                                    "a-" + random.nextInt(AGGREGATES),
                                    "order-placed",
                                    Workload.payload(i, fill)));
                }
                connection.commit();
                if (histogram != null) {
                    histogram.recordValue(Math.min(MOST_NANOS, System.nanoTime() - begun));
                }
            }
        }
    }
}
