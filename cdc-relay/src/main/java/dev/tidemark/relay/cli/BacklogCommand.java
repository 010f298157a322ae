package dev.tidemark.relay.cli;

import dev.tidemark.relay.backlog.Command.Verb;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** What subscribers could not take yet. */
@Command(
        name = "backlog",
        header = "Look at what subscribers could not take yet, and retry, skip or drop it.",
        synopsisSubcommandLabel = "COMMAND",
        description = {
            "",
            "Events wait in the backlog of a subscriber while it is down, too slow, or has failed with an event of the"
                    + " same aggregate. An event that it rejected is dead until a person acts; what follows of its"
                    + " aggregate waits behind it. Looking needs no relay; retry, skip and drop are carried out by the"
                    + " relay that leads.",
            ""
        },
        footer = {
            "",
            "Exit codes:",
            "  0  done",
            "  1  failed; the message says why",
            "  2  wrong usage or configuration, or no such subscriber",
            "  3  no relay has carried it out in time; it stays requested, and the next one that leads does",
            "  4  nothing matched",
            "",
            "Examples:",
            "  tidemark backlog status --config relay.yaml",
            "  tidemark backlog list --config relay.yaml --subscriber shipping --state dead",
            "  tidemark backlog retry --config relay.yaml --subscriber shipping --reason 'answered 400'",
            "  tidemark backlog skip --config relay.yaml --subscriber shipping --aggregate order/42"
        })
final class BacklogCommand {

    private BacklogCommand() {}

    static CommandLine commandLine() {
        CommandLine line = new CommandLine(new BacklogCommand())
                .addSubcommand(new BacklogStatusCommand())
                .addSubcommand(new BacklogListCommand())
                .addSubcommand(new BacklogShowCommand());
        for (Verb verb : Verb.values()) {
            line.addSubcommand(BacklogChangeCommand.commandLine(verb));
        }
        return line;
    }
}
