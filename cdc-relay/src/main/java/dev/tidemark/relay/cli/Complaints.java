package dev.tidemark.relay.cli;

import dev.tidemark.relay.config.ConfigException;
import dev.tidemark.relay.migrate.MigrationException;
import java.io.PrintWriter;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Tells people what went wrong, without a stack trace unless they ask for it. */
final class Complaints {

    private Complaints() {}

    /** Returns the exit code. */
    static int misused(ParameterException misuse) {
        CommandLine command = misuse.getCommandLine();
        PrintWriter err = command.getErr();
        err.println(misuse.getMessage());
        UnmatchedArgumentException.printSuggestions(misuse, err);
        err.println("Try: " + command.getCommandSpec().qualifiedName() + " --help");
        err.flush();
        return CommandLine.ExitCode.USAGE;
    }

    /** Returns the exit code. */
    static int failed(Exception failure, PrintWriter err, boolean verbose) {
        if (failure instanceof ConfigException) {
            err.println(failure.getMessage());
        } else if (failure instanceof MigrationException) {
            err.println("Stopped: " + failure.getMessage());
        } else {
            err.println("Failed: "
                    + (failure.getMessage() == null ? failure.getClass().getName() : failure.getMessage()));
        }
        if (verbose) {
            failure.printStackTrace(err);
        }
        err.flush();
        return failure instanceof ConfigException ? CommandLine.ExitCode.USAGE : CommandLine.ExitCode.SOFTWARE;
    }
}
