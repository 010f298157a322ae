package dev.tidemark.relay.cli;

import dev.tidemark.relay.config.RelayConfig;
import dev.tidemark.relay.config.SourceConfig;
import dev.tidemark.relay.migrate.BacklogSetup;
import dev.tidemark.relay.migrate.Migration;
import dev.tidemark.relay.migrate.Repair;
import java.time.Duration;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ExitCode;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
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
            "",
            "With --repair, a slot that was lost, moved, recreated or left behind by its publication is dropped and made"
                    + " anew, and everything that the outbox still has is sent again, with the same ids and versions."
                    + " Stop all relays of the slot first. What was written TRANSIENT or WAL_ONLY and had not been"
                    + " delivered is gone: the outbox does not have it.",
            "",
            "With --backlog, the database that the configuration names under backlog.url is made the one that has the"
                    + " backlog: the SQL is applied there, and both databases know that they belong together. Options name"
                    + " its owner. Stop all relays of the slot first; the backlog that there is must be empty.",
            ""
        },
        footer = {
            "",
            "Exit codes: 0 done, 1 stopped (the message says what to do), 2 wrong usage or configuration",
            "",
            "Examples:",
            "  tidemark migrate --config relay.yaml",
            "  tidemark migrate --config relay.yaml --user postgres --password-env PGPASSWORD --roles",
            "  tidemark migrate --config relay.yaml --user postgres --password-env PGPASSWORD --repair",
            "  tidemark migrate --config relay.yaml --user postgres --password-env PGPASSWORD --backlog",
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

    @Option(names = "--repair", description = "Make slot and publication anew, and send what the outbox still has.")
    private boolean repair;

    @Option(names = "--backlog", description = "Make backlog.url of the configuration the database of the backlog.")
    private boolean backlog;

    @Option(
            names = "--new",
            description = "With --backlog: the one that the slot had is lost, and what stood in it given up. Then use"
                    + " --repair.")
    private boolean anew;

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
        if (backlog) {
            refuseWithBacklog();
            RelayConfig config = source.requireConfig("--backlog");
            new BacklogSetup(config.source(), source.resolveBacklog(config, System.getenv()), roles, anew)
                    .run(this::say);
            return ExitCode.OK;
        }
        if (anew) {
            throw new ParameterException(spec.commandLine(), "--new is for --backlog");
        }
        SourceConfig at = source.resolve(System.getenv());
        Duration patience = Duration.ofSeconds(patienceSeconds);
        if (repair) {
            refuseWithRepair();
            new Repair(at, patience).run(this::say);
            return ExitCode.OK;
        }
        new Migration(at, roles, !noSlot, existing, patience).run(this::say);
        return ExitCode.OK;
    }

    private void refuseWithBacklog() {
        if (noSlot || repair || existing == Migration.Existing.REFUSE) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--backlog makes no slot, so --no-slot, --repair and --existing refuse do not go with it; run those by"
                            + " themselves");
        }
    }

    private void refuseWithRepair() {
        if (noSlot || roles || existing == Migration.Existing.REFUSE) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--repair makes the slot and sends what is there, so --no-slot, --roles and --existing refuse do not"
                            + " go with it; run those by themselves");
        }
    }

    private void say(String line) {
        Main.line(spec.commandLine().getOut(), line);
    }
}
