package dev.tidemark.relay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tidemark.relay.Patience;
import dev.tidemark.relay.backlog.BacklogException;
import dev.tidemark.relay.backlog.BacklogRows;
import dev.tidemark.relay.backlog.Databases;
import dev.tidemark.relay.backlog.Redeliveries;
import dev.tidemark.relay.backlog.Redelivery;
import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.PostgresExtension;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What a person asks, and is told; the leader is played by the test. */
@ExtendWith(PostgresExtension.class)
class ReplayCommandTest {

    @TempDir
    private Path directory;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private BacklogRows rows = new BacklogRows(new Database("", "", "", ""));
    private String config = "";

    @BeforeEach
    void prepare(Database database) throws Exception {
        rows = BacklogRows.in(database);
        database.run("alter role tidemark_relay password 'hunter2'");
        config = Files.writeString(directory.resolve("relay.yaml"), """
                        source: { url: "%s", user: tidemark_relay, password: hunter2 }
                        subscribers:
                          - { name: shipping, http: { url: "http://localhost:8081" } }
                        """.formatted(database.url()))
                .toString();
        rows.register("shipping", "active");
    }

    @Test
    void whichEventsAreMeantMustBeSaid() {
        assertThat(replay()).isEqualTo(2);
        assertThat(err.toString()).contains("which events? Give --since TIME or --from-beginning, or else --aggregate");
        assertThat(replay("--since", "1h", "--from-beginning")).isEqualTo(2);
        assertThat(replay("--since", "yesterday")).isEqualTo(2);
        assertThat(err.toString())
                .contains("--since must be a time with its offset, such as 2026-11-22T10:00:00Z", "but was: yesterday");
        assertThat(replay("--aggregate", "order")).isEqualTo(2);
        assertThat(err.toString()).contains("an aggregate is type/id, such as order/42, but was: order");
        assertThat(replay("--from-beginning", "--wait", "soon")).isEqualTo(2);
        assertThat(err.toString()).contains("--wait must be a duration such as");
        assertThat(run("replay", "--subscriber", "shiping", "--from-beginning")).isEqualTo(2);
        assertThat(err.toString()).contains("there is no subscriber shiping in ", "known are: shipping");
        assertThat(run("redelivery", "list")).isZero();
        assertThat(out.toString()).contains("Nobody has asked for events again.");
    }

    @Test
    void withoutARelayItStaysRequested() throws Exception {
        assertThat(replay(
                        "--since",
                        "2026-11-22T11:00:00+01:00",
                        "--aggregate",
                        "order/42",
                        "--latest-only",
                        "--wait",
                        "1ms"))
                .isEqualTo(3);
        assertThat(out.toString()).contains("job 1 for shipping: requested");
        assertThat(err.toString())
                .contains(
                        "no relay has begun within 1ms; it stays requested as job 1",
                        "tidemark redelivery watch --id 1");
        JsonNode json = json(0, "redelivery", "list").get("jobs").get(0);
        assertThat(json.get("state").asText()).isEqualTo("requested");
        assertThat(json.get("since").asText()).isEqualTo("2026-11-22T10:00:00Z");
        assertThat(json.get("aggregate").asText()).isEqualTo("order/42");
        assertThat(json.get("latest_only").asBoolean()).isTrue();
        assertThat(json.get("requested_by").asText()).isEqualTo("tidemark_relay");
        assertThat(json.get("total").isNull()).isTrue();
        assertThat(replay("--from-beginning", "--no-wait")).isZero();
        assertThat(out.toString()).contains("job 2 for shipping: requested");
        assertThat(run("redelivery", "watch", "--id", "3")).isEqualTo(2);
        assertThat(err.toString()).contains("there is no job 3; see: tidemark redelivery list");
    }

