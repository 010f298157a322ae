package dev.tidemark.relay.cli;

import dev.tidemark.relay.backlog.Redelivery;
import dev.tidemark.relay.config.Durations;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Has events sent again that the outbox has retained. */
@Command(
        name = "replay",
        header = "Send a subscriber again what the outbox has retained.",
        description = {
            "",
            "The relay that leads puts the events into the subscriber's backlog, ahead of what comes meanwhile, and delivers"
                    + " them in order, marked with redelivery=replay:JOB. While they are being put there the subscriber gets"
                    + " nothing; others do not notice. A consumer that has handled an event passes over it; a read model takes"
                    + " it at the version that it has, too.",
            "",
            "Events of the storage modes TRANSIENT and WAL_ONLY are not retained, nor are those that upkeep has dropped. The"
                    + " subscriber's filter counts. --latest-only is for events that carry the whole state.",
            "",
            "The job goes on when this command ends, and when a relay does. See: tidemark redelivery --help",
            ""
        },
        footer = {
            "",
            "With --json: as tidemark redelivery watch prints it.",
            "Exit codes:",
            "  0  all of it is delivered",
            "  1  failed, cancelled, or some of it is dead; the message says why",
            "  2  wrong usage or configuration, or no such subscriber",
            "  3  no relay has begun in time; it stays requested, and the next one that leads does it",
            "  4  nothing matched",
            "",
            "Examples:",
            "  tidemark replay --config relay.yaml --subscriber shipping --from-beginning",
            "  tidemark replay --config relay.yaml --subscriber shipping --since 2h --aggregate order/42",
            "  tidemark replay --config relay.yaml --subscriber search --from-beginning --latest-only"
        })
final class ReplayCommand implements Callable<Integer> {

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Mixin
    private BacklogOptions options = new BacklogOptions();

    @Mixin
    private JobOptions jobs = new JobOptions();

    @Option(names = "--subscriber", required = true, paramLabel = "NAME", description = "Who gets them.")
    @SuppressWarnings("NullAway.Init") // required
    private String subscriber;

    @Option(
            names = "--since",
            paramLabel = "TIME",
            description =
                    "Events that occurred then or later, by the writer's clock: 2026-11-22T10:00:00Z, or 2h for two hours ago.")
    private @Nullable String since;

    @Option(names = "--from-beginning", description = "All that is retained.")
    private boolean fromBeginning;

    @Option(
            names = "--aggregate",
            paramLabel = "TYPE/ID",
            description = "Only events of this aggregate, such as order/42, of every source and tenant; or, with source"
                    + " (and tenant) before it, of one.")
    private @Nullable String aggregate;

    @Option(names = "--latest-only", description = "Only the newest retained event of each aggregate.")
    private boolean latestOnly;

    @Option(names = "--no-wait", description = "Ask for it, print the job's number, and do not wait.")
    private boolean noWait;

    @Override
    public Integer call() throws Exception {
        Redelivery.Which which = which();
        Duration patience = jobs.patience(options);
        options.run(backlog -> {
            options.requireKnown(backlog, subscriber);
            return Exit.OK;
        });
        return options.runJobs(redeliveries -> {
            long job = redeliveries.request(subscriber, which);
            JobWatch watch = new JobWatch(redeliveries, job, spec.commandLine(), options.json());
            return noWait ? watch.show() : watch.await(patience);
        });
    }

    private Redelivery.Which which() {
        if (fromBeginning ? since != null : since == null && aggregate == null) {
            throw options.misused("which events? Give --since TIME or --from-beginning, or else --aggregate TYPE/ID");
        }
        try {
            return new Redelivery.Which(since == null ? null : time(since), aggregate, latestOnly);
        } catch (IllegalArgumentException e) {
            throw options.misused(String.valueOf(e.getMessage()));
        }
    }

    private static Instant time(String text) {
        Duration ago = Durations.parse(text);
        if (ago != null) {
            return Instant.now().minus(ago);
        }
        try {
            return OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeException e) {
            throw new IllegalArgumentException(
                    "--since must be a time with its offset, such as 2026-11-22T10:00:00Z or"
                            + " 2026-11-22T11:00:00+01:00, or how long ago, such as 30m, 2h or 7d, but was: " + text,
                    e);
        }
    }
}
