package dev.tidemark.contracts;

import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** {@code tidemark contracts}: what services agreed on, kept. */
@Command(
        name = "contracts",
        mixinStandardHelpOptions = true,
        description = {
            "Looks after the contracts of events: a JSON Schema in contracts/<aggregate type>/<type>/<version>.json for"
                    + " each version, and contract.yaml beside it with owner and consumers.",
            ""
        },
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {CheckCommand.class, DocsCommand.class},
        footer = {
            "",
            "Exit codes:",
            "  0  done; the contracts are kept",
            "  1  something is broken, and was said",
            "  2  an option is wrong, or there is nothing to read",
            "",
            "Examples:",
            "  tidemark contracts check",
            "  tidemark contracts check --against origin/main",
            "  tidemark contracts docs --out site"
        })
public final class ContractsCommand {

    static final int OK = 0;
    static final int BROKEN = 1;
    static final int USAGE = 2;

    private ContractsCommand() {}

    /** Runs it and ends this process with its exit code. */
    public static void main(String[] args) {
        System.exit(commandLine().execute(args));
    }

    static CommandLine commandLine() {
        CommandLine line = new CommandLine(new ContractsCommand());
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setExecutionExceptionHandler((failure, command, parsed) -> failed(failure, command.getErr()));
        line.setParameterExceptionHandler((failure, ignored) -> misused(failure));
        return line;
    }

    private static int misused(ParameterException misuse) {
        PrintWriter err = misuse.getCommandLine().getErr();
        err.println(misuse.getMessage());
        UnmatchedArgumentException.printSuggestions(misuse, err);
        err.println("Try: tidemark " + misuse.getCommandLine().getCommandSpec().qualifiedName() + " --help");
        err.flush();
        return USAGE;
    }

    private static int failed(Exception failure, PrintWriter err) {
        err.println(failure instanceof ContractsException ? failure.getMessage() : "Failed: " + failure.getMessage());
        err.flush();
        return failure instanceof ContractsException ? BROKEN : USAGE;
    }
}
