package dev.tidemark.relay.cli;

import java.io.PrintWriter;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** The command {@code tidemark}, as far as the relay's jar has it. */
@Command(
        name = "tidemark",
        description = "Forwards committed events of a PostgreSQL outbox to their subscribers, in order, none lost.",
        mixinStandardHelpOptions = true,
        scope = ScopeType.INHERIT,
        versionProvider = Main.Version.class,
        synopsisSubcommandLabel = "COMMAND",
        usageHelpAutoWidth = true,
        footer = {
            "",
            "First steps:",
            "  tidemark migrate --config relay.yaml   make the outbox and the slot",
            "  tidemark doctor --config relay.yaml    see what is missing, and what mends it",
            "  tidemark relay --config relay.yaml     forward events until stopped",
            "  tidemark backlog status --config relay.yaml"
        })
public final class Main {

    private boolean verbose;

    private Main() {}

    /** Runs one command and ends the process with its exit code. */
    public static void main(String[] args) {
        useOwnLogging();
        System.exit(commandLine(new EmbeddedRelay()).execute(args));
    }

    static CommandLine commandLine(RelayStarter starter) {
        Main main = new Main();
        CommandLine line = new CommandLine(main)
                .addSubcommand(new RelayCommand(starter))
                .addSubcommand(new MigrateCommand())
                .addSubcommand(new AdoptRestoreCommand())
                .addSubcommand(BacklogCommand.commandLine())
                .addSubcommand(new ReplayCommand())
                .addSubcommand(new BootstrapCommand())
                .addSubcommand(RedeliveryCommand.commandLine())
                .addSubcommand(new VerifyCommand())
                .addSubcommand(new RetireCommand())
                .addSubcommand(new DoctorCommand());
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.registerConverter(UUID.class, Main::uuid);
        line.setExecutionExceptionHandler(
                (failure, command, parsed) -> Complaints.failed(failure, command.getErr(), main.verbose));
        line.setParameterExceptionHandler((failure, ignored) -> Complaints.misused(failure));
        line.setExecutionStrategy(new CommandLine.RunLast());
        return line;
    }

    @Option(names = "--verbose", scope = ScopeType.INHERIT, description = "Log in detail, and show stack traces.")
    void setVerbose(boolean verbose) {
        this.verbose = verbose;
        if (verbose) {
            System.setProperty("TIDEMARK_LOG_LEVEL", "DEBUG");
        }
    }

    private static UUID uuid(String text) {
        try {
            return UUID.fromString(text);
        } catch (IllegalArgumentException e) {
            throw new CommandLine.TypeConversionException(
                    "must be a UUID, such as 0193f3a0-0000-7000-8000-000000000001, but was: " + Plain.text(text));
        }
    }

    /** A file of our own and not logback.xml, which would get in the way of programs that embed the relay. */
    private static void useOwnLogging() {
        if (System.getProperty("logback.configurationFile") == null) {
            System.setProperty("logback.configurationFile", "dev/tidemark/relay/cli/logback.xml");
        }
    }

    /** From the manifest of the jar. */
    static final class Version implements CommandLine.IVersionProvider {

        @Override
        public String[] getVersion() {
            @Nullable String version = Main.class.getPackage().getImplementationVersion();
            return new String[] {
                "tidemark " + (version == null ? "(not packaged)" : version) + ", Java " + Runtime.version()
            };
        }
    }

    static void line(PrintWriter out, String text) {
        out.println(text);
        out.flush();
    }
}
