package dev.tidemark.bench;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.testkit.PostgresServer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** That the harness works, and that its gate is shut for who loses events. How fast anything is, is no matter here. */
class DrainIT {

    private static final List<String> JVM = List.of("-Xmx256m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1");

    @TempDir
    private Path folder;

    @Test
    void whoGetsEverythingCountsAndWhoLosesEventsIsVoid() throws Exception {
        List<Contender> systems =
                List.of(Contender.named("A2"), Contender.named("C:postgres"), Contender.named("lossy"));
        Workload workload = Workload.parse("10/200/10", 1000, 1);
        List<String> lines = new ArrayList<>();

        PostgresServer server = PostgresServer.shared();
        List<Reading> readings;
        try (Destinations destinations = new Destinations(server)) {
            readings = new Drain(server, destinations, null, JVM, folder, lines::add).run(workload, systems, 1);
        }

        assertThat(readings).as(String.join("\n", lines)).hasSize(3);
        for (Reading reading : readings.subList(0, 2)) {
            assertThat(reading.complaint()).isEmpty();
            assertThat(reading.verdict()).isEqualTo(new Gate.Verdict(0, 0, 0, 0));
            assertThat(reading.counts()).isTrue();
        }
        assertThat(readings.get(2).verdict().missing()).isEqualTo(11);
        assertThat(readings.get(2).counts()).isFalse();
        assertThat(Tables.drain(systems, readings).lines().filter(line -> line.contains("VOID")))
                .singleElement()
                .asString()
                .startsWith("| lossy");
    }
}
