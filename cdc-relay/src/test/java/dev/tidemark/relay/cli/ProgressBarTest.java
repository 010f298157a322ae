package dev.tidemark.relay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ProgressBarTest {

    private final StringWriter out = new StringWriter();
    private long now;

    @Test
    void onATerminalALineIsWrittenOver() {
        ProgressBar bar = new ProgressBar(new PrintWriter(out), true, () -> now);
        bar.say("job 7: waits for the relay");
        bar.show("stored", 0, 2000);
        pass(Duration.ofSeconds(2));
        bar.show("stored", 500, 2000);
        bar.end();
        assertThat(out.toString().split("\r"))
                .satisfiesExactly(
                        nothing -> assertThat(nothing).isEmpty(),
                        waiting -> assertThat(waiting).isEqualTo("job 7: waits for the relay"),
                        first ->
                                assertThat(first).isEqualTo("stored [------------------------------]   0%  0 of 2,000"),
                        second -> assertThat(second.strip())
                                .isEqualTo(
                                        "stored [########----------------------]  25%  500 of 2,000  250/s  6s left"));
    }

    /** The rate is that of the last ten seconds, and begins anew with what is counted. */
    @Test
    void elsewhereALineIsWrittenNowAndThen() {
        ProgressBar bar = new ProgressBar(new PrintWriter(out), false, () -> now);
        for (int second = 0; second <= 40; second++) {
            bar.show("stored", second < 20 ? second : 20 + (second - 20) * 100, 10_000);
            pass(Duration.ofSeconds(1));
        }
        bar.show("delivered", 0, 0);
        bar.end();
        assertThat(out.toString().lines())
                .hasSize(6)
                .last()
                .isEqualTo("delivered [##############################] 100%  0 of 0");
        assertThat(out.toString().lines().skip(4).findFirst())
                .hasValueSatisfying(line -> assertThat(line).contains("2,020 of 10,000  100/s  1m20s left"));
    }

    private void pass(Duration time) {
        now += time.toNanos();
    }
}
