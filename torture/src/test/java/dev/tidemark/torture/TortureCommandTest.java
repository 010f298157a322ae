package dev.tidemark.torture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class TortureCommandTest {

    private final StringWriter out = new StringWriter();

    private int run(String... arguments) {
        CommandLine line = TortureCommand.commandLine();
        line.setOut(new PrintWriter(out, true));
        line.setErr(new PrintWriter(out, true));
        return line.execute(arguments);
    }

    @Test
    void theHelpNamesEveryFault() {
        assertThat(run("--help")).isZero();
        assertThat(Faults.all())
                .isNotEmpty()
                .allSatisfy(fault ->
                        assertThat(out.toString()).contains(fault.name() + " ").contains(fault.description()));
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = " | ",
            value = {
                "--faults=kil    | there is no fault kil; there are alter-table, both, freeze, kill, ",
                "--seeds=0       | --seeds must be 1 or more, but was: 0",
                "--at-once=0     | --at-once must be from 1 to 64, but was: 0",
                "--events=99     | --events must be from 100 to 10000000, but was: 99",
                "--recovery=0    | --recovery must be from 1 to 3600, but was: 0",
                "--postgres=14   | --postgres must be 15, 16, 17 or 18, but was: 14"
            })
    void whatIsWrongIsNamed(String argument, String complaint) {
        assertThat(run(argument)).isEqualTo(2);
        assertThat(out.toString()).contains(complaint);
    }
}
