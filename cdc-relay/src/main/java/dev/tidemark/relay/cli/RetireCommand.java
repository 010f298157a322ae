package dev.tidemark.relay.cli;

import dev.tidemark.relay.backlog.Retirement;
import dev.tidemark.relay.config.ConfigFile;
import dev.tidemark.relay.config.RelayConfig;
import dev.tidemark.relay.ops.Connector;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Gives a subscriber up for good. */
@Command(
        name = "retire",
        header = "Give up a subscriber, so that the relay starts without it.",
        description = {
            "",
            "A relay does not start when a subscriber that it knows is missing from its configuration, for events would"
                    + " be lost to it. Take it out of the configuration, then retire it. Configured again under the same"
                    + " name, it is active again, and has missed what was acknowledged in between.",
            ""
        },
        footer = {
            "",
            "With --json: {subscriber, before (whether it was retired already), dropped_waiting, dropped_dead,"
                    + " slot_is_read (whether a relay reads the slot now, which may deliver to it still)}",
            "Exit codes:",
            "  0  done",
            "  1  refused, for its backlog has events; or failed",
            "  2  wrong usage or configuration, or no such subscriber",
            "",
            "Example:",
            "  tidemark retire --config relay.yaml --subscriber shipping"
        })
final class RetireCommand implements Callable<Integer> {

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Option(
            names = "--config",
            required = true,
            paramLabel = "FILE",
            description = "The relay's configuration, without the subscriber.")
    @SuppressWarnings("NullAway.Init") // required
    private Path file;

    @Option(names = "--subscriber", required = true, paramLabel = "NAME", description = "Who is given up.")
    @SuppressWarnings("NullAway.Init") // required
    private String subscriber;

    @Option(names = "--drop-backlog", description = "Drop what waits or is dead in its backlog; cannot be undone.")
    private boolean dropBacklog;

    @Option(names = "--json", description = "Print JSON instead of text. Errors stay text, on standard error.")
    private boolean json;

    @Override
    public Integer call() {
        RelayConfig config = ConfigFile.read(file);
        if (config.subscribers().stream().anyMatch(one -> one.name().equals(subscriber))) {
            throw new ParameterException(
                    spec.commandLine(),
                    file + " still has the subscriber " + subscriber
                            + ", so the relay would make it active again; take it out first");
        }
        Connector source = Connector.to(config.source());
        Connector backlog = Connector.to(config.backlogDatabase());
        Retirement retirement = new Retirement(
                source::connect, backlog::connect, config.source().slot());
        try {
            tell(retirement.retire(subscriber, dropBacklog));
            return Exit.OK;
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), Plain.text(String.valueOf(e.getMessage())), e);
        } catch (SQLException e) {
            throw Troubles.explain(e, config.backlogDatabase());
        }
    }

    private void tell(Retirement.Retired retired) {
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            Json.print(
                    out,
                    Json.object()
                            .put("subscriber", subscriber)
                            .put("before", retired.before())
                            .put("dropped_waiting", retired.waiting())
                            .put("dropped_dead", retired.dead())
                            .put("slot_is_read", retired.slotIsRead()));
            return;
        }
        String what = retired.before() ? " was retired before" : " is retired";
        String dropped = retired.waiting() + retired.dead() == 0
                ? "; its backlog is empty."
                : "; dropped " + retired.waiting() + " waiting and " + retired.dead() + " dead events.";
        Main.line(out, subscriber + what + dropped);
        if (retired.slotIsRead()) {
            Main.line(
                    out,
                    "A relay is reading the slot now. If it was started with " + subscriber
                            + ", it delivers to it until it is restarted without.");
        }
    }
}
