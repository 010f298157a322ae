package dev.tidemark.contracts;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code tidemark contracts check}. */
@Command(
        name = "check",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = {
            "Checks that every file is a schema, that versions have no holes, that each version is compatible with the"
                    + " earlier ones, and that nothing published was changed or removed. Says which change breaks"
                    + " whom, with a payload that shows it.",
            ""
        })
final class CheckCommand implements Callable<Integer> {

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
            names = "--against",
            paramLabel = "DIR|GIT-REF",
            description = "The contracts that are published: a folder if there is one of this name, else a commit of"
                    + " git, such as origin/main, with the contracts in the same place.")
    private @Nullable String against;

    @Option(
            names = "--level",
            paramLabel = "LEVEL",
            description =
                    "What a version must be to earlier ones: ${COMPLETION-CANDIDATES}. Default:" + " ${DEFAULT-VALUE}.")
    private Level level = Level.BACKWARD_TRANSITIVE;

    @Option(names = "--json", description = "Print JSON, for programs.")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        Report report = report();
        report.print(spec.commandLine().getOut(), json);
        return report.isBroken() ? ContractsCommand.BROKEN : ContractsCommand.OK;
    }

    private Report report() throws IOException {
        Report report = new Report(level);
        Contracts contracts = report.read(folder.toString(), ContractFolder.read(folder));
        if (against == null) {
            if (contracts != null && contracts.all().isEmpty()) {
                throw new ParameterException(
                        spec.commandLine(),
                        "there are no contracts in " + folder + ", such as order/order-placed/1.json");
            }
            return contracts == null ? report : report.with(contracts, Compatibility.of(contracts, level));
        }
        Path other = Path.of(against);
        Contracts published = report.read(
                against, Files.isDirectory(other) ? ContractFolder.read(other) : GitFolder.read(folder, against));
        if (contracts == null || published == null) {
            return report;
        }
        report.with(contracts, Compatibility.of(contracts, published, level));
        return published.all().isEmpty()
                ? report.noting(against + " has no contracts at this place, so nothing was compared with it")
                : report;
    }
}
