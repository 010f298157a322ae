package dev.tidemark.sample.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.sample.demo.DemoOptions.Planned;
import dev.tidemark.sample.demo.via.Via;
import dev.tidemark.testkit.Broker;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.security.SecureRandom;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Each transport with its real broker, while relay, broker and consumer are killed. */
class DemoViaIT {

    private static final int EVENTS = 300;

    private final StringWriter out = new StringWriter();

    @AfterEach
    void nothingIsLeftBehind() {
        assertThat(ProcessHandle.current()
                        .descendants()
                        .map(child -> child.info().commandLine().orElse("")))
                .noneMatch(command -> command.contains("relay.yaml")
                        || command.contains(ConsumerProgram.class.getName())
                        || command.contains("tidemark-demo-"));
    }

    @Test
    void nothingIsLostReorderedOrDoneTwiceThoughAllThatCanBeKilledIsKilled() {
        passes(Via.POSTGRES);
    }

    @Tag("long")
    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "POSTGRES")
    void norIsItOverAnyOther(Via via) {
        passes(via);
    }

    private void passes(Via via) {
        if (via.hasBroker()) {
            Broker.requireOwn(via.toString());
        }
        long seed = Long.getLong("tidemark.seed", new SecureRandom().nextInt(1_000_000));
        Planned kills = new Planned(1, via.hasBrokerToKill() ? 1 : 0, 1);
        DemoOptions options = new DemoOptions(EVENTS, kills, seed, true, false, 18, via);

        int code = new Demo(options, RelayLauncher.of(options), new PrintWriter(out, true)).run();

        List<String> lines = out.toString().lines().toList();
        lines.subList(Math.max(0, lines.size() - 2), lines.size()).forEach(System.out::println);
        assertThat(lines.get(lines.size() - 1))
                .as(out.toString())
                .matches("written=" + EVENTS + " delivered=" + EVENTS
                        + " lost=0 reordered=0 duplicates=\\d+ effects-twice=0 replicas=equal");
        assertThat(lines.get(lines.size() - 2))
                .contains("via " + via + ", seed " + seed)
                .contains("relays killed 1 times" + (via.hasBrokerToKill() ? ", broker 1" : "") + ", consumers 1,");
        assertThat(code).as(out.toString()).isZero();
    }
}
