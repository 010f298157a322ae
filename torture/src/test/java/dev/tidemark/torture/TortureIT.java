package dev.tidemark.torture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.DisplayName;
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
    @DisplayName("Rows 1 to 10, 17, 24 and 27 at random: three seeds of all faults pass")
    void threeSeedsOfAllFaultsPass() throws Exception {
        String logs = Matrix.folder("seeds").toString();

        int code = run("--seeds", "3", "--seed", "101", "--recovery", "180", "--events", "600", "--logs", logs);

        assertThat(code).as(out.toString()).isZero();
        List<String> lines = out.toString().lines().toList();
        assertThat(lines).hasSize(4);
        assertThat(lines.get(0)).startsWith("seed=101 written=").contains(" lost=0 reordered=0 ", "effects-twice=0");
        assertThat(lines.get(3)).startsWith("3 runs, ").endsWith("all passed");
    }
}
