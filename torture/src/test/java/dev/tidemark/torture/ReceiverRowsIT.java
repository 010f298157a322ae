package dev.tidemark.torture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.testkit.PostgresServer;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Rows 19, 20 and 23: receivers that put off, hang and die. */
class ReceiverRowsIT {

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
    @DisplayName(
            "Row 19: a receiver that answers 429 with Retry-After is left in peace that long, and not stormed after")
    void aReceiverThatPutsOffIsLeftInPeace() throws Exception {
        RelaySettings settings = new RelaySettings(Relays.honest(), RelaySettings.SHORT_LIVED, 2, 10, 1000, "");
        try (Row row = Row.on(server, 19, settings)) {
            Receiver receiver = row.receiver(World.PLAIN);
            receiver.behave(Manner.always(Manner.Reaction.PUT_OFF));
            long began = System.nanoTime();
            row.commit(Way.BATCH, Row.changes("k", 60, 30));
            row.awaitTaken(World.MOODY, 60);
            row.await(() -> receiver.requests() >= 6, "the receiver was asked again");
            long asked = receiver.requests(); // first: more come while the clock is read
            long seconds = 2 + (System.nanoTime() - began) / 1_000_000_000L;
            assertThat(asked)
                    .as("2 lanes, a batch of 10 each, once a second, for %d s", seconds)
                    .isLessThanOrEqualTo(2 * 10 * seconds);

            int before = receiver.requests();
            receiver.behave(Manner.GOOD);
            row.awaitTaken(World.PLAIN, 60);
            assertThat(receiver.requests() - before).isLessThanOrEqualTo(60 + 2 * 10);
            row.passes();
        }
    }

    @Test
    @DisplayName("Row 20: a consumer that dies between effect and answer has one effect of each event")
    void aConsumerThatDiesBetweenEffectAndAnswerHasOneEffect() throws Exception {
        try (Row row = Row.on(server, 20);
                ConsumerProcess consumer = consumer(row)) {
            row.receiver(World.INBOX).takeBy(consumer);
            consumer.start(1);
            row.commit(Way.COPY, Row.changes("k", 60, 15));
            for (int dies : List.of(20, 0)) {
                assertThat(consumer.awaitDeath()).isTrue();
                consumer.start(dies);
            }
            row.passes();
        }
    }

    @Test
    @DisplayName("Row 23: a receiver that is killed under load loses nothing")
    void aReceiverThatIsKilledLosesNothing() throws Exception {
        try (Row row = Row.on(server, 23);
                ConsumerProcess consumer = consumer(row)) {
            row.receiver(World.INBOX).takeBy(consumer);
            consumer.start(0);
            for (int round = 1; round <= 2; round++) {
                row.commit(Way.COPY, Row.changes("k", 150, 15));
                row.awaitTaken(World.INBOX, 150 * round - 100);
                consumer.kill();
                consumer.start(0);
            }
            row.passes();
        }
    }

    private static ConsumerProcess consumer(Row row) throws Exception {
        return new ConsumerProcess(
                row.world().consumer().database(), Matrix.folder("consumer").resolve("consumer.log"));
    }
}
