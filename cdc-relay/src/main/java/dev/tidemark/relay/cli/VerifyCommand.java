package dev.tidemark.relay.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.tidemark.relay.backlog.Redelivery;
import dev.tidemark.relay.backlog.RedeliveryAdmin;
import dev.tidemark.relay.config.ConfigFile;
import dev.tidemark.relay.config.RelayConfig;
import dev.tidemark.relay.config.SubscriberConfig;
import dev.tidemark.relay.config.VerifyConfig;
import dev.tidemark.relay.ops.Connector;
import dev.tidemark.relay.verify.Difference;
import dev.tidemark.relay.verify.Verification;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Compares a replica with its source, and has it repaired. */
@Command(
        name = "verify",
        header = "Compare a replica with its source while both are written to, and repair what differs.",
        description = {
            "",
            "The file says what is compared: one query over the source, one over the replica, with the same columns, one of"
                    + " which is the key, the aggregate's id. Rows that differ are looked at again at one version of the"
                    + " aggregate, so that events on their way do not show. With a column version, a row that says that it"
                    + " is older is called stale.",
            "",
            "With --repair the relay that leads sends the subscriber the states of just those aggregates, by the query that"
                    + " its configuration has under states, and what was repaired is compared again.",
            ""
        },
        footer = {
            "",
            "With --json: {rows, complete, differences: [{key, kind (missing, stale, extra, different, ahead),"
                    + " source_version, replica_version}], repaired, left: [as differences]}",
            "Exit codes:",
            "  0  equal, or made equal",
            "  1  they differ, or could not be compared; the message says why",
            "  2  wrong usage or configuration",
            "  3  no relay has begun to repair in time",
            "",
            "Example of the file:",
            "  source:  { url: jdbc:postgresql://users-db/users, user: checker, password: \"${env:PW}\","
                    + " query: \"select id, name from users\" }",
            "  replica: { url: jdbc:postgresql://orders-db/orders, user: checker, password: \"${env:PW}\","
                    + " query: \"select user_id as id, name from user_replica\" }",
            "  aggregate: { source: users, type: user }",
            "  consumer: orders       # whose inbox fills the replica",
            "  key: id                # optional, as are chunk: 5000, patience: 30s, most: 10000",
            "",
            "Examples:",
            "  tidemark verify --config verify.yaml",
            "  tidemark verify --config verify.yaml --repair --subscriber orders --relay relay.yaml"
        })
final class VerifyCommand implements Callable<Integer> {

    private static final int SHOWN = 20;
    private static final int ROUNDS = 3;
    private static final int MOST_OF_A_JOB = 10_000;

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Option(names = "--config", required = true, paramLabel = "FILE", description = "What is compared.")
    @SuppressWarnings("NullAway.Init") // required
    private Path file;

    @Option(names = "--repair", description = "Have the states sent of what differs. Needs --subscriber and --relay.")
    private boolean repair;

    @Option(names = "--subscriber", paramLabel = "NAME", description = "Who keeps the replica, for the relay.")
    private @Nullable String subscriber;

    @Option(names = "--relay", paramLabel = "FILE", description = "The relay's configuration.")
    private @Nullable Path relay;

    @Option(names = "--json", description = "Print JSON instead of text. Errors stay text, on standard error.")
    private boolean json;

    @Override
    public Integer call() throws Exception {
        VerifyConfig config = ConfigFile.readVerify(file);
        if (repair != (subscriber != null) || repair != (relay != null)) {
            throw misused("--repair needs --subscriber and --relay, and they go with --repair only");
        }
        RelayConfig relayConfig = relay == null ? null : ConfigFile.read(relay);
        if (relayConfig != null) {
            requireRepairable(config, relayConfig);
        }
        try (Connection source = connect(config.source(), "source");
                Connection replica = connect(config.replica(), "replica")) {
            return compare(config, relayConfig, verification(config, source, replica));
        } catch (SQLException e) {
            throw new IllegalStateException("they could not be compared: " + said(e), e);
        }
    }

    private int compare(VerifyConfig config, @Nullable RelayConfig relayConfig, Verification verification)
            throws SQLException, InterruptedException {
        ProgressBar bar = new ProgressBar(spec.commandLine().getErr(), ProgressBar.isTerminal(), System::nanoTime);
        Verification.Result result = verification.run((rows, expected) -> bar.show("compared", rows, expected));
        bar.end();
        List<Difference> left = result.differences();
        int code = left.isEmpty() ? Exit.OK : Exit.FAILED;
        if (relayConfig != null) {
            for (int round = 0; round < ROUNDS && !left.isEmpty() && code != Exit.NO_ANSWER; round++) {
                code = send(config, relayConfig, left);
                left = verification.compare(left.stream().map(Difference::key).toList());
            }
            code = code == Exit.NO_ANSWER ? code : left.isEmpty() ? Exit.OK : Exit.FAILED;
        }
        if (!result.complete()) {
            code = code == Exit.OK ? Exit.FAILED : code;
        }
        print(result, relayConfig == null ? null : left);
        return code;
    }