    @Test
    void whatBecameOfItIsTheExitCode() throws Exception {
        Redeliveries leader = leader();
        assertThat(replay("--from-beginning", "--no-wait")).isZero();
        Redelivery job = leader.open().get(0);
        leader.begin(job);
        leader.progress(job, 3, 3, 2);
        rows.waiting("shipping", "1", 1);
        rows.database().run("update tidemark.backlog set redelivery = 1");
        assertThat(leader.isDelivered(job)).as("not stored yet").isFalse();
        leader.stored(job);
        assertThat(leader.isDelivered(job)).as("one waits").isFalse();
        rows.database().run("update tidemark.backlog set state = 'dead'");
        assertThat(leader.isDelivered(job)).isTrue();

        JsonNode json = json(1, "redelivery", "watch", "--id", "1");
        assertThat(json.get("state").asText()).isEqualTo("done");
        assertThat(json.get("stored").asInt()).isEqualTo(2);
        assertThat(json.get("dead").asInt()).isEqualTo(1);
        assertThat(json.get("answer").asText())
                .isEqualTo("2 events sent again; 1 of them dead: see tidemark backlog list");
        rows.database().run("update tidemark.backlog set state = 'settled'");
        assertThat(run("redelivery", "watch", "--id", "1")).isZero();
        assertThat(out.toString()).contains("job 1 for shipping: done: 2 events sent again; 1 of them dead");

        replay("--from-beginning", "--no-wait");
        leader.failed(leader.open().get(0), "no such thing");
        assertThat(run("redelivery", "watch", "--id", "2")).isEqualTo(1);
        assertThat(out.toString()).contains("job 2 for shipping: failed: no such thing");
        assertThat(run("redelivery", "list", "--limit", "0")).isEqualTo(2);
        assertThat(run("redelivery", "list")).isZero();
        assertThat(out.toString()).containsPattern("2 +shipping +all +failed +0 +0 +0 +no such thing");
    }

    /** Asked for its end, it may fail first. */
    @Test
    void aJobThatFailsWhileItIsCancelledHasFailed() throws Exception {
        Redeliveries leader = leader();
        replay("--from-beginning", "--no-wait");
        CompletableFuture<Void> failing = CompletableFuture.runAsync(() -> {
            try {
                Redelivery cancelled = Awaitility.await()
                        .atMost(Patience.BOUND)
                        .until(() -> leader.open().get(0), Redelivery::cancelled);
                leader.failed(cancelled, "no such thing");
            } catch (BacklogException e) {
                throw new IllegalStateException(e);
            }
        });
        assertThat(run("redelivery", "cancel", "--id", "1", "--wait", "2m")).isEqualTo(1);
        assertThat(out.toString()).contains("job 1 for shipping: failed: no such thing");
        failing.get(Patience.BOUND.toSeconds(), TimeUnit.SECONDS);
        assertThat(run("redelivery", "cancel", "--id", "1")).isEqualTo(4);
    }

    @Test
    void aCancelledJobIsDroppedByTheLeader() throws Exception {
        Redeliveries leader = leader();
        replay("--from-beginning", "--no-wait");
        leader.begin(leader.open().get(0));
        assertThat(rows.single("select loading from tidemark.subscriber")).isEqualTo("t");
        assertThat(run("redelivery", "cancel", "--id", "1", "--wait", "1ms")).isEqualTo(3);
        assertThat(leader.open()).singleElement().satisfies(job -> {
            assertThat(job.cancelled()).isTrue();
            leader.cancelled(job);
        });
        assertThat(run("redelivery", "cancel", "--id", "1")).isEqualTo(4);
        assertThat(out.toString()).contains("job 1 for shipping: cancelled: cancelled; what was not delivered");
        assertThat(rows.single("select loading from tidemark.subscriber")).isEqualTo("f");
        assertThat(rows.single("select verb || redelivery from tidemark.command"))
                .isEqualTo("drop1");
    }

    private Redeliveries leader() {
        return new Redeliveries(Databases.one(rows.database().dataSource()), BacklogRows.SLOT, 1, null);
    }

    private int replay(String... args) {
        List<String> all = new ArrayList<>(List.of("--subscriber", "shipping"));
        all.addAll(List.of(args));
        return run("replay", all.toArray(new String[0]));
    }

    private JsonNode json(int exitCode, String command, String... args) throws Exception {
        List<String> all = new ArrayList<>(List.of(args));
        all.add("--json");
        assertThat(run(command, all.toArray(new String[0])))
                .as(() -> out + "" + err)
                .isEqualTo(exitCode);
        return new ObjectMapper().readTree(out.toString());
    }

    private int run(String command, String... args) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        CommandLine line = Main.commandLine(ignored -> {
            throw new AssertionError("started a relay");
        });
        line.setOut(new PrintWriter(out, true));
        line.setErr(new PrintWriter(err, true));
        List<String> all = new ArrayList<>(List.of(command));
        boolean group = command.equals("redelivery");
        all.addAll(group ? List.of(args[0], "--config", config) : List.of("--config", config));
        all.addAll(List.of(args).subList(group ? 1 : 0, args.length));
        return line.execute(all.toArray(new String[0]));
    }
}
