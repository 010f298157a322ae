package dev.tidemark.relay.cli;

import dev.tidemark.relay.backlog.Redelivery;
import dev.tidemark.relay.config.RelayConfig;
import dev.tidemark.relay.config.StateConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Tells a subscriber what aggregates are now. */
@Command(
        name = "bootstrap",
        header = "Tell a subscriber what aggregates are now, from the tables of the service.",
        description = {
            "",
            "For a subscriber whose history is older than what the outbox has retained. For each aggregate type the relay's"
                    + " configuration has a query, under states; the relay that leads runs it, and sends one event for each"
                    + " row, marked with redelivery=state:JOB, with the version that it is true for. Live events come"
                    + " behind, with no gap; while the states are being stored the subscriber gets nothing.",
            "",
            "The subscriber's filter on aggregate types and tenants counts, that on event types does not. One job for each"
                    + " aggregate type; a job goes on when this command ends, and when a relay does. See: tidemark"
                    + " redelivery --help",
            ""
        },
        footer = {
            "",
            "With --json: one job after the other, as tidemark redelivery watch prints it.",
            "Exit codes:",
            "  0  all of it is delivered",
            "  1  failed, cancelled, or some of it is dead; the message says why",
            "  2  wrong usage or configuration, or no such subscriber",
            "  3  no relay has begun in time; it stays requested, and the next one that leads does it",
            "  4  there was no aggregate",
            "",
            "Example:",
            "  tidemark bootstrap --config relay.yaml --subscriber search"
        })
final class BootstrapCommand implements Callable<Integer> {

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Mixin
    private BacklogOptions options = new BacklogOptions();

    @Mixin
    private JobOptions jobs = new JobOptions();

    @Option(names = "--subscriber", required = true, paramLabel = "NAME", description = "Who is told.")
    @SuppressWarnings("NullAway.Init") // required
    private String subscriber;

    @Option(
            names = "--aggregatetype",
            paramLabel = "TYPE",
            description = "Only these aggregate types; may be given several times. Default: all under states.")
    private List<String> aggregateTypes = new ArrayList<>();

    @Option(names = "--no-wait", description = "Ask for it, print the jobs, and do not wait.")
    private boolean noWait;

    @Override
    public Integer call() throws Exception {
        Duration patience = jobs.patience(options);
        List<String> wanted = wanted(options.config());
        options.run(backlog -> {
            options.requireKnown(backlog, subscriber);
            return Exit.OK;
        });
        return options.runJobs(redeliveries -> {
            List<Long> asked = new ArrayList<>();
            for (String aggregateType : wanted) {
                asked.add(redeliveries.request(subscriber, Redelivery.States.all(aggregateType)));
            }
            int worst = Exit.OK;
            int nothing = 0;
            for (long job : asked) {
                JobWatch watch = new JobWatch(redeliveries, job, spec.commandLine(), options.json());
                int code = noWait ? watch.show() : watch.await(patience);
                nothing += code == Exit.NOTHING ? 1 : 0;
                worst = code == Exit.OK || code == Exit.NOTHING ? worst : code;
            }
            return nothing == asked.size() ? Exit.NOTHING : worst;
        });
    }

    private List<String> wanted(RelayConfig config) {
        List<String> known =
                config.states().stream().map(StateConfig::aggregateType).toList();
        if (known.isEmpty()) {
            throw options.misused("the configuration has no query for states; it needs, such as: states:"
                    + " [{ aggregatetype: user, source: users, query: \"select id as aggregateid, json_build_object('name',"
                    + " name) as payload from users\" }]");
        }
        for (String aggregateType : aggregateTypes) {
            if (!known.contains(aggregateType)) {
                throw options.misused("the configuration has no query for the states of " + Plain.text(aggregateType)
                        + "; there are: " + String.join(", ", known));
            }
        }
        return aggregateTypes.isEmpty() ? known : List.copyOf(aggregateTypes);
    }
}
