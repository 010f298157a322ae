package dev.tidemark.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class BenchCommandTest {

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... arguments) {
        CommandLine line = BenchCommand.commandLine();
        line.setOut(new PrintWriter(out));
        line.setErr(new PrintWriter(err));
        return line.execute(arguments);
    }

    @Test
    void helpNamesAllSystems() {
        assertThat(run("--help")).isZero();
        assertThat(out.toString())
                .contains("pg_recvlogical")
                .contains("--workload")
                .contains("VOID");
        assertThat(Contender.all())
                .allSatisfy(system -> assertThat(out.toString()).contains(system.name()));
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = " | ",
            value = {
                "--rounds=0              | --rounds must be from 1 to 100, but was: 0",
                "--events=7              | --events must be from 100 to 50000000, but was: 7",
                "--systems=Z             | --systems: there is no system Z; there are A",
                "--systems=C,D:redis     | --systems: Debezium Server is not in",
                "--workload=1/2          | such as 10/200/10000, but was: 1/2",
                "--measure=mood          | --measure must be of drain",
                "--speed=9               | Unknown option"
            })
    void whatIsWrongIsNamed(String argument, String message) {
        assertThat(run(argument.strip())).isEqualTo(2);
        assertThat(err.toString()).contains(message);
    }
}
