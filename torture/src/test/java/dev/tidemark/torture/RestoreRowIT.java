package dev.tidemark.torture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.envelope.CloudEventsHttp;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.relay.migrate.Migration;
import dev.tidemark.relay.migrate.Restore;
import dev.tidemark.testkit.PostgresServer;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Row 13: an older copy of the database comes back. Its system identifier, its timeline and all that is on record are
 * those of the past, so that only who has seen the future can tell: the relay that lived through it (C8), or consumers.
 */
class RestoreRowIT {

    private static final Duration STOPS_WITHIN = Matrix.RECOVERY;
    private static final Duration LOOKS_EVERY = Duration.ofMillis(50);

    @Tag("long")
    @Test
    @DisplayName("Row 13: an older copy that comes back under a relay stops it, which says so; once it is adopted,"
            + " consumers get what comes now, in a new epoch")
    void anOlderCopyStopsTheRelay() throws Exception {
        try (PostgresServer server = PostgresServer.start();
                Row row = Row.apart(server, 13, RelaySettings.draw(Relays.honest(), new Random(13)))) {
            writeAndAwait(row, Row.changes("k", 20, 10), 20);
            Path copy = copy(row);
            writeAndAwait(row, Row.changes("k", 30, 10), 50);

            row.world().forgotten();
            server.stopImmediately();
            awaitUnready(row);
            server.putBack(copy);
            server.restart();
            staysUnreadyToTheEnd(row);
            row.stopsLoudly("went back", row.world().slot(), "tidemark adopt-restore");

            adopt(row);
            recoversInANewEpoch(row, Row.changes("k", 20, 10));
        }
    }

    /** What the documentation says it cannot promise: nothing that the relay can ask has seen what was lost. */
    @Test
    @DisplayName("Row 13: an older copy that comes back while no relay runs is found out by a consumer, at a version"
            + " that was given twice; once it is adopted, all converges")
    void anOlderCopyThatComesBackUnseenIsFoundOutByAConsumer() throws Exception {
        try (PostgresServer server = PostgresServer.start();
                Row row = Row.apart(server, 13, RelaySettings.draw(Relays.honest(), new Random(13)))) {
            writeAndAwait(row, Row.changes("k", 3, 1), 3);
            Path copy = copy(row);
            writeAndAwait(row, Row.changes("k", 3, 1), 6);

            stop(row);
            server.stopImmediately();
            server.putBack(copy);
            server.restart();
            row.start();
            row.commit(Way.RETAINED, Row.changes("k", 3, 1)); // versions 4, 5 and 6, once more
            row.await(
                    () -> row.world()
                            .relay()
                            .log()
                            .lines()
                            .anyMatch(line -> line.contains(" ERROR ")
                                    && line.contains(World.INBOX + " ")
                                    && line.contains("409")),
                    "an ERROR about the event that " + World.INBOX + " rejects");

            stop(row);
            adopt(row);
            recoversInANewEpoch(row, Row.changes("k", 3, 1));
        }
    }

    private static void writeAndAwait(Row row, List<Change> changes, int total) throws Exception {
        row.commit(Way.RETAINED, changes);
        for (String subscriber : World.SUBSCRIBERS) {
            row.awaitTaken(subscriber, total);
        }
    }

    /** With the server stopped; then all goes on. */
    private static Path copy(Row row) throws InterruptedException {
        row.world().forgotten();
        row.world().server().stopImmediately();
        Path copy = row.world().server().copyFiles();
        row.world().server().restart();
        row.world().relay().awaitReady();
        return copy;
    }

    private static void stop(Row row) throws InterruptedException {
        row.world().interrupted();
        row.world().relay().stop();
        assertThat(row.world().relay().awaitExit(STOPS_WITHIN)).isEqualTo(0);
    }

    private static void awaitUnready(Row row) throws InterruptedException {
        while (row.world().relay().readiness().startsWith("200")) {
            row.world().pause(LOOKS_EVERY);
        }
    }

    private static void staysUnreadyToTheEnd(Row row) throws InterruptedException {
        long deadline = System.nanoTime() + Matrix.RECOVERY.toNanos();
        while (row.world().relay().awaitExit(LOOKS_EVERY) == null && System.nanoTime() < deadline) {
            assertThat(row.world().relay().readiness()).doesNotStartWith("200");
        }
    }

    private static void adopt(Row row) throws Exception {
        new Restore(
                        row.world().sourceConfig(),
                        Optional.empty(),
                        List.of(),
                        OptionalLong.empty(),
                        Migration.DEFAULT_PATIENCE)
                .run(step -> {});
    }

    private static void recoversInANewEpoch(Row row, List<Change> changes) throws Exception {
        Map<UUID, Long> epochs = new ConcurrentHashMap<>();
        row.receiver(World.PLAIN).takeBy((headers, body) -> {
            Envelope event = CloudEventsHttp.read(headers, body);
            epochs.put(event.id(), event.sourceEpoch());
            return 204;
        });
        row.start();
        Set<UUID> before = new HashSet<>(row.world().ledger().written());
        row.commit(Way.RETAINED, changes);
        Set<UUID> written = new HashSet<>(row.world().ledger().written());
        written.removeAll(before);
        row.await(() -> epochs.keySet().containsAll(written), "what was written later came");
        assertThat(epochs.values()).containsOnly(1L);
        row.await(() -> differences(row).isEmpty(), "the replica is equal");
        row.await(row.world()::allIsAcknowledged, "all is acknowledged");
        assertThat(row.world().relay().readiness()).startsWith("200");
    }

    private static List<String> differences(Row row) {
        try {
            return row.world().consumer().differences(row.world().source());
        } catch (SQLException e) {
            throw new IllegalStateException("source and replica cannot be compared", e);
        }
    }
}
