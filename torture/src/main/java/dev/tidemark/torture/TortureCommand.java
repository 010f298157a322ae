package dev.tidemark.torture;

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code tidemark torture}: real relays, really broken, seed after seed. */
@Command(
        name = "torture",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Runs relays as real processes over a real PostgreSQL, breaks something at seeded moments while writers"
                    + " write in every awkward way, and checks what three subscribers got: nothing lost, nothing out of"
                    + " order, no effect twice, nothing acknowledged too early.",
            ""
        },
        footer = {
            "",
            "Exit codes:",
            "  0  every run passed",
            "  1  a run failed; the line after it says how to repeat it, and where its logs are",
            "  2  an option is wrong",
            "",
            "Examples:",
            "  tidemark torture --seeds 200 --faults kill,postgres-crash",
            "  tidemark torture --seeds 200 --at-once 2 --recovery 60",
            "  tidemark torture --seed 4711"
        })
public final class TortureCommand implements Callable<Integer> {

    private static final String LOGGING = "logback.configurationFile";

    /** Where the build puts PostgreSQL 15 to 17; 18 is on the class path. */
    private static final String BINARIES = "tidemark.postgres.binaries";

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Option(names = "--seeds", paramLabel = "N", description = "How many runs, from 1. Default: ${DEFAULT-VALUE}.")
    private int seeds = 1;

    @Option(
            names = "--seed",
            paramLabel = "S",
            description = "Of the first run; each further run has the next one. Default: another each time.")
    private @Nullable Long seed;

    @Option(
            names = "--at-once",
            paramLabel = "N",
            description =
                    "How many runs at the same time, from 1 to 64; each keeps one or two cores busy. The more, the"
                            + " more each is disturbed, and the longer --recovery should be. Default: ${DEFAULT-VALUE}.")
    private int atOnce = 1;

    @Option(
            names = "--faults",
            split = ",",
            paramLabel = "FAULT",
            description = "Of which each run injects one to three; none for no fault at all. Default: all.")
    private @Nullable List<String> faults;

    @Option(
            names = "--events",
            paramLabel = "N",
            description = "How many each run writes, from 100. Default: ${DEFAULT-VALUE}.")
    private int events = 1200;

    @Option(
            names = "--big",
            paramLabel = "N",
            description = "Events of one more transaction, 0 for none. Default: ${DEFAULT-VALUE}.")
    private int big = 600;

    @Option(
            names = "--recovery",
            paramLabel = "SECONDS",
            description = "Within which all must be delivered, once the last fault is gone. Default: ${DEFAULT-VALUE}.")
    private int recovery = 30;

    @Option(names = "--postgres", paramLabel = "15|16|17|18", description = "Major version. Default: ${DEFAULT-VALUE}.")
    private int postgres = 18;

    @Option(
            names = "--logs",
            paramLabel = "FOLDER",
            description = "Where a folder is kept for each run that fails. Default: a new one for temporary files.")
    private @Nullable Path logs;

    /** Runs it and ends this process with its exit code. */
    public static void main(String[] args) {
        if (System.getProperty(LOGGING) == null) {
            System.setProperty(LOGGING, "dev/tidemark/torture/logback.xml");
        }
        String home = System.getenv("TIDEMARK_HOME");
        if (home != null && System.getProperty(BINARIES) == null) {
            System.setProperty(
                    BINARIES, Path.of(home, "testkit", "target", "postgres").toString());
        }
        System.exit(commandLine().execute(args));
    }

    static CommandLine commandLine() {
        System.setProperty("sun.net.httpserver.nodelay", "true");
        CommandLine line = new CommandLine(new TortureCommand());
        line.getHelpSectionMap()
                .put(CommandLine.Model.UsageMessageSpec.SECTION_KEY_FOOTER_HEADING, help -> faultList());
        return line;
    }

    private static String faultList() {
        return Faults.all().stream()
                .map(fault -> String.format("  %-16s %s%n", fault.name(), fault.description()))
                .collect(Collectors.joining("", String.format("%nFaults:%n"), ""));
    }

    @Override
    public Integer call() throws Exception {
        TortureOptions options = options();
        Torture torture = new Torture(options, spec.commandLine().getOut(), this::repetition);
        return torture.run() == 0 ? 0 : 1;
    }

    private TortureOptions options() throws Exception {
        require(seeds >= 1, "--seeds must be 1 or more", seeds);
        require(atOnce >= 1 && atOnce <= 64, "--at-once must be from 1 to 64", atOnce);
        require(events >= 100 && events <= 10_000_000, "--events must be from 100 to 10000000", events);
        require(big >= 0 && big <= 10_000_000, "--big must be from 0 to 10000000", big);
        require(recovery >= 1 && recovery <= 3600, "--recovery must be from 1 to 3600", recovery);
        require(postgres >= 15 && postgres <= 18, "--postgres must be 15, 16, 17 or 18", postgres);
        RunOptions run = new RunOptions(chosen(), events, big, Duration.ofSeconds(recovery), Relays.honest());
        return new TortureOptions(
                seeds,
                atOnce,
                seed == null ? new SecureRandom().nextInt(1_000_000) : seed,
                postgres,
                logs == null ? Files.createTempDirectory("tidemark-torture-") : logs,
                run);
    }

    private List<Fault> chosen() {
        List<String> names =
                faults == null ? Faults.all().stream().map(Fault::name).toList() : faults;
        if (names.equals(List.of("none"))) {
            return List.of();
        }
        List<Fault> chosen = new ArrayList<>();
        for (String name : names) {
            try {
                chosen.add(Faults.named(name));
            } catch (IllegalArgumentException e) {
                throw new ParameterException(spec.commandLine(), "--faults: " + e.getMessage(), e);
            }
        }
        return chosen;
    }

    private String repetition(long failed) {
        StringBuilder command = new StringBuilder("./tidemark torture --seed " + failed);
        if (faults != null) {
            command.append(" --faults ").append(String.join(",", faults));
        }
        return command.append(" --events ")
                .append(events)
                .append(" --big ")
                .append(big)
                .append(" --postgres ")
                .append(postgres)
                .toString();
    }

    private void require(boolean right, String message, Object found) {
        if (!right) {
            throw new ParameterException(spec.commandLine(), message + ", but was: " + found);
        }
    }
}
