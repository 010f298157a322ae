package dev.tidemark.relay.cli;

import dev.tidemark.relay.backlog.Answer;
import dev.tidemark.relay.backlog.Command.Verb;
import dev.tidemark.relay.backlog.Selection;
import dev.tidemark.relay.backlog.State;
import dev.tidemark.relay.config.Durations;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Asks the relay that leads to do something with events, and waits for its answer. One class for all verbs. */
@Command(
        description = {
            "",
            "A request, which the relay that leads carries out; this waits for its answer. Select events by id, by"
                    + " aggregate and reason, or all. What cannot be decoded can be skipped or dropped, not retried.",
            "",
            "Whatever a retry selects, a receiver that was sent nothing more (HTTP 410) is asked again, and what waits is"
                    + " tried at once. With --all that is done, and answered with 0, also where nothing is dead or waits.",
            ""
        },
        footer = {
            "",
            "With --json: {\"command\": its id, \"state\": done, failed or requested, \"events\": how many it concerned"
                    + " (null while requested; fewer than there were if a relay ended while it carried this out, for the"
                    + " next one counts what it finds left; a retry of --all or by --reason counts dead ones only),"
                    + " \"answer\": text for people}",
            "Exit codes:",
            "  0  done",
            "  1  failed; the message says why",
            "  2  wrong usage or configuration, or no such subscriber",
            "  3  no relay has carried it out in time; it stays requested, and the next one that leads does",
            "  4  nothing matched; or the relay that began with it ended, and nothing was left for the next one"
        })
final class BacklogChangeCommand implements Callable<Integer> {

    private final Verb verb;

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

    @Option(names = "--all", description = "All of the subscriber's events that it can concern.")
    private boolean all;

    @Option(
            names = "--wait",
            paramLabel = "DURATION",
            defaultValue = "30s",
            description = "How long to wait for the relay's answer, such as 30s or 5m. Default: 30s.")
    @SuppressWarnings("NullAway.Init") // has a default
    private String patience;

    @Option(
            names = "--yes",
            description = "For drop, which cannot be undone: do it, not only say how many it concerns.")
    private boolean yes;

    private BacklogChangeCommand(Verb verb) {
        this.verb = verb;
    }

    static CommandLine commandLine(Verb verb) {
        CommandLine line = new CommandLine(new BacklogChangeCommand(verb));
        CommandSpec spec = line.getCommandSpec().name(name(verb));
        spec.usageMessage()
                .header(
                        switch (verb) {
                            case RETRY -> "Have dead events delivered again, and what waits tried now.";
                            case SKIP -> "Pass over dead events: what waits behind them goes on.";
                            case DROP -> "Give up dead and waiting events. Needs --yes.";
                        });
        return line;
    }

    /** @throws CommandLine.ParameterException if the options do not go together */
    static Selection selected(BacklogOptions options, SelectionOptions selection) {
        try {
            return selection.selection();
        } catch (IllegalArgumentException e) {
            throw options.misused(String.valueOf(e.getMessage()));
        }
    }

    @Override
    public Integer call() throws Exception {
        if (selection.isEmpty() != all) {
            throw options.misused(
                    all
                            ? "--all goes without --id, --aggregate and --reason"
                            : "which events? Give --id UUID (several times if need be), --aggregate TYPE/ID, --reason TEXT,"
                                    + " or --all");
        }
        Selection selected = selected(options, selection);
        Duration atMost = patience();
        return options.run(backlog -> {
            options.requireKnown(backlog, subscriber);
            long matching = backlog.count(subscriber, concerned(), selected);
            if (matching == 0 && !resumes()) {
                return nothing();
            }
            if (verb == Verb.DROP && !yes) {
                throw options.misused("this would give up " + events(matching) + " of " + subscriber
                        + " for good; add --yes to do it");
            }
            long command = backlog.request(subscriber, verb, selected);
            return tell(command, backlog.await(command, atMost), atMost);
        });
    }

    /** A retry of all does something where nothing stands in the backlog, too: a sink that halts is asked again. */
    private boolean resumes() {
        return verb == Verb.RETRY && all;
    }

    private Set<State> concerned() {
        return verb == Verb.SKIP ? Set.of(State.DEAD) : Set.of(State.DEAD, State.WAITING);
    }

    private Duration patience() {
        @Nullable Duration parsed = Durations.parse(patience);
        if (parsed == null) {
            throw options.misused("--wait must be a duration such as 500ms, 30s or 5m, but was: " + patience);
        }
        return parsed;
    }

    private int nothing() {
        String what = verb == Verb.SKIP ? "no dead event" : "no dead or waiting event";
        print(null, "done", 0, what + " of " + subscriber + " matches");
        return Exit.NOTHING;
    }

    private int tell(long command, Optional<Answer> answer, Duration atMost) {
        if (answer.isEmpty()) {
            print(
                    command,
                    "requested",
                    null,
                    "no relay has carried it out within " + Durations.show(atMost) + "; it stays requested as command "
                            + command + ", and the next relay that leads carries it out");
            return Exit.NO_ANSWER;
        }
        Answer given = answer.get();
        print(command, given.done() ? "done" : "failed", given.events(), given.text());
        if (!given.done()) {
            return Exit.FAILED;
        }
        // a retry has what waits tried, too, which is not always counted
        return given.events() == 0 && verb != Verb.RETRY ? Exit.NOTHING : Exit.OK;
    }

    private void print(@Nullable Long command, String state, @Nullable Integer events, String text) {
        if (options.json()) {
            Json.print(
                    spec.commandLine().getOut(),
                    Json.object()
                            .put("command", command)
                            .put("state", state)
                            .put("events", events)
                            .put("answer", text));
        } else {
            Main.line(spec.commandLine().getOut(), name(verb) + ": " + Plain.text(text));
        }
    }

    private static String events(long count) {
        return count == 1 ? "1 event" : count + " events";
    }

    private static String name(Verb verb) {
        return verb.name().toLowerCase(Locale.ROOT);
    }
}
