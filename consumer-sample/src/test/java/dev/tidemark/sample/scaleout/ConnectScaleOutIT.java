package dev.tidemark.sample.scaleout;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.inbox.Inbox;
import dev.tidemark.inbox.InboxListener;
import dev.tidemark.inbox.KafkaSubscription;
import dev.tidemark.inbox.Reading;
import dev.tidemark.outbox.Outbox;
import dev.tidemark.outbox.OutboxEvent;
import dev.tidemark.outbox.Storage;
import dev.tidemark.relay.config.Secret;
import dev.tidemark.relay.config.SourceConfig;
import dev.tidemark.relay.migrate.Migration;
import dev.tidemark.sample.Calls;
import dev.tidemark.testkit.Broker;
import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.HistoryChecker;
import dev.tidemark.testkit.PostgresServer;
import dev.tidemark.testkit.Report;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.Queue;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The configuration of {@code docs/scale-out.md}: Kafka Connect and Debezium's outbox event router read the outbox, and
 * {@link KafkaSubscription} handles what they write as it handles what the relay writes.
 */
@Tag("long")
class ConnectScaleOutIT {

    private static final int AGGREGATES = 40;
    private static final int VERSIONS = 50;
    private static final int EVENTS = AGGREGATES * VERSIONS;
    private static final Duration PATIENCE = Duration.ofMinutes(5);
    private static final String CONNECTOR = "outbox";
    private static final String PASSWORD = "s3cret";
    private static final int IMPORTED = 30_000;
    private static final String ROW_BY_ROW = """
            create function outbox_row_by_row() returns trigger language plpgsql as 'begin return new; end';
            create trigger row_by_row before insert on outbox for each row execute function outbox_row_by_row();""";
    private static final String REFUSES_WAL_ONLY =
            "revoke execute on function outbox_append_wal_only from tidemark_writer";

    private final HistoryChecker history = new HistoryChecker()
            .subscriber("topics")
            .subscriber("inbox", event -> !event.aggregate().contains("/" + ScaleOutImport.TYPE + "/"));
    private final AtomicInteger handled = new AtomicInteger();
    private final Queue<String> failures = new ConcurrentLinkedQueue<>();

