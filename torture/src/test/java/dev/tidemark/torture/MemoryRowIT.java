package dev.tidemark.torture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.testkit.PostgresServer;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Row 21: a relay with {@code -Xmx256m} is not killed by many events, nor by big ones. How many is for a build that is to
 * end soon; {@code -Dtidemark.torture.many=1000000} is for a machine with time.
 */
class MemoryRowIT {

    private static final int MANY = Integer.getInteger("tidemark.torture.many", 10_000);
    private static final int STEP = 500;
    private static final int TEN_MEBIBYTES = 10 << 20;
    private static final RelaySettings SETTINGS =
            new RelaySettings(Relays.honest(), List.of("-Xmx256m", "-XX:+UseSerialGC"), 4, 100, 5000, "");

    private static PostgresServer server;

    @BeforeAll
    static void startServer() {
        server = PostgresServer.start();
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    @Test
    @DisplayName("Row 21: one transaction of very many events")
    void oneTransactionOfManyEvents() throws Exception {
        try (Row row = Row.on(server, 21, SETTINGS)) {
            row.commit(Way.COPY, Row.changes("k", MANY, 1000));
            awaitSteps(row, World.SUBSCRIBERS);
            passes(row);
        }
    }

    @Test
    @DisplayName("Row 21: payloads of 10 MiB")
    void payloadsOfTenMebibytes() throws Exception {
        String big = "x".repeat(TEN_MEBIBYTES);
        try (Row row = Row.on(server, 21, SETTINGS)) {
            for (int i = 0; i < 12; i++) {
                Change change = new Change("big-" + i % 4, i + big);
                row.commit(Way.RETAINED, List.of(change, new Change("small-" + i % 4, "v" + i)));
            }
            passes(row);
        }
    }

    @Tag("long")
    @Test
    @DisplayName("Row 21: a subscriber that is down for very many events")
    void aSubscriberThatIsDownForManyEvents() throws Exception {
        try (Row row = Row.on(server, 21, SETTINGS)) {
            row.receiver(World.PLAIN).goDown();
            for (int i = 0; i < MANY; i += STEP) {
                row.commit(Way.COPY, Row.changes("k", STEP, 100));
            }
            awaitSteps(row, List.of(World.INBOX, World.MOODY));
            row.await(row.world()::allIsAcknowledged, "all is acknowledged");
            row.receiver(World.PLAIN).comeBack();
            awaitSteps(row, List.of(World.PLAIN));
            passes(row);
        }
    }

    private static void passes(Row row) throws Exception {
        row.passes();
        assertThat(row.world().relay().log()).doesNotContain("OutOfMemoryError");
    }

    /** As long as it goes on it may take its time. */
    private static void awaitSteps(Row row, List<String> subscribers) throws InterruptedException {
        for (int taken = STEP; taken <= MANY; taken += STEP) {
            for (String subscriber : subscribers) {
                row.awaitTaken(subscriber, taken);
            }
        }
    }
}
