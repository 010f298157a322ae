package dev.tidemark.relay.cli;

import dev.tidemark.relay.migrate.Restore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Goes on with a database that came back older than its consumers. */
@Command(
        name = "adopt-restore",
        header = "Go on with a database that was restored, and is older than what consumers have.",
        description = {
            "",
            "Raises the epoch of every source that the database knows of, so that consumers take what comes now for newer"
                    + " than the history that was lost; registers this server; makes the slot anew; and sends everything"
                    + " that the outbox has, in the new epoch. Stop all relays of the slot first. Events of the lost"
                    + " history stay with the consumers: only people can say what became of them. Handlers of versioned"
                    + " events run once more for what is sent again, with the same ids, as for events of the new epoch:"
                    + " what must not happen twice, such as a payment, has to be kept from it by the event's id.",
            ""
        },
        footer = {
            "",
            "Exit codes: 0 done, 1 stopped (the message says what to do), 2 wrong usage or configuration",
            "",
            "Examples:",
            "  tidemark adopt-restore --config relay.yaml --user postgres --password-env PGPASSWORD",
            "  tidemark adopt-restore --url jdbc:postgresql://localhost:5432/orders --user postgres --epoch 5"
        })
final class AdoptRestoreCommand implements Callable<Integer> {

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Mixin
    private SourceOptions source = new SourceOptions();

    @Option(
            names = "--source",
            paramLabel = "NAME",
            description = "A further source to raise, of which the outbox has no trace. May be given again.")
    private List<String> sources = new ArrayList<>();

    @Option(
            names = "--epoch",
            paramLabel = "N",
            description =
                    "Raise to this epoch, for a copy that is older than the last adoption: it must be higher than any"
                            + " that consumers have seen. Default: one more than each source has.")
    private @Nullable Long epoch;

    @Option(
            names = "--patience",
            paramLabel = "SECONDS",
            defaultValue = "30",
            description = "How long to wait for open write transactions before the slot. Default: 30.")
    private int patienceSeconds;

    @Override
    public Integer call() throws Exception {
        if (epoch != null && epoch < 1) {
            throw new ParameterException(spec.commandLine(), "--epoch must be at least 1, but was: " + epoch);
        }
        OptionalLong to = epoch == null ? OptionalLong.empty() : OptionalLong.of(epoch);
        Restore restore = new Restore(
                source.resolve(System.getenv()),
                source.backlogElsewhere(),
                sources,
                to,
                Duration.ofSeconds(patienceSeconds));
        restore.run(line -> Main.line(spec.commandLine().getOut(), line));
        Main.line(
                spec.commandLine().getOut(),
                "Consumers: handlers of versioned events run once more for what is sent again, with the same ids; what must"
                        + " not happen twice is kept from it by the event's id, and nothing else.");
        return ExitCode.OK;
    }
}
