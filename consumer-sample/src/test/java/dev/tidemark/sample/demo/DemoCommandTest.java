package dev.tidemark.sample.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class DemoCommandTest {

    private final StringWriter err = new StringWriter();

    private int execute(String arguments) {
        return new CommandLine(new DemoCommand())
                .setErr(new PrintWriter(err, true))
                .setOut(new PrintWriter(new StringWriter(), true))
                .execute(arguments.split(" "));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--events 99 --exit",
                "--events 1000001 --exit",
                "--events many --exit",
                "--kill -1 --exit",
                "--kill 51 --exit",
                "--seed x",
                "--postgres 14",
                "--postgres 19",
                "--via pigeon",
                "--via KAFKA",
                "--via kafka --kill-broker 21",
                "--via sqs --kill-broker 1",
                "--via postgres --kill-broker 1",
                "--kill-broker 1",
                "--kill-consumer -1",
                "--via redis --broken",
                "--no-such-option"
            })
    void whatCannotBeDoneIsRefusedWithExitCodeTwoAndAReason(String arguments) {
        assertThat(execute(arguments)).isEqualTo(2);
        assertThat(err.toString())
                .containsAnyOf(
                        "must be from",
                        "must be 15, 16, 17 or 18",
                        "Invalid value",
                        "Unknown",
                        "--kill-broker needs --via kafka, rabbitmq, nats or redis",
                        "--broken is for --via http");
    }

    @Test
    void whoMisspellsATransportIsToldWhichThereAre() {
        assertThat(execute("--via pigeon")).isEqualTo(2);
        assertThat(err.toString())
                .contains("'--via'", "http, kafka, rabbitmq, nats, redis, sqs, postgres", "but was: pigeon");
    }

    @Test
    void helpNamesTheExitCodes() {
        StringWriter out = new StringWriter();
        int code = new CommandLine(new DemoCommand())
                .setOut(new PrintWriter(out, true))
                .execute("--help");

        assertThat(code).isZero();
        assertThat(out.toString()).contains("--broken", "Exit codes:");
    }
}
