package dev.tidemark.sample.demo;

import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code tidemark demo}: the whole way of an event on one machine, to look at or to be checked. */
@Command(
        name = "demo",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Starts PostgreSQL, three services and a relay for each, and shows events on their way.",
            "",
            "With --exit it becomes a test: it writes in every awkward way, kills relays with -9, waits until all is"
                    + " delivered, and checks that nothing was lost, reordered or done twice.",
            ""
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:all is as it should be",
            "1:something was lost, reordered or done twice, or did not start",
            "2:an option is wrong"
        })
public final class DemoCommand implements Callable<Integer> {

    private static final String LOGGING = "logback.configurationFile";

    /** Where the build puts PostgreSQL 15 to 17; 18 is on the class path. */
    private static final String BINARIES = "tidemark.postgres.binaries";

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Option(
            names = "--events",
            paramLabel = "N",
            description = "How many to write, from 100. Default: 3000 with --exit.")
    private @Nullable Integer events;

    @Option(
            names = "--kill",
            paramLabel = "K",
            description = "How often to kill a relay, up to 50. Default: 3 with --exit.")
    private @Nullable Integer kills;

    @Option(names = "--seed", paramLabel = "S", description = "Of all that is random. Default: another each time.")
    private @Nullable Long seed;

    @Option(names = "--exit", description = "Check, and end.")
    private boolean exit;

    @Option(
            names = "--broken",
            description = "Let relays acknowledge before they deliver, and fail: proof that the check can."
                    + " With --exit and at least one kill, without which nothing is lost.")
    private boolean broken;

    @Option(names = "--postgres", paramLabel = "15|16|17|18", description = "Major version. Default: 18.")
    private int postgres = 18;

    /** Runs it and ends this process with its exit code. */
    public static void main(String[] args) {
        if (System.getProperty(LOGGING) == null) {
            System.setProperty(LOGGING, "dev/tidemark/sample/demo/logback.xml");
        }
        String home = System.getenv("TIDEMARK_HOME");
        if (home != null && System.getProperty(BINARIES) == null) {
            System.setProperty(
                    BINARIES, Path.of(home, "testkit", "target", "postgres").toString());
        }
        System.exit(new CommandLine(new DemoCommand()).execute(args));
    }

    @Override
    public Integer call() throws Exception {
        DemoOptions options = options();
        return new Demo(options, RelayLauncher.of(options), spec.commandLine().getOut()).run();
    }

    private DemoOptions options() {
        boolean checked = exit || broken;
        int wantedEvents = events == null ? (checked ? 3000 : 0) : events;
        int wantedKills = kills == null ? (checked ? 3 : 0) : kills;
        require(
                events == null || (events >= 100 && events <= 1_000_000),
                "--events must be from 100 to 1000000",
                events);
        require(wantedKills >= 0 && wantedKills <= 50, "--kill must be from 0 to 50", kills);
        require(postgres >= 15 && postgres <= 18, "--postgres must be 15, 16, 17 or 18", postgres);
        return new DemoOptions(
                wantedEvents,
                broken ? Math.max(1, wantedKills) : wantedKills,
                seed == null ? new SecureRandom().nextInt(1_000_000) : seed,
                checked,
                broken,
                postgres);
    }

    private void require(boolean right, String message, @Nullable Object found) {
        if (!right) {
            throw new ParameterException(spec.commandLine(), message + ", but was: " + found);
        }
    }
}
