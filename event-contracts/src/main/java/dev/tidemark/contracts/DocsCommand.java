package dev.tidemark.contracts;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tidemark contracts docs}. */
@Command(
        name = "docs",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Writes asyncapi.json, an AsyncAPI 3.0 document, and index.html, a page of all events with their versions,"
                    + " owners and consumers, which needs nothing from the network.",
            ""
        })
final class DocsCommand implements Callable<Integer> {

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Parameters(
            arity = "0..1",
            paramLabel = "DIR",
            defaultValue = "contracts",
            description = "Of the contracts. Default: ${DEFAULT-VALUE}.")
    @SuppressWarnings("NullAway.Init") // set by picocli
    private Path folder;

    @Option(
            names = "--out",
            paramLabel = "DIR",
            description = "Where to write; made if it is not there. Default: ${DEFAULT-VALUE}.")
    private Path out = Path.of("contracts-docs");

    @Option(names = "--title", paramLabel = "TEXT", description = "Of both. Default: ${DEFAULT-VALUE}.")
    private String title = "Events";

    @Override
    public Integer call() throws IOException {
        Contracts contracts = Contracts.load(folder);
        Files.createDirectories(out);
        Files.writeString(out.resolve("asyncapi.json"), new AsyncApi(title, contracts).text());
        Files.writeString(out.resolve("index.html"), new HtmlPage(title, contracts).text());
        spec.commandLine()
                .getOut()
                .println("Wrote " + out.resolve("asyncapi.json") + " and " + out.resolve("index.html"));
        spec.commandLine().getOut().flush();
        return ContractsCommand.OK;
    }
}
