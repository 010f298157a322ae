package dev.tidemark.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code tidemark bench}: how fast the relay is beside what else there is. */
@Command(
        name = "bench",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Measures systems on the same PostgreSQL and the same backlog, one at a time, their order rotated by round;"
                    + " checks that each got everything in order, prints tables with the ratio to what the server can"
                    + " decode, and writes them to bench/results.",
            ""
        },
        footer = {
            "",
            "A workload is PER-TRANSACTION/PAYLOAD-BYTES/AGGREGATES. How to read the tables: bench/README.md.",
            "",
            "Exit codes:",
            "  0  all figures count",
            "  1  some are VOID: events were lost or came out of order, or a system did not finish",
            "  2  an option is wrong",
            "",
            "Examples:",
            "  tidemark bench",
            "  tidemark bench --rounds 3 --systems A,C --workload 1/200/10000 --events 100000"
        })
public final class BenchCommand implements Callable<Integer> {

    static final List<String> MEASURES = List.of("drain", "latency", "writing", "jmh");

    private static final String KAFKA = "tidemark.kafka.jars";
    private static final String LOGGING = "logback.configurationFile";
    private static final List<String> WORKLOADS =
            List.of("1/200/10000", "10/200/10000", "1000/200/10000", "10/200/10", "10/2000/10000", "10/20000/10000");

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Option(names = "--rounds", paramLabel = "N", description = "From 1 to 100. Default: ${DEFAULT-VALUE}.")
    private int rounds = 5;

    @Option(
            names = "--systems",
            split = ",",
            paramLabel = "SYSTEM",
            description = "Which ones; see below. Default: all that this machine can run.")
    private @Nullable List<String> systems;

    @Option(
            names = "--workload",
            split = ",",
            paramLabel = "WORKLOAD",
            description = "Which ones are drained. Default: 1/200/10000, and others in which one thing differs.")
    private List<String> workloads = WORKLOADS;

    @Option(
            names = "--measure",
            split = ",",
            paramLabel = "MEASURE",
            description = "Which ones; see below. Default: all.")
    private List<String> measures = MEASURES;

    @Option(
            names = "--events",
            paramLabel = "N",
            description = "Of each backlog, from 100; fewer if payloads are large. Default: ${DEFAULT-VALUE}.")
    private int events = 200_000;

    @Option(
            names = "--rates",
            split = ",",
            paramLabel = "N",
            description = "Events per second at which latency is measured. Default: 100,1000,5000.")
    private List<Integer> rates = List.of(100, 1000, 5000);

    @Option(
            names = "--warmup",
            paramLabel = "SECONDS",
            description = "Of each rate, whose events do not count. Default: ${DEFAULT-VALUE}.")
    private int warmup = 30;

    @Option(
            names = "--seconds",
            paramLabel = "SECONDS",
            description = "Of each rate, whose events count. Default: ${DEFAULT-VALUE}.")
    private int seconds = 30;

    @Option(names = "--seed", paramLabel = "S", description = "Of all that is random. Default: ${DEFAULT-VALUE}.")
    private long seed = 1;

    @Option(
            names = "--jvm",
            paramLabel = "OPTIONS",
            description = "Of the processes that are measured, separated by spaces. Default: ${DEFAULT-VALUE}.")
    private String jvm = "-Xmx256m";

    @Option(
            names = "--results",
            paramLabel = "FOLDER",
            description = "Where the file with the tables goes. Default: bench/results.")
    private @Nullable Path results;

    /** Runs it and ends this process with its exit code. */
    public static void main(String[] args) {
        if (System.getProperty(LOGGING) == null) {
            System.setProperty(LOGGING, "dev/tidemark/bench/logback.xml");
        }
        String home = System.getenv("TIDEMARK_HOME");
        if (home != null && System.getProperty(KAFKA) == null) {
            Path jars = Path.of(home, "testkit-kafka", "target", "lib");
            System.setProperty(KAFKA, Files.isDirectory(jars) ? jars.toString() : "");
        }
        System.exit(commandLine().execute(args));
    }

    static CommandLine commandLine() {
        System.setProperty("sun.net.httpserver.nodelay", "true");
        CommandLine line = new CommandLine(new BenchCommand());
        line.getHelpSectionMap()
                .put(CommandLine.Model.UsageMessageSpec.SECTION_KEY_FOOTER_HEADING, help -> systemList());
        return line;
    }

    private static String systemList() {
        return Contender.all().stream()
                .map(system -> String.format("  %-12s %s%n", system.name(), system.description()))
                .collect(Collectors.joining(
                        "", String.format("%nMeasures: %s%n%nSystems:%n", String.join(", ", MEASURES)), ""));
    }

    @Override
    public Integer call() throws Exception {
        BenchOptions options = options();
        return new Bench(options, spec.commandLine().getOut()).run() ? 0 : 1;
    }

    private BenchOptions options() throws Exception {
        require(rounds >= 1 && rounds <= 100, "--rounds must be from 1 to 100", rounds);
        require(events >= 100 && events <= 50_000_000, "--events must be from 100 to 50000000", events);
        for (String measure : measures) {
            require(MEASURES.contains(measure), "--measure must be of " + String.join(", ", MEASURES), measure);
        }
        for (int rate : rates) {
            require(rate >= 1 && rate <= 100_000, "--rates must be from 1 to 100000", rate);
        }
        require(warmup >= 0 && warmup <= 3600, "--warmup must be from 0 to 3600", warmup);
        require(seconds >= 1 && seconds <= 3600, "--seconds must be from 1 to 3600", seconds);
        Path home = Path.of(Optional.ofNullable(System.getenv("TIDEMARK_HOME")).orElse("."));
        return new BenchOptions(
                rounds,
                chosen(home),
                systems != null,
                each("--workload", workloads, text -> Workload.parse(text, events, seed)),
                measures,
                new LatencyOptions(rates, warmup, seconds, seed),
                List.of(jvm.strip().split("\\s+")),
                home,
                results == null ? home.resolve("bench").resolve("results") : results,
                "./tidemark bench "
                        + String.join(" ", spec.commandLine().getParseResult().originalArgs()));
    }

    private List<Contender> chosen(Path home) throws Exception {
        if (systems != null) {
            List<Contender> named = each("--systems", systems, Contender::named);
            require(
                    !named.contains(Contender.CEILING) || Recvlogical.find().isPresent(),
                    "--systems: A needs pg_recvlogical; apt-get install postgresql-client, or leave it out",
                    Contender.CEILING.name());
            if (named.stream().anyMatch(system -> system.kind() == Contender.Kind.SERVER)) {
                requireDebeziumServer(home);
            }
            return named;
        }
        List<Contender> all = new ArrayList<>(Contender.all());
        if (Recvlogical.find().isEmpty()) {
            all.remove(Contender.CEILING);
        }
        return all;
    }

    private void requireDebeziumServer(Path home) throws IOException {
        try {
            DebeziumServer.find(home);
        } catch (IllegalStateException e) {
            throw new ParameterException(spec.commandLine(), "--systems: " + e.getMessage(), e);
        }
    }

    private <T> List<T> each(String option, List<String> texts, Function<String, T> read) {
        try {
            return texts.stream().map(read).distinct().toList();
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), option + ": " + e.getMessage(), e);
        }
    }

    private void require(boolean right, String message, Object found) {
        if (!right) {
            throw new ParameterException(spec.commandLine(), message + ", but was: " + found);
        }
    }
}
