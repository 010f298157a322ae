package dev.tidemark.torture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** A few seeds of what {@code tidemark torture} does with hundreds. */
class TortureIT {

    private final StringWriter out = new StringWriter();

    private int run(String... arguments) throws Exception {
        CommandLine line = TortureCommand.commandLine();
        line.setOut(new PrintWriter(out, true));
        line.setErr(new PrintWriter(out, true));
        return line.execute(arguments);
    }

    @Test
    @DisplayName("Rows 1 to 10, 17, 24 and 27 at random: a seed of all faults passes")
    void aSeedOfAllFaultsPasses() throws Exception {
        pass(1, 103, 1);
    }

    @Test
    @Tag("long")
    @DisplayName("Rows 1 to 10, 17, 24 and 27 at random: three more seeds of all faults pass, two at once")
    void threeMoreSeedsOfAllFaultsPass() throws Exception {
        pass(3, 100, 2);
    }

    private void pass(int seeds, int first, int atOnce) throws Exception {
        String logs = Matrix.folder("seeds").toString();

        int code = run(
                "--seeds",
                Integer.toString(seeds),
                "--seed",
                Integer.toString(first),
                "--at-once",
                Integer.toString(atOnce),
                "--recovery",
                "180",
                "--events",
                "600",
                "--logs",
                logs);

        assertThat(code).as(out.toString()).isZero();
        List<String> lines = out.toString().lines().toList();
        assertThat(lines).hasSize(seeds + 1);
        assertThat(lines.subList(0, seeds))
                .allSatisfy(line -> assertThat(line).contains(" lost=0 reordered=0 ", "effects-twice=0"))
                .extracting(line -> line.substring(0, line.indexOf(" written=")))
                .containsExactlyInAnyOrderElementsOf(IntStream.range(first, first + seeds)
                        .mapToObj(seed -> "seed=" + seed)
                        .toList());
        assertThat(lines.get(seeds)).startsWith(seeds + " runs, ").endsWith("all passed");
    }
}
