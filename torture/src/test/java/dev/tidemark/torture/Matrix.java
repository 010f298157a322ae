package dev.tidemark.torture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.testkit.PostgresServer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** What rows of the matrix have in common: runs of one fault each, kept short. */
final class Matrix {

    /** Generous: the machine that builds may be slow, and runs four rows at once. */
    static final Duration RECOVERY = Duration.ofMinutes(3);

    private static final int EVENTS = 300;

    private Matrix() {}

    /** A run under load in which each of {@code faults} comes once, in this order; it must pass. */
    static void survives(PostgresServer server, long seed, Fault... faults) throws Exception {
        Verdict verdict = run(server, seed, Relays.honest(), faults);
        assertThat(verdict.passed()).as(verdict + "\n" + verdict.complaints()).isTrue();
        assertThat(verdict.injected()).hasSameSizeAs(faults);
    }

    static Verdict run(PostgresServer server, long seed, List<String> program, Fault... faults) throws Exception {
        RunOptions options = new RunOptions(List.of(faults), EVENTS, 100, RECOVERY, program);
        List<Integer> moments = IntStream.rangeClosed(1, faults.length)
                .mapToObj(i -> EVENTS * i / (faults.length + 1))
                .toList();
        Path folder = folder("seed-" + seed);
        return new TortureRun(options, seed).run(server, folder, new Schedule(moments, List.of(faults)));
    }

    /** Kept with the other results of the build. */
    static Path folder(String name) throws Exception {
        return Files.createTempDirectory(Files.createDirectories(Path.of("target", "torture")), name + "-");
    }

    /** The same fault, several times. */
    static Fault[] times(int times, Fault fault) {
        List<Fault> all = new ArrayList<>();
        for (int i = 0; i < times; i++) {
            all.add(fault);
        }
        return all.toArray(Fault[]::new);
    }
}
