package dev.tidemark.relay.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.tidemark.relay.config.Secret;
import dev.tidemark.relay.config.SourceConfig;
import dev.tidemark.relay.migrate.Migration;
import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.HistoryChecker;
import dev.tidemark.testkit.Outcome;
import dev.tidemark.testkit.PostgresServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A relay is killed while it stores what a new subscriber begins with, under load; the next one goes on with it. */
class StartRetainedIT {

    private static final int AGGREGATES = 50;
    private static final int RETAINED = 5000;
    private static final int STUCK_AT = 2600;

    @TempDir
    private Path directory;

    private final PostgresServer server = PostgresServer.start();
    private final Database database = server.createDatabase();
    private final HistoryChecker checker = new HistoryChecker().subscriber("late");
    private final AtomicInteger received = new AtomicInteger();
    private final ExecutorService writer = Executors.newSingleThreadExecutor();
    private int written; // the writer's, once there is one
    private HttpServer receiver;

    @BeforeEach
    void prepare() throws Exception {
        receiver = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        receiver.createContext("/", this::receive);
        receiver.start();
        Migration.of(SourceConfig.builder()
                        .url(database.url())
                        .user(database.user())
                        .password(Secret.of(database.password()))
                        .build())
                .run(line -> {});
    }

    @AfterEach
    void close() {
        writer.shutdownNow();
        receiver.stop(0);
        server.close();
    }

    @Test
    void aRelayThatIsKilledWhileItStoresThemLosesNoneAndSwapsNone() throws Exception {
        write(RETAINED);
        database.run("select pg_replication_slot_advance('tidemark_outbox', pg_current_wal_lsn())");
        database.run("update tidemark.relay r set acknowledged_lsn = s.confirmed_flush_lsn"
                + " from pg_replication_slots s where s.slot_name = r.slot");
        AtomicBoolean writes = new AtomicBoolean(true);
        Future<?> writing = writer.submit(() -> {
            while (writes.get()) {
                write(1 + written % 3);
            }
            return null;
        });
        Process relay;
        try (Connection inTheWay = database.connect()) {
            inTheWay.setAutoCommit(false);
            try (Statement statement = inTheWay.createStatement()) {
                statement.execute("insert into tidemark.backlog (subscriber, id, bucket, hash, state, cause,"
                        + " committed_at, passed_lsn) values ('late', '" + id(STUCK_AT)
                        + "', 0, 0, 'dead', 'rejected', now(), '0/1')");
            }
            relay = relay();
            try {
                await().atMost(Duration.ofMinutes(3)).until(() -> count("position < 0") > STUCK_AT / 2);
                await().atMost(Duration.ofMinutes(3)).until(() -> count("position > 0") > 100);
            } finally {
                relay.destroyForcibly().waitFor();
            }
            assertThat(received).as("nothing is delivered yet").hasValue(0);
            inTheWay.rollback();
        }
        relay = relay();
        try {
            await().atMost(Duration.ofMinutes(2)).until(() -> received.get() > RETAINED / 2);
            writes.set(false);
            writing.get();
            await().atMost(Duration.ofMinutes(2)).until(checker::isComplete);
        } finally {
            relay.destroyForcibly().waitFor();
        }

        assertThat(checker.report().isClean())
                .as(checker.report().toString() + log())
                .isTrue();
        assertThat(checker.report().duplicates()).isZero();
        assertThat(checker.report().written()).isGreaterThan(RETAINED);
    }

    /** So many events in a transaction, by versions that are without a gap in each aggregate. */
    private void write(int events) throws SQLException {
        try (Connection connection = database.connect();
                PreparedStatement insert = connection.prepareStatement("""
                        insert into outbox (id, source, aggregatetype, aggregateid, aggregateversion, type, payload)
                        values (?, 'orders', 'order', ?, ?, 'order-placed', '{}')""")) {
            connection.setAutoCommit(false);
            int first = written;
            for (; written < first + events; written++) {
                insert.setObject(1, id(written));
                insert.setString(2, aggregate(written));
                insert.setLong(3, version(written));
                insert.addBatch();
            }
            insert.executeBatch();
            connection.commit();
            for (int number = first; number < written; number++) {
                checker.wrote(id(number), aggregate(number), version(number), Outcome.COMMITTED);
            }
        }
    }

    private static UUID id(int number) {
        return new UUID(0x0193_4f00_0000_7000L, 0x8000_0000_0000_0000L | number);
    }

    private static String aggregate(int number) {
        return "a" + number % AGGREGATES;
    }

    private static long version(int number) {
        return 1L + number / AGGREGATES;
    }

    private void receive(HttpExchange exchange) throws IOException {
        checker.delivered(
                "late",
                UUID.fromString(exchange.getRequestHeaders().getFirst("ce-id")),
                exchange.getRequestHeaders().getFirst("ce-subject"),
                Long.valueOf(exchange.getRequestHeaders().getFirst("ce-aggregateversion")));
        received.incrementAndGet();
        exchange.sendResponseHeaders(204, -1);
        exchange.close();
    }

    private int count(String condition) throws SQLException {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("select count(*) from tidemark.backlog where " + condition)) {
            row.next();
            return row.getInt(1);
        }
    }

    private Process relay() throws IOException {
        Path config = Files.writeString(directory.resolve("relay.yaml"), """
                source: { url: "%s", user: "%s", password: "${env:RELAY_PASSWORD}" }
                subscribers:
                  - name: late
                    start: retained
                    http: { url: "http://localhost:%d/" }
                ops: { port: 0 }
                """.formatted(
                        database.url(), database.user(), receiver.getAddress().getPort()));
        ProcessBuilder process = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1", // short-lived, and many at once
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "relay",
                "--config",
                config.toString());
        process.environment().put("RELAY_PASSWORD", database.password());
        process.redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(
                        directory.resolve("log").toFile()));
        return process.start();
    }

    private String log() throws IOException {
        return "\n" + Files.readString(directory.resolve("log"));
    }
}
