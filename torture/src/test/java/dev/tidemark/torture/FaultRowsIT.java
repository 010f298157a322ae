package dev.tidemark.torture;

import dev.tidemark.testkit.PostgresServer;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Rows of the matrix that are one fault of a process under load. All checks of {@link Inspection} are made of each: C1 to C4, C6, C7. */
class FaultRowsIT {

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
    @DisplayName("Row 1: a relay that is killed at any point loses nothing")
    void aKilledRelayLosesNothing() throws Exception {
        Matrix.survives(server, 1, Matrix.times(3, new Kill()));
    }

    @Test
    @DisplayName("Row 4: nothing is lost when Postgres crashes")
    void aCrashOfPostgresLosesNothing() throws Exception {
        Matrix.survives(server, 4, Matrix.times(2, new PostgresCrash()));
    }

    @Test
    @DisplayName("Row 5: a relay whose walsender is ended goes on with the next")
    void aRelayWhoseWalsenderIsEndedGoesOn() throws Exception {
        Matrix.survives(server, 5, Matrix.times(3, new WalsenderEnd()));
    }

    @Test
    @DisplayName("Row 6: a relay that is frozen past its lease, and wakes up beside the next one, breaks nothing")
    void aRelayThatWakesUpPastItsLeaseBreaksNothing() throws Exception {
        Matrix.survives(server, 6, Matrix.times(2, new Freeze()));
    }

    @Test
    @DisplayName("Row 10: of two relays that are started at once exactly one leads")
    void ofTwoRelaysExactlyOneLeads() throws Exception {
        Matrix.survives(server, 10, Matrix.times(2, new Both()));
    }

    @Test
    @DisplayName("Row 27: an engine that is rebuilt while lanes retry loses and reorders nothing")
    void anEngineThatIsRebuiltWhileLanesRetryLosesNothing() throws Exception {
        Matrix.survives(server, 27, new UnderFailingReceivers(new WalsenderEnd()));
    }

    private record UnderFailingReceivers(Fault fault) implements Fault {

        @Override
        public String name() {
            return fault.name() + "-under-failing-receivers";
        }

        @Override
        public String description() {
            return name();
        }

        @Override
        public void inject(Random random, World world) throws Exception {
            for (String name : World.SUBSCRIBERS) {
                world.receiver(name).behave(Manner.always(Manner.Reaction.REFUSE));
            }
            fault.inject(random, world);
            for (String name : World.SUBSCRIBERS) {
                world.receiver(name).behave(Manner.GOOD);
            }
        }
    }
}
