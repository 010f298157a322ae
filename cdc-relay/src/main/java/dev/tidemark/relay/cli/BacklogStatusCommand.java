package dev.tidemark.relay.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tidemark.relay.backlog.BacklogAdmin;
import dev.tidemark.relay.backlog.Standing;
import dev.tidemark.relay.config.Sizes;
import java.io.PrintWriter;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** How many events wait or are dead, for each subscriber. */
@Command(
        name = "status",
        header = "How many events wait or are dead, since when, and why.",
        description = {
            "",
            "Subscribers that are registered or in the backlog. Counts all that is not settled, which takes seconds for millions.",
            ""
        },
        footer = {
            "",
            "With --json: {\"subscribers\": [{subscriber, registered (active, loading, retired or null), waiting, dead, bytes,"
                    + " oldest_waiting_seconds (or null), causes: {parked, spilled, rejected, undecodable, replayed}}]}",
            "Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, or no such subscriber"
        })
final class BacklogStatusCommand implements Callable<Integer> {

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Mixin
    private BacklogOptions options = new BacklogOptions();

    @Option(names = "--subscriber", paramLabel = "NAME", description = "Only this one. Default: all.")
    private @Nullable String subscriber;

    @Override
    public Integer call() throws Exception {
        return options.run(backlog -> {
            List<Standing> standings = standings(backlog);
            PrintWriter out = spec.commandLine().getOut();
            if (options.json()) {
                Json.print(out, json(standings));
            } else if (standings.isEmpty()) {
                Main.line(out, "No subscriber is registered yet, and the backlog is empty: no relay has led so far.");
            } else {
                table(standings).print(out);
            }
            return Exit.OK;
        });
    }

    private List<Standing> standings(BacklogAdmin backlog) throws SQLException {
        if (subscriber == null) {
            return backlog.status();
        }
        options.requireKnown(backlog, subscriber);
        return backlog.status(subscriber).map(List::of).orElse(List.of());
    }

    private static Table table(List<Standing> standings) {
        Table table = new Table("SUBSCRIBER", "STATE", "WAITING", "DEAD", "SIZE", "OLDEST WAITING", "CAUSES");
        for (Standing standing : standings) {
            table.row(
                    standing.subscriber(),
                    standing.registered() == null ? "not registered" : standing.registered(),
                    standing.waiting(),
                    standing.dead(),
                    Sizes.show(standing.bytes()),
                    standing.oldestWaiting() == null ? "-" : ago(standing.oldestWaiting()),
                    causes(standing));
        }
        return table;
    }

    private static String causes(Standing standing) {
        return standing.causes().isEmpty()
                ? "-"
                : standing.causes().entrySet().stream()
                        .map(cause -> cause.getKey() + " " + cause.getValue())
                        .collect(Collectors.joining(", "));
    }

    private static String ago(Duration age) {
        if (age.toMinutes() == 0) {
            return age.toSeconds() + "s";
        }
        return age.toHours() == 0
                ? age.toMinutes() + "m" + age.toSecondsPart() + "s"
                : age.toHours() + "h" + age.toMinutesPart() + "m";
    }

    private static ObjectNode json(List<Standing> standings) {
        ObjectNode json = Json.object();
        ArrayNode all = json.putArray("subscribers");
        for (Standing standing : standings) {
            ObjectNode one = all.addObject()
                    .put("subscriber", standing.subscriber())
                    .put("registered", standing.registered())
                    .put("waiting", standing.waiting())
                    .put("dead", standing.dead())
                    .put("bytes", standing.bytes())
                    .put(
                            "oldest_waiting_seconds",
                            standing.oldestWaiting() == null
                                    ? null
                                    : (Long) standing.oldestWaiting().toSeconds());
            ObjectNode causes = one.putObject("causes");
            standing.causes().forEach(causes::put);
        }
        return json;
    }
}
