package dev.tidemark.relay.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tidemark.relay.backlog.Selection;
import dev.tidemark.relay.backlog.State;
import dev.tidemark.relay.backlog.Stored;
import java.io.PrintWriter;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The events of one subscriber's backlog, page by page. */
@Command(
        name = "list",
        header = "List events of a subscriber's backlog, in the order of its queue.",
        description = {
            "",
            "Waiting and dead events, page by page; settled ones are remembered, without their payload, until the slot has"
                    + " durably passed them.",
            ""
        },
        footer = {
            "",
            "With --json: {\"events\": [{position, id, state, cause, outcome, source, tenantid, aggregatetype,"
                    + " aggregateid, aggregateversion, type, bytes, attempts, reason, committed_at, stored_at,"
                    + " settled_at}], \"next\": the --after of the next page, or null}",
            "Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, or no such subscriber, 4 nothing matched"
        })
final class BacklogListCommand implements Callable<Integer> {

    private static final int MOST = 10_000;
    private static final int MOST_REASON = 100;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Mixin
    private BacklogOptions options = new BacklogOptions();

    @Mixin
    private SelectionOptions selection = new SelectionOptions();

    @Option(names = "--subscriber", required = true, paramLabel = "NAME", description = "Whose backlog.")
    @SuppressWarnings("NullAway.Init") // required
    private String subscriber;

    @Option(
            names = "--state",
            split = ",",
            paramLabel = "STATE",
            description = "waiting, dead or settled, or several of them. Default: waiting,dead.")
    private Set<State> states = EnumSet.of(State.WAITING, State.DEAD);

    @Option(
            names = "--limit",
            paramLabel = "N",
            defaultValue = "100",
            description = "The most events, 1 to " + MOST + ". Default: 100.")
    private int limit;

    @Option(
            names = "--after",
            paramLabel = "POSITION",
            description = "Only events behind this position: the next page. It may be below 0.")
    private long after = Long.MIN_VALUE;

    @Override
    public Integer call() throws Exception {
        if (limit < 1 || limit > MOST) {
            throw options.misused("--limit must be a whole number from 1 to " + MOST + ", but was: " + limit);
        }
        Selection selected = BacklogChangeCommand.selected(options, selection);
        return options.run(backlog -> {
            options.requireKnown(backlog, subscriber);
            List<Stored> events = backlog.list(subscriber, states, selected, after, limit + 1);
            boolean more = events.size() > limit;
            print(more ? events.subList(0, limit) : events, more);
            return events.isEmpty() ? Exit.NOTHING : Exit.OK;
        });
    }

    private void print(List<Stored> events, boolean more) {
        PrintWriter out = spec.commandLine().getOut();
        long next = more ? events.get(events.size() - 1).position() : 0;
        if (options.json()) {
            ObjectNode json = Json.object();
            ArrayNode all = json.putArray("events");
            events.forEach(event -> all.add(StoredText.json(event)));
            json.put("next", more ? (Long) next : null);
            Json.print(out, json);
        } else if (events.isEmpty()) {
            Main.line(out, "Nothing matches in the backlog of " + subscriber + ".");
        } else {
            table(events).print(out);
            if (more) {
                Main.line(out, "There are more: --after=" + next);
            }
        }
    }

    private static Table table(List<Stored> events) {
        Table table = new Table("POSITION", "ID", "AGGREGATE", "TYPE", "STATE", "CAUSE", "TRIED", "REASON");
        for (Stored event : events) {
            table.row(
                    event.position(),
                    event.id(),
                    StoredText.aggregate(event),
                    event.type().isEmpty() ? "-" : event.type(),
                    StoredText.state(event),
                    event.cause(),
                    event.attempts(),
                    event.reason() == null ? "-" : Plain.cut(event.reason(), MOST_REASON));
        }
        return table;
    }
}
