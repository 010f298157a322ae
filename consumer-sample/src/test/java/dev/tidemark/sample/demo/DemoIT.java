package dev.tidemark.sample.demo;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.sample.demo.DemoOptions.Planned;
import dev.tidemark.sample.demo.via.Via;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The main job with real processes that are really killed: small, but all of it. */
class DemoIT {

    private final StringWriter out = new StringWriter();

    private int run(int events, int kills, boolean broken) {
        DemoOptions options = new DemoOptions(events, new Planned(kills, 0, 0), 1, true, broken, 18, Via.HTTP);
        int code = new Demo(options, RelayLauncher.of(options), new PrintWriter(out, true)).run();
        List<String> lines = out.toString().lines().toList();
        lastLine = lines.get(lines.size() - 1);
        return code;
    }

    private String lastLine = "";

    @AfterEach
    void nothingIsLeftBehind() throws IOException {
        String ours = "tidemark-demo-" + ProcessHandle.current().pid() + "-"; // another JVM may run a demo now
        try (Stream<Path> files = Files.list(Path.of(System.getProperty("java.io.tmpdir")))) {
            assertThat(files.map(file -> file.getFileName().toString())).noneMatch(name -> name.startsWith(ours));
        }
        assertThat(ProcessHandle.current()
                        .descendants()
                        .map(child -> child.info().commandLine().orElse("")))
                .noneMatch(command -> command.contains("relay.yaml"));
    }

    @Test
    void nothingIsLostReorderedOrDoneTwiceThoughRelaysAreKilled() {
        int code = run(600, 2, false);

        assertThat(lastLine)
                .matches("written=600 delivered=600 lost=0 reordered=0 duplicates=\\d+ effects-twice=0 replicas=equal");
        assertThat(out.toString()).contains("relays killed 2 times");
        assertThat(code).as(out.toString()).isZero();
    }

    @Tag("long")
    @Test
    void relaysThatAcknowledgeBeforeTheyDeliverAreFoundOut() {
        int code = run(600, 1, true);

        assertThat(lastLine).matches("written=\\d+ delivered=\\d+ lost=[1-9].* replicas=(un)?equal");
        assertThat(out.toString()).contains(" did not get ");
        assertThat(code).isEqualTo(1);
    }
}
