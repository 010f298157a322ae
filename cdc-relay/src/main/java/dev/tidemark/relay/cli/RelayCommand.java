package dev.tidemark.relay.cli;

import dev.tidemark.relay.config.ConfigFile;
import dev.tidemark.relay.config.RelayConfig;
import dev.tidemark.relay.config.SourceConfig;
import dev.tidemark.relay.config.SubscriberConfig;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.function.IntConsumer;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Runs a relay until it is told to stop, or cannot go on. */
@Command(
        name = "relay",
        header = "Forward committed events to their subscribers, until stopped.",
        description = {
            "",
            "Reads the replication slot of one database and delivers every committed event to each subscriber that wants"
                    + " it, in commit order for each aggregate. SIGTERM and Ctrl-C stop it: what is in flight is delivered"
                    + " and acknowledged within shutdown.deadline; the rest is sent by the next start.",
            ""
        },
        footer = {
            "",
            "Exit codes:",
            "  0  stopped when told to",
            "  1  could not start, or could not go on; the log says why and what to do",
            "  2  wrong usage, or problems in the configuration, all of which are listed",
            "",
            "Examples:",
            "  tidemark relay --config relay.yaml",
            "  tidemark relay --config relay.yaml --check",
            "",
            "The least that a relay.yaml must have:",
            "  source:",
            "    url: jdbc:postgresql://localhost:5432/orders",
            "    user: tidemark_relay",
            "    password: $${file:/run/secrets/relay}",
            "  subscribers:",
            "    - name: shipping",
            "      http: { url: http://localhost:8081/events }"
        })
final class RelayCommand implements Callable<Integer> {

    private static final Logger log = LoggerFactory.getLogger(RelayCommand.class);
    private static final Duration LOOK_AGAIN = Duration.ofSeconds(1);

    /** Beyond {@code shutdown.deadline}: for what is to be closed, and for the last words of a health page. */
    private static final Duration MARGIN = Duration.ofMinutes(1);

    private final RelayStarter starter;
    private final Duration margin;
    private final IntConsumer halt;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Option(names = "--config", required = true, paramLabel = "FILE", description = "The configuration, in YAML.")
    @SuppressWarnings("NullAway.Init") // required
    private Path config;

    @Option(names = "--check", description = "Only check the configuration; connect to nothing.")
    private boolean checkOnly;

    RelayCommand(RelayStarter starter) {
        this(starter, MARGIN, Runtime.getRuntime()::halt);
    }

    /**
     * Runs a relay that may not be able to stop.
     *
     * @param margin how long it may take, beyond {@code shutdown.deadline}, to stop by itself once it has failed
     * @param halt ends the process with an exit code, and closes nothing
     */
    RelayCommand(RelayStarter starter, Duration margin, IntConsumer halt) {
        this.starter = starter;
        this.margin = margin;
        this.halt = halt;
    }

    @Override
    public Integer call() throws Exception {
        RelayConfig read = ConfigFile.read(config);
        if (checkOnly) {
            Main.line(spec.commandLine().getOut(), config + " is valid: " + summary(read));
            return ExitCode.OK;
        }
        return run(read);
    }

    private int run(RelayConfig read) throws Exception {
        try (RelayStarter.Running relay = starter.start(read)) {
            Thread stopper = new Thread(() -> stop(relay), "tidemark-stop");
            Runtime.getRuntime().addShutdownHook(stopper);
            boolean stopped = relay.awaitStopped(LOOK_AGAIN);
            while (!stopped && relay.failure().isEmpty()) {
                stopped = relay.awaitStopped(LOOK_AGAIN); // it runs on threads of its own
            }
            Duration patience = read.shutdown().deadline().plus(margin);
            if (!stopped && !relay.awaitStopped(patience)) {
                giveUp(patience);
            }
            forget(stopper);
            return exitCode(relay);
        }
    }

    /** What has failed may keep it from stopping, too; and as long as it holds the lead no other relay can. */
    private void giveUp(Duration patience) {
        try {
            log.error(
                    "The relay has failed, and did not stop within {} s; its process ends now.", patience.toSeconds());
        } finally {
            halt.accept(ExitCode.SOFTWARE);
        }
    }

    /** On a signal: ends the process as a command ends, and not with the code of the signal. */
    private static void stop(RelayStarter.Running relay) {
        relay.close();
        Runtime.getRuntime().halt(exitCode(relay));
    }

    private static void forget(Thread stopper) {
        try {
            Runtime.getRuntime().removeShutdownHook(stopper);
        } catch (IllegalStateException e) {
            // a signal has come: the stopper ends the process
        }
    }

    /** The relay has logged why it stopped by itself, if it did. */
    private static int exitCode(RelayStarter.Running relay) {
        return relay.failure().isPresent() ? ExitCode.SOFTWARE : ExitCode.OK;
    }

    private static String summary(RelayConfig config) {
        SourceConfig source = config.source();
        String names = config.subscribers().stream().map(SubscriberConfig::name).collect(Collectors.joining(", "));
        return "slot " + source.slot() + " of " + source.database() + " at " + source.host() + ":" + source.port()
                + " for " + names;
    }
}
