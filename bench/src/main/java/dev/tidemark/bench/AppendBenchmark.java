package dev.tidemark.bench;

import dev.tidemark.envelope.Receipt;
import dev.tidemark.outbox.Outbox;
import dev.tidemark.outbox.OutboxEvent;
import dev.tidemark.testkit.PostgresServer;
import java.sql.Connection;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** One event appended to a real outbox, with the commit, which does not wait for the disk. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
@SuppressWarnings("NullAway.Init") // set up by JMH
public class AppendBenchmark {

    private static final int AGGREGATES = 10_000;

    private PostgresServer server;
    private Connection connection;
    private Outbox outbox;
    private String payload;
    private int number;

    /** Starts a server of its own. */
    @Setup
    public void prepare() throws Exception {
        server = PostgresServer.builder().setting("synchronous_commit", "off").start();
        dev.tidemark.testkit.Database database = server.createDatabase();
        Drain.migrate(database, "bench_append");
        connection = database.connect();
        connection.setAutoCommit(false);
        outbox = Outbox.builder().source(Workload.SOURCE).build();
        payload = Workload.payload(0, new Workload(1, 1, 200, 1, 1).fills()[0]);
    }

    /** Checks, makes ids, and sends one statement and the commit. */
    @Benchmark
    public Receipt append() throws Exception {
        Receipt receipt = outbox.append(connection, event());
        connection.commit();
        return receipt;
    }

    /** What of that happens here, and not in the database. */
    @Benchmark
    public OutboxEvent event() {
        number = (number + 1) % AGGREGATES;
        return OutboxEvent.of(Workload.AGGREGATE_TYPE, "a-" + number, "order-placed", payload);
    }

    /** Ends the server. */
    @TearDown
    public void end() throws Exception {
        connection.close();
        server.close();
    }
}
