package dev.tidemark.relay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What becomes of a process whose relay has failed. */
class RelayCommandTest {

    private static final Duration MARGIN = Duration.ofSeconds(60);

    @TempDir
    private Path directory;

    private Path config;
    private final List<Integer> halted = new ArrayList<>();
    private final List<Duration> waits = new ArrayList<>();

    @BeforeEach
    void configure() throws IOException {
        config = Files.writeString(directory.resolve("relay.yaml"), """
                source: { url: jdbc:postgresql://localhost:5432/orders, user: tidemark_relay, password: hunter2 }
                shutdown: { deadline: 7s }
                subscribers: [{ name: shipping, http: { url: "http://localhost:8081" } }]
                """);
    }

    /** A relay that has failed after two looks, and then takes so many waits to stop. */
    private final class Failing implements RelayStarter.Running {

        private final int stopsAfter;

        private Failing(int stopsAfter) {
            this.stopsAfter = stopsAfter;
        }

        @Override
        public boolean awaitStopped(Duration atMost) {
            waits.add(atMost);
            return waits.size() > stopsAfter;
        }

        @Override
        public Optional<Throwable> failure() {
            return waits.size() < 2 ? Optional.empty() : Optional.of(new OutOfMemoryError("no memory"));
        }

        @Override
        public void close() {
            // nothing is open
        }
    }

    @Test
    void aRelayThatHasFailedAndDoesNotStopIsEndedWithItsProcess() {
        assertThat(run(Integer.MAX_VALUE)).isEqualTo(1);
        assertThat(halted).containsExactly(1);
        assertThat(waits).hasSize(3).last().isEqualTo(Duration.ofSeconds(67));
    }

    @Test
    void aRelayThatHasFailedHasItsTimeToStop() {
        assertThat(run(2)).isEqualTo(1);
        assertThat(halted).isEmpty();
        assertThat(waits).hasSize(3);
    }

    private int run(int stopsAfter) {
        RelayCommand command = new RelayCommand(read -> new Failing(stopsAfter), MARGIN, halted::add);
        return new CommandLine(command).execute("--config", config.toString());
    }
}
