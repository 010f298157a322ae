package dev.tidemark.torture;

import dev.tidemark.testkit.PostgresServer;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Rows of the matrix in which links, receivers or the table are at fault, under load, checked as those of {@link FaultRowsIT}. */
class LinkRowsIT {

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
    @DisplayName("Row 7: a receiver that is frozen holds up itself, and gets all when it is thawed")
    void aFrozenReceiverGetsAllWhenItIsThawed() throws Exception {
        Matrix.survives(server, 7, new ReceiverFrozen(), new ReceiverDown());
    }

    @Test
    @DisplayName("Row 8: a bad link to Postgres, slow, trickling, cut, half open, reset, loses nothing")
    void aBadLinkLosesNothing() throws Exception {
        Fault[] ways = new Fault[BadLink.WAYS];
        for (int way = 0; way < ways.length; way++) {
            ways[way] = new OneWay(way);
        }
        Matrix.survives(server, 8, ways);
    }

    @Test
    @DisplayName("Row 9: an event whose answer was lost comes again with the same id, and has one effect")
    void anEventWhoseAnswerWasLostHasOneEffect() throws Exception {
        Matrix.survives(server, 9, Matrix.times(3, new ReceiverSilent()));
    }

    @Test
    @DisplayName("Row 17: events that are rejected under load come when they are retried")
    void eventsThatAreRejectedComeWhenTheyAreRetried() throws Exception {
        Matrix.survives(server, 17, Matrix.times(2, new ReceiverReject()));
    }

    @Test
    @DisplayName("Row 24: a column that is added to the outbox under load loses nothing")
    void aColumnThatIsAddedLosesNothing() throws Exception {
        Matrix.survives(server, 24, Matrix.times(2, new AlterTable()));
    }

    private record OneWay(int way) implements Fault {

        @Override
        public String name() {
            return "proxy-" + way;
        }

        @Override
        public String description() {
            return name();
        }

        @Override
        public void inject(Random random, World world) throws InterruptedException {
            BadLink.inject(way, random, world);
        }
    }
}
