package dev.tidemark.relay.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tidemark.relay.backlog.Redelivery;
import dev.tidemark.relay.backlog.RedeliveryAdmin.Look;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Jobs that send events again. */
@Command(
        name = "redelivery",
        header = "Look at jobs that send events again, wait for one, or cancel it.",
        synopsisSubcommandLabel = "COMMAND",
        description = {"", "A job is asked for by tidemark replay, and done by the relay that leads.", ""},
        footer = {
            "",
            "Examples:",
            "  tidemark redelivery list --config relay.yaml",
            "  tidemark redelivery watch --config relay.yaml --id 7",
            "  tidemark redelivery cancel --config relay.yaml --id 7"
        })
final class RedeliveryCommand {

    private RedeliveryCommand() {}

    static CommandLine commandLine() {
        return new CommandLine(new RedeliveryCommand())
                .addSubcommand(new ListJobs())
                .addSubcommand(new Watch())
                .addSubcommand(new Cancel());
    }

    @Command(
            name = "list",
            header = "List the last jobs, newest first.",
            footer = {
                "",
                "With --json: {\"jobs\": [{job, subscriber, state (requested, storing, delivering, done, cancelled, failed),"
                        + " kind (replay, state), since, aggregate, latest_only, or aggregatetype, aggregates; requested_by, requested_at, total, seen, stored, waiting, dead,"
                        + " answer, done_at}]}",
                "Exit codes: 0 done, 1 failed, 2 wrong usage or configuration"
            })
    static final class ListJobs implements Callable<Integer> {

        private static final int MOST = 1000;

        @Spec
        @SuppressWarnings("NullAway.Init") // set by picocli
        private CommandSpec spec;

        @Mixin
        private BacklogOptions options = new BacklogOptions();

        @Option(
                names = "--limit",
                paramLabel = "N",
                defaultValue = "20",
                description = "The most jobs, 1 to " + MOST + ". Default: 20.")
        private int limit;

        @Override
        public Integer call() throws Exception {
            if (limit < 1 || limit > MOST) {
                throw options.misused("--limit must be a whole number from 1 to " + MOST + ", but was: " + limit);
            }
            return options.runJobs(redeliveries -> {
                List<Look> jobs = redeliveries.list(limit);
                PrintWriter out = spec.commandLine().getOut();
                if (options.json()) {
                    ObjectNode json = Json.object();
                    ArrayNode all = json.putArray("jobs");
                    jobs.forEach(job -> all.add(JobWatch.json(job)));
                    Json.print(out, json);
                } else if (jobs.isEmpty()) {
                    Main.line(out, "Nobody has asked for events again.");
                } else {
                    table(jobs).print(out);
                }
                return Exit.OK;
            });
        }

        private static Table table(List<Look> jobs) {
            Table table = new Table("JOB", "SUBSCRIBER", "EVENTS", "STATE", "STORED", "WAITING", "DEAD", "ANSWER");
            for (Look look : jobs) {
                table.row(
                        look.job().id(),
                        look.job().subscriber(),
                        which(look.job().wanted()),
                        JobWatch.stage(look.job()),
                        look.stored(),
                        look.waiting(),
                        look.dead(),
                        look.answer() == null ? "-" : look.answer());
            }
            return table;
        }

        private static String which(Redelivery.Wanted wanted) {
            if (wanted instanceof Redelivery.States states) {
                List<String> ids = states.ids();
                return "states of " + (ids == null ? "every " : ids.size() + " of ") + states.aggregateType();
            }
            Redelivery.Which which = (Redelivery.Which) wanted;
            return (which.latest() ? "newest" : "all")
                    + (which.aggregate() == null ? "" : " of " + which.aggregate())
                    + (which.since() == null ? "" : " since " + which.since());
        }
    }

    @Command(
            name = "watch",
            header = "Show how far a job is, until it is over.",
            footer = {
                "",
                "With --json: the job as tidemark redelivery list prints it, once it is over.",
                "Exit codes: as tidemark replay"
            })
    static final class Watch implements Callable<Integer> {

        @Spec
        @SuppressWarnings("NullAway.Init") // set by picocli
        private CommandSpec spec;

        @Mixin
        private BacklogOptions options = new BacklogOptions();

        @Mixin
        private JobOptions jobs = new JobOptions();

        @Option(names = "--id", required = true, paramLabel = "JOB", description = "Which job.")
        private long id;

        @Override
        public Integer call() throws Exception {
            Duration patience = jobs.patience(options);
            return options.runJobs(
                    redeliveries -> new JobWatch(redeliveries, id, spec.commandLine(), options.json()).await(patience));
        }
    }

    @Command(
            name = "cancel",
            header = "Cancel a job: what of it is not delivered yet is dropped. What was delivered stays delivered.",
            footer = {
                "",
                "Waits until a relay has done it.",
                "Exit codes: 0 cancelled, 1 failed, 2 wrong usage or configuration, 3 no relay has done it in time, 4 it was"
                        + " over already"
            })
    static final class Cancel implements Callable<Integer> {

        @Spec
        @SuppressWarnings("NullAway.Init") // set by picocli
        private CommandSpec spec;

        @Mixin
        private BacklogOptions options = new BacklogOptions();

        @Mixin
        private JobOptions jobs = new JobOptions();

        @Option(names = "--id", required = true, paramLabel = "JOB", description = "Which job.")
        private long id;

        @Override
        public Integer call() throws Exception {
            Duration patience = jobs.patience(options);
            return options.runJobs(redeliveries -> {
                JobWatch watch = new JobWatch(redeliveries, id, spec.commandLine(), options.json());
                boolean asked = redeliveries.cancel(id);
                return watch.awaitCancelled(patience, asked);
            });
        }
    }
}
