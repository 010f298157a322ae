package dev.tidemark.inbox.cli;

import dev.tidemark.inbox.KeptEvent;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What is kept. */
@Command(
        name = "list",
        mixinStandardHelpOptions = true,
        description = "Lists events that wait and that are dead, aggregate by aggregate, in the order of their turns.",
        footer = {
            "",
            "With --json: {\"events\": [{delivery, state, source, tenantid, aggregatetype, aggregateid,"
                    + " aggregateversion, sourceepoch, type, missing, since, attempts, reason, retry}], \"more\": whether"
                    + " there are more than the limit}"
        })
final class ListCommand implements Callable<Integer> {

    private static final int MOST = 10_000;

    @Mixin
    private InboxOptions options = new InboxOptions();

    @Mixin
    private KeptOptions selection = new KeptOptions();

    @Option(names = "--dead", description = "Dead ones only.")
    private boolean deadOnly;

    @Option(
            names = "--limit",
            paramLabel = "N",
            defaultValue = "100",
            description = "The most events that are looked at, 1 to " + MOST + ". Default: 100.")
    private int limit;

    @Override
    public Integer call() throws Exception {
        if (limit < 1 || limit > MOST) {
            throw options.misused("--limit must be a whole number from 1 to " + MOST + ", but was: " + limit);
        }
        List<KeptEvent> found = options.admin().list(selection.selection(options), deadOnly, limit + 1);
        boolean more = found.size() > limit;
        List<KeptEvent> events = more ? found.subList(0, limit) : found;
        if (options.json()) {
            Shown.json(options.out(), json -> {
                json.writeStartObject();
                json.writeArrayFieldStart("events");
                for (KeptEvent event : events) {
                    Shown.event(json, event);
                }
                json.writeEndArray();
                json.writeBooleanField("more", more);
                json.writeEndObject();
            });
        } else if (events.isEmpty()) {
            options.out().println("Nothing matches in the inbox of " + options.consumer() + ".");
        } else {
            Shown.table(options.out(), events);
            if (more) {
                options.out().println("There are more: see --limit, --aggregate and --dead.");
            }
        }
        options.out().flush();
        return events.isEmpty() ? InboxCommand.NOTHING : InboxCommand.OK;
    }
}
