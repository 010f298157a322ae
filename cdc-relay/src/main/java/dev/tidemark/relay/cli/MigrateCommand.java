package dev.tidemark.relay.cli;

import dev.tidemark.relay.config.SourceConfig;
import dev.tidemark.relay.migrate.Migration;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Brings a database to the point where a relay can read it. */
@Command(
        name = "migrate",
        header = "Make the outbox, the relay's tables and the replication slot.",
        description = {
            "",
            "Applies the SQL (history in tidemark_schema_history), makes the slot and registers it. May be run again at"
                    + " any time: what is there is left alone. Run it as the owner of the database with REPLICATION, or as"
                    + " superuser. Events that the outbox has before there is a slot are sent when the relay starts, in the"
                    + " order of their aggregates; writers wait while they are inserted anew.",
            ""
        },
        footer = {
            "",
            "Exit codes: 0 done, 1 stopped (the message says what to do), 2 wrong usage or configuration",
            "",
            "Examples:",
            "  tidemark migrate --config relay.yaml",
            "  tidemark migrate --config relay.yaml --user postgres --password-env PGPASSWORD --roles",
            "  tidemark migrate --url jdbc:postgresql://localhost:5432/orders --user postgres \\",
            "      --password-file /run/secrets/postgres"
        })
final class MigrateCommand implements Callable<Integer> {

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Mixin
    private SourceOptions source = new SourceOptions();

    @Option(
            names = "--no-slot",
            negatable = false,
            description = "Apply the SQL only. Events are kept for a relay only once there is a slot.")
    private boolean noSlot;

    @Option(names = "--roles", description = "Grant the least rights by roles.sql too; takes a superuser.")
    private boolean roles;

    @Option(
            names = "--existing",
            paramLabel = "resend|refuse",
            defaultValue = "resend",
            description = "Events that were written before there is a slot: send them, or stop. Default: resend.")
    private Migration.Existing existing = Migration.Existing.RESEND;

    @Option(
            names = "--patience",
            paramLabel = "SECONDS",
            defaultValue = "30",
            description = "How long to wait for open write transactions before the slot. Default: 30.")
    private int patienceSeconds;

    @Override
    public Integer call() throws Exception {
        SourceConfig at = source.resolve(System.getenv());
        Migration migration = new Migration(at, roles, !noSlot, existing, Duration.ofSeconds(patienceSeconds));
        migration.run(line -> Main.line(spec.commandLine().getOut(), line));
        return ExitCode.OK;
    }
}
