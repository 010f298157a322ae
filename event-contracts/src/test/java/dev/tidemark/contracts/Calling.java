package dev.tidemark.contracts;

import java.io.PrintWriter;
import java.io.StringWriter;
import picocli.CommandLine;

/** One call of the command line, and what it said. */
record Calling(int exit, String out, String err) {

    static Calling of(String... arguments) {
        StringWriter out = new StringWriter();
        StringWriter err = new StringWriter();
        CommandLine line = ContractsCommand.commandLine();
        line.setOut(new PrintWriter(out));
        line.setErr(new PrintWriter(err));
        return new Calling(line.execute(arguments), out.toString(), err.toString());
    }
}
