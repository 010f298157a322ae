package dev.tidemark.inbox.cli;

import java.io.PrintWriter;
import java.util.UUID;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** {@code tidemark inbox}: what a consumer could not handle yet. */
@Command(
        name = "tidemark inbox",
        mixinStandardHelpOptions = true,
        description = {
            "Looks at the events that the inbox of a consumer keeps, and says what is to become of them.",
            "",
            "An event waits as long as an earlier one of its aggregate is missing, waits or is dead. It is dead when its"
                    + " handler has failed as often as the subscription allows, or when there is none for it; other"
                    + " aggregates go on. What is to be tried again, a running consumer tries, within about a second.",
            ""
        },
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            StatusCommand.class,
            ListCommand.class,
            ShowCommand.class,
            RetryCommand.class,
            SkipCommand.class,
            PassGapsCommand.class
        },
        footer = {
            "",
            "Exit codes:",
            "  0  done",
            "  1  failed; the message says why",
            "  2  an option is wrong",
            "  3  no consumer has tried it in time; it stays requested",
            "  4  nothing matched",
            "",
            "Examples:",
            "  tidemark inbox status --url jdbc:postgresql://db/shipping --user jane --consumer shipping",
            "  tidemark inbox list --url jdbc:postgresql://db/shipping --user jane --consumer shipping --dead",
            "  tidemark inbox retry --url jdbc:postgresql://db/shipping --user jane --consumer shipping"
                    + " --aggregate order/42"
        })
public final class InboxCommand {

    static final int OK = 0;
    static final int FAILED = 1;
    static final int USAGE = 2;
    static final int NO_ANSWER = 3;
    static final int NOTHING = 4;

    private InboxCommand() {}

    /** Runs it and ends this process with its exit code. */
    public static void main(String[] args) {
        System.exit(commandLine().execute(args));
    }

    static CommandLine commandLine() {
        CommandLine line = new CommandLine(new InboxCommand());
        line.registerConverter(UUID.class, InboxCommand::uuid);
        line.setExecutionExceptionHandler((failure, command, parsed) -> failed(failure, command.getErr()));
        line.setParameterExceptionHandler((failure, ignored) -> misused(failure));
        return line;
    }

    private static UUID uuid(String text) {
        try {
            return UUID.fromString(text);
        } catch (IllegalArgumentException e) {
            throw new CommandLine.TypeConversionException(
                    "must be a UUID, such as 0193f3a0-0000-7000-8000-000000000001, but was: " + Shown.text(text));
        }
    }

    private static int misused(ParameterException misuse) {
        PrintWriter err = misuse.getCommandLine().getErr();
        err.println(misuse.getMessage());
        UnmatchedArgumentException.printSuggestions(misuse, err);
        err.println("Try: " + misuse.getCommandLine().getCommandSpec().qualifiedName() + " --help");
        err.flush();
        return USAGE;
    }

    private static int failed(Exception failure, PrintWriter err) {
        if (failure instanceof ParameterException misuse) {
            return misused(misuse);
        }
        err.println(
                "Failed: " + (failure.getMessage() == null ? failure.getClass().getName() : failure.getMessage()));
        err.flush();
        return FAILED;
    }
}