    @Test
    void whatConnectWritesIsHandledLikeWhatTheRelayWritesAlsoAfterItsWorkerWasKilled(@TempDir Path directory)
            throws Exception {
        Broker.requireOwn("kafka");
        ConnectWorker.require();
        long seed = Long.getLong("tidemark.seed", new SecureRandom().nextInt(1_000_000));
        System.out.println("scale-out: seed " + seed);
        try (PostgresServer server = PostgresServer.start();
                Broker kafka = Broker.own("kafka")) {
            Database source = source(server);
            Database writer = source.as("shop_app", PASSWORD);
            assertWalOnlyIsRefused(writer);
            ScaleOutTopics topics = new ScaleOutTopics(kafka);
            Database replica = server.createDatabase("reporting");
            ScaleOutWriters writers = new ScaleOutWriters(writer, history, EVENTS / 4);
            Future<?> writing = writers.start(AGGREGATES, VERSIONS, seed); // before Connect is there: it has a slot
            try (ConnectCluster connect = ConnectCluster.start(
                            directory, kafka, text("scale-out/worker.properties"), environment(source));
                    HikariDataSource pool = new HikariDataSource(Calls.migrated(replica))) {
                replica.run("create table effect (id uuid not null)");
                connect.run(CONNECTOR, text("scale-out/connector.json"));
                try (Reading reading = subscription(kafka, pool, writers).start()) {
                    until(connect, reading, () -> handled.get() >= EVENTS / 2);
                    ScaleOutImport imported = new ScaleOutImport(IMPORTED);
                    imported.copyInto(writer, writers.written(), history);
                    until(connect, reading, () -> topics.hasBegun(ScaleOutImport.TYPE));
                    connect.kill9RunnerOf(CONNECTOR); // in the middle of the import
                    long killed = System.nanoTime();
                    connect.awaitRunnerOf(CONNECTOR);
                    System.out.println("scale-out: another worker runs the task after "
                            + TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - killed) + " ms");
                    until(connect, reading, writing::isDone);
                    writing.get();
                    writers.writeLast(); // Connect sends in the order of commits: with it, all others are there
                    until(connect, reading, () -> handled.get() >= EVENTS + 1);
                }
            }
            int records = topics.compare(writers.written(), history);
            System.out.println("scale-out: " + records + " records for " + (EVENTS + 1 + IMPORTED) + " events");
            for (String id : Calls.column(replica, "select id from effect")) {
                history.tookEffect("inbox", UUID.fromString(id));
            }
        }
        Report report = history.report();
        System.out.println("scale-out: " + report.summary());
        assertThat(report.isClean()).as(report.toString()).isTrue();
        assertThat(report.written()).isEqualTo(EVENTS + 1 + IMPORTED);
    }

    @Test
    void thePageShowsTheFilesThatTheOtherTestRuns() throws Exception {
        assertThat(text("scale-out.md"))
                .contains(text("scale-out/connector.json").strip())
                .contains(text("scale-out/worker.properties").strip())
                .contains(REFUSES_WAL_ONLY)
                .contains(ROW_BY_ROW.lines().toList());
    }

    private void until(ConnectCluster connect, Reading reading, Callable<Boolean> condition) {
        try {
            Awaitility.await().atMost(PATIENCE).until(condition);
        } catch (ConditionTimeoutException e) {
            throw new AssertionError(handled + " handled; " + reading.trouble() + failures + "\n" + connect.logs(), e);
        }
    }

    /** As {@code tidemark migrate --roles} makes it; events that would only be in the log are refused. */
    private static Database source(PostgresServer server) throws Exception {
        Database source = server.createDatabase("shop");
        SourceConfig config = SourceConfig.builder()
                .url(source.url())
                .user(source.user())
                .password(Secret.of(source.password()))
                .slot("tidemark_connect")
                .build();
        new Migration(config, true, true, Migration.Existing.REFUSE, Migration.DEFAULT_PATIENCE).run(step -> {});
        source.run("alter role tidemark_relay password '" + PASSWORD + "'");
        source.run(REFUSES_WAL_ONLY);
        source.run(ROW_BY_ROW);
        source.run("create role shop_app login password '" + PASSWORD + "' in role tidemark_writer");
        return source;
    }

    /** Nobody would read it: Connect reads rows. */
    private static void assertWalOnlyIsRefused(Database writer) throws SQLException {
        Outbox outbox =
                Outbox.builder().source("shop").storage(Storage.WAL_ONLY).build();
        try (Connection tx = writer.connect()) {
            tx.setAutoCommit(false);
            assertThatThrownBy(() -> outbox.append(tx, OutboxEvent.of("order", "1", "order-changed", "{}")))
                    .hasStackTraceContaining("permission denied for function outbox_append_wal_only");
        }
    }

    private static Map<String, String> environment(Database source) {
        URI at = URI.create(source.url().substring("jdbc:".length()));
        return Map.of(
                "OUTBOX_HOST", at.getHost(),
                "OUTBOX_PORT", Integer.toString(at.getPort()),
                "OUTBOX_DATABASE", source.name(),
                "OUTBOX_PASSWORD", PASSWORD);
    }

    private static String text(String file) throws Exception {
        return Files.readString(Path.of(System.getProperty("tidemark.docs"), file));
    }

    private KafkaSubscription subscription(Broker kafka, HikariDataSource pool, ScaleOutWriters writers) {
        KafkaSubscription.Builder subscription = KafkaSubscription.builder()
                .inbox(Inbox.builder("reporting")
                        .listener(new InboxListener() {
                            @Override
                            public void applied(Envelope event, Duration lag) {
                                handled.incrementAndGet();
                                writers.handled();
                            }

                            @Override
                            public void failed(@Nullable Envelope event, Exception failure) {
                                failures.add(event + ": " + failure);
                            }
                        })
                        .build())
                .dataSource(pool)
                .bootstrap(kafka.host() + ":" + kafka.port())
                .properties(Map.of("isolation.level", "read_committed"))
                .topics(ScaleOutWriters.TYPES.stream()
                        .map(type -> "events." + type)
                        .toArray(String[]::new));
        for (String type : ScaleOutWriters.TYPES) {
            subscription.on(type + "-changed", this::handle).on(type + "-deleted", this::handle);
        }
        return subscription.build();
    }

    private void handle(Connection tx, Envelope event) throws SQLException {
        history.delivered("inbox", event.id(), event.aggregate().toString(), event.aggregateVersion());
        try (PreparedStatement insert = tx.prepareStatement("insert into effect (id) values (?)")) {
            insert.setObject(1, event.id());
            insert.executeUpdate();
        }
    }
}
