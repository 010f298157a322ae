package dev.tidemark.torture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.testkit.PostgresServer;
import dev.tidemark.torture.BrokenRelay.Fault;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Relays that are broken on purpose are found out: each check can fail. */
class BrokenRelayIT {

    private static PostgresServer server;

    @BeforeAll
    static void startServer() {
        server = PostgresServer.start();
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    private static Verdict run(Fault fault) throws Exception {
        RunOptions options = new RunOptions(List.of(), 200, 50, Duration.ofSeconds(15), BrokenRelay.program(fault));
        return new TortureRun(options, 1).run(server, Matrix.folder("broken"), new Schedule(List.of(), List.of()));
    }

    @Test
    void acknowledgingBeforeDeliveryIsFoundOutEvenIfNothingWasLost() throws Exception {
        Verdict verdict = run(Fault.ACKNOWLEDGES_EARLY);

        assertThat(verdict.problems()).anyMatch(problem -> problem.startsWith("C6: "));
    }

    @Tag("long")
    @Test
    void deliveringBackwardsIsFoundOut() throws Exception {
        Verdict verdict = run(Fault.DELIVERS_BACKWARDS);

        assertThat(verdict.report().reordered()).isNotEmpty();
        assertThat(verdict.passed()).isFalse();
    }

    @Tag("long")
    @Test
    void forgettingIsFoundOut() throws Exception {
        Verdict verdict = run(Fault.FORGETS);

        assertThat(verdict.report().lost()).isNotEmpty();
        assertThat(verdict.problems()).anyMatch(problem -> problem.startsWith("C7: "));
    }

    @Tag("long")
    @Test
    void repeatingWithoutACauseIsFoundOut() throws Exception {
        Verdict verdict = run(Fault.REPEATS);

        assertThat(verdict.problems()).anyMatch(problem -> problem.startsWith("C3: "));
    }
}