    /** Returns an exit code; that of a job that failed is told by what is left. */
    private int send(VerifyConfig config, RelayConfig relayConfig, List<Difference> differences)
            throws SQLException, InterruptedException {
        Connector connector = Connector.to(relayConfig.backlogDatabase());
        RedeliveryAdmin redeliveries =
                new RedeliveryAdmin(connector::connect, relayConfig.source().slot());
        for (int from = 0; from < differences.size(); from += MOST_OF_A_JOB) {
            List<String> keys = differences.subList(from, Math.min(differences.size(), from + MOST_OF_A_JOB)).stream()
                    .map(Difference::key)
                    .toList();
            long job = redeliveries.request(
                    String.valueOf(subscriber),
                    new Redelivery.States(
                            config.aggregateType(), keys, Collections.nCopies(keys.size(), config.tenantId())));
            int code = new JobWatch(
                            redeliveries,
                            job,
                            spec.commandLine(),
                            false,
                            spec.commandLine().getErr())
                    .await(Duration.ofSeconds(30));
            if (code == Exit.NO_ANSWER) {
                return code;
            }
        }
        return Exit.OK;
    }

    private void print(Verification.Result result, @Nullable List<Difference> left) {
        PrintWriter out = spec.commandLine().getOut();
        List<Difference> differences = result.differences();
        if (json) {
            ObjectNode object = Json.object().put("rows", result.rows()).put("complete", result.complete());
            put(object.putArray("differences"), differences);
            if (left != null) {
                object.put("repaired", differences.size() - left.size());
                put(object.putArray("left"), left);
            }
            Json.print(out, object);
            return;
        }
        Main.line(
                out,
                String.format(Locale.ROOT, "%,d rows compared: ", result.rows())
                        + (differences.isEmpty() ? "equal" : summary(differences)));
        differences.stream().limit(SHOWN).forEach(difference -> Main.line(out, "  " + line(difference)));
        if (differences.size() > SHOWN) {
            Main.line(out, "  and " + (differences.size() - SHOWN) + " more; --json prints all");
        }
        if (!result.complete()) {
            Main.line(
                    out,
                    "Stopped there: raise most in " + file
                            + ", or send all states: tidemark bootstrap --subscriber NAME");
        }
        if (left != null && !differences.isEmpty()) {
            Main.line(
                    out,
                    left.isEmpty()
                            ? "All of them were repaired, and are equal now."
                            : (differences.size() - left.size()) + " were repaired. Left: " + summary(left));
        }
    }

    private static void put(ArrayNode array, List<Difference> differences) {
        for (Difference difference : differences) {
            array.addObject()
                    .put("key", difference.key())
                    .put("kind", name(difference))
                    .put("source_version", difference.sourceVersion())
                    .put("replica_version", difference.replicaVersion());
        }
    }

    private static String summary(List<Difference> differences) {
        StringBuilder summary = new StringBuilder();
        for (Difference.Kind kind : Difference.Kind.values()) {
            long count = differences.stream()
                    .filter(difference -> difference.kind() == kind)
                    .count();
            if (count > 0) {
                summary.append(summary.length() == 0 ? "" : ", ")
                        .append(count)
                        .append(' ')
                        .append(kind.name().toLowerCase(Locale.ROOT));
            }
        }
        return summary.toString();
    }

    private static String line(Difference difference) {
        return name(difference) + " " + Plain.text(difference.key()) + " at version " + difference.replicaVersion()
                + " of " + difference.sourceVersion();
    }

    private static String name(Difference difference) {
        return difference.kind().name().toLowerCase(Locale.ROOT);
    }

    private void requireRepairable(VerifyConfig config, RelayConfig relayConfig) {
        if (relayConfig.states(config.aggregateType()).isEmpty()) {
            throw misused(relay + " has no query for the states of " + config.aggregateType()
                    + "; the relay needs one under states to repair");
        }
        List<String> names =
                relayConfig.subscribers().stream().map(SubscriberConfig::name).toList();
        if (!names.contains(String.valueOf(subscriber))) {
            throw misused("there is no subscriber " + Plain.text(String.valueOf(subscriber)) + " in " + relay
                    + "; known are: " + String.join(", ", names));
        }
    }

    private Verification verification(VerifyConfig config, Connection source, Connection replica) throws SQLException {
        try {
            return new Verification(
                    source,
                    replica,
                    new Verification.Settings(
                            config.source().query(),
                            config.replica().query(),
                            config.key(),
                            config.aggregateSource(),
                            config.tenantId(),
                            config.aggregateType(),
                            config.consumer(),
                            config.chunk(),
                            config.patience(),
                            config.most()));
        } catch (IllegalArgumentException e) {
            throw misused(String.valueOf(e.getMessage()));
        }
    }

    private static Connection connect(VerifyConfig.Place place, String name) {
        try {
            return DriverManager.getConnection(
                    place.url(), place.user(), place.password().reveal());
        } catch (SQLException e) {
            throw new IllegalStateException("the " + name + " does not let us in: " + said(e), e);
        }
    }

    private static String said(SQLException failure) {
        return String.valueOf(failure.getMessage()).lines().findFirst().orElse("no reason given");
    }

    private ParameterException misused(String why) {
        return new ParameterException(spec.commandLine(), why);
    }
}
