package dev.tidemark.torture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;

/** A world for one row of the matrix, in which a test does by hand what is to be done. */
final class Row implements AutoCloseable {

    private static final Duration LOOKS_EVERY = Duration.ofMillis(50);

    private final World world;
    private final Appending appending = new Appending();
    private final List<String> problems = new ArrayList<>();

    private Row(World world) {
        this.world = world;
    }

    /** With receivers that all behave well. */
    static Row on(PostgresServer server, int row) throws Exception {
        return on(server, row, RelaySettings.draw(Relays.honest(), new Random(row)));
    }

    static Row on(PostgresServer server, int row, RelaySettings relay) throws Exception {
        WorldSettings settings = new WorldSettings(relay, Manner.GOOD);
        return new Row(World.build(server, Matrix.folder("row-" + row), settings));
    }

    /** Consumers have a server of their own, which does not go back or down with {@code server}. */
    static Row apart(PostgresServer server, int row, RelaySettings relay) throws Exception {
        WorldSettings settings = new WorldSettings(relay, Manner.GOOD);
        return new Row(World.build(server, PostgresServer.shared(), Matrix.folder("row-" + row), settings));
    }

    World world() {
        return world;
    }

    Receiver receiver(String name) {
        return world.receiver(name);
    }

    Transaction begin() throws SQLException {
        return Transaction.begin(world.writing(), world.ledger(), appending);
    }

    void commit(Way way, List<Change> changes) throws Exception {
        try (Transaction transaction = begin()) {
            transaction.write(way, changes);
            assertThat(transaction.commit()).isEqualTo(changes.size());
        }
    }

    /** {@code count} changes of {@code keys} items. */
    static List<Change> changes(String prefix, int count, int keys) {
        List<Change> changes = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            changes.add(new Change(prefix + i % keys, "v" + i));
        }
        return changes;
    }

    /** Takes {@code count} events, and answers no further one until it is told to behave otherwise. */
    static Manner hangingAfter(int count) {
        AtomicInteger taken = new AtomicInteger();
        return event -> taken.incrementAndGet() <= count ? Manner.Reaction.TAKE : Manner.Reaction.HANG;
    }

    void kill() throws InterruptedException {
        world.interrupted();
        world.relay().kill();
        world.relay().awaitDeath();
    }

    void start() throws Exception {
        world.relay().start();
        world.relay().awaitReady();
    }

    void awaitTaken(String subscriber, int count) throws InterruptedException {
        await(() -> world.ledger().taken(subscriber) >= count, subscriber + " took " + count + " events");
    }

    void await(BooleanSupplier condition, String what) throws InterruptedException {
        long deadline = System.nanoTime() + Matrix.RECOVERY.toNanos();
        while (!world.ledger().await(condition, LOOKS_EVERY)) {
            assertThat(System.nanoTime())
                    .as(
                            "%s within %s; the relay says:%n%s",
                            what, Matrix.RECOVERY, world.relay().log())
                    .isLessThan(deadline);
        }
    }

    /** The first column of the first row, in the source's database. */
    String single(String sql) {
        try (Connection connection = world.source().connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            return row.next() ? String.valueOf(row.getString(1)) : "";
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    /** Executes statements in the source's database, each in a transaction of its own. */
    void run(String sql) {
        try {
            world.source().run(sql);
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    /** All that was committed arrives, in order, once in its effect, and is acknowledged. */
    void passes() throws Exception {
        Inspection inspection = new Inspection(world, Matrix.RECOVERY, problems);
        inspection.settle(System.nanoTime());
        Verdict verdict = inspection.verdict(0, List.of());
        assertThat(verdict.passed()).as(verdict + "\n" + verdict.complaints()).isTrue();
    }

    /**
     * C8: the relay ends by itself, with 1, and its log has an ERROR, or what the command says that could not start
     * it, with all of {@code words}.
     */
    void stopsLoudly(String... words) throws InterruptedException {
        Integer code = world.relay().awaitExit(Matrix.RECOVERY);
        String log = world.relay().log();
        assertThat(code).as(log).isEqualTo(1);
        assertThat(log.lines()
                        .filter(line -> line.contains(" ERROR ") || line.startsWith("Failed: "))
                        .toList())
                .as(log)
                .anySatisfy(line -> assertThat(line).contains(words));
    }

    @Override
    public void close() {
        world.close();
    }
}
