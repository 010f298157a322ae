package dev.tidemark.relay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tidemark.relay.Events;
import dev.tidemark.relay.Patience;
import dev.tidemark.relay.backlog.BacklogRows;
import dev.tidemark.relay.backlog.Command;
import dev.tidemark.relay.backlog.Commands;
import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.PostgresExtension;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

@ExtendWith(PostgresExtension.class)
class BacklogCommandTest {

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
        config = write(database, "hunter2");
        rows.register("shipping", "active");
    }

    @Test
    void statusSaysWhoWaitsForWhat() throws Exception {
        rows.waiting("shipping", "1", 2);
        rows.dead("shipping", "1", 1, "answered 400");
        rows.waiting("gone", "1", 2);

        assertThat(run("status")).isZero();
        assertThat(out.toString())
                .contains("SUBSCRIBER", "OLDEST WAITING")
                .containsPattern("shipping +active +1 +1 +\\d+B +1m[3-5]\\ds +rejected 1, spilled 1")
                .containsPattern("gone +not registered +1 +0");
        JsonNode json = json("status", "--subscriber", "shipping").get("subscribers");
        assertThat(json).hasSize(1);
        assertThat(json.get(0).get("waiting").asInt()).isEqualTo(1);
        assertThat(json.get(0).get("causes").get("rejected").asInt()).isEqualTo(1);
        assertThat(json.get(0).get("oldest_waiting_seconds").asInt()).isGreaterThanOrEqualTo(90);
    }

    @Test
    void aSubscriberWithoutBacklogIsNoError() throws Exception {
        assertThat(run("status", "--subscriber", "mail")).isZero(); // configured, not yet registered
        assertThat(run("list", "--subscriber", "mail")).isEqualTo(4);
        assertThat(out.toString()).contains("Nothing matches in the backlog of mail.");
    }

    @Test
    void anUnknownSubscriberIsAnsweredWithTheKnownOnes() {
        for (String command : List.of("status", "list", "retry")) {
            String[] all = command.equals("retry") ? new String[] {"--all"} : new String[0];
            assertThat(run(command, concat(all, "--subscriber", "shiping"))).isEqualTo(2);
            assertThat(err.toString())
                    .contains("there is no subscriber shiping in ", "known are: mail, shipping")
                    .contains("Try: tidemark backlog " + command + " --help");
        }
    }

    @Test
    void listGoesPageByPage() throws Exception {
        rows.waiting("shipping", "1", 1);
        UUID dead = rows.dead("shipping", "2", 1, "answered 400\n\u001b[31mred");
        rows.undecodable("shipping", "what?");

        assertThat(run("list", "--subscriber", "shipping", "--limit", "2")).isZero();
        assertThat(out.toString())
                .contains("orders/order/1@1", "order-placed", "waiting", "answered 400\\u000a\\u001b[31mred")
                .contains("There are more: --after=")
                .doesNotContain("(not decoded)");
        JsonNode first = json("list", "--subscriber", "shipping", "--limit", "2");
        assertThat(first.get("events")).hasSize(2);
        JsonNode second = json(
                "list", "--subscriber", "shipping", "--after", first.get("next").asText());
        assertThat(second.get("events")).hasSize(1);
        assertThat(second.get("next").isNull()).isTrue();
        assertThat(second.get("events").get(0).get("cause").asText()).isEqualTo("undecodable");
        JsonNode some = json("list", "--subscriber", "shipping", "--state", "dead", "--aggregate", "order/2");
        assertThat(some.get("events").get(0).get("id").asText()).isEqualTo(dead.toString());
        assertThat(run("list", "--subscriber", "shipping", "--limit", "0")).isEqualTo(2);
        assertThat(err.toString()).contains("--limit must be a whole number from 1 to 10000, but was: 0");
        assertThat(run("list", "--subscriber", "shipping", "--aggregate", "order"))
                .isEqualTo(2);
        assertThat(err.toString()).contains("such as order/42, but was: order");
    }

    @Test
    void aPayloadIsShownOnlyWhenAskedFor() throws Exception {
        UUID dead = rows.dead("shipping", "1", 7, "answered 400");
        rows.waiting("shipping", "1", 8);
        UUID odd = rows.undecodable("shipping", "{\"secret\": \u0007what?");

        assertThat(run("show", "--subscriber", "shipping", "--id", dead.toString()))
                .isZero();
        assertThat(out.toString())
                .containsPattern("behind it +1 waiting")
                .containsPattern("aggregate +orders/order/1@7")
                .containsPattern("  specversion +1.0")
                .contains("not shown; use --payload")
                .doesNotContain("\"n\"");
        assertThat(json("show", "--subscriber", "shipping", "--id", dead.toString())
                        .get("envelope")
                        .has("data"))
                .isFalse();
        assertThat(run("show", "--subscriber", "shipping", "--id", dead.toString(), "--payload"))
                .isZero();
        assertThat(out.toString()).contains("\"n\" : 7");
        assertThat(run("show", "--subscriber", "shipping", "--id", odd.toString()))
                .isZero();
        assertThat(out.toString()).contains("dead, undecodable").doesNotContain("secret");
        assertThat(run("show", "--subscriber", "shipping", "--id", odd.toString(), "--payload"))
                .isZero();
        assertThat(out.toString()).contains("{\"secret\": \\u0007what?");
        assertThat(run("show", "--subscriber", "shipping", "--id", new UUID(0, 1).toString()))
                .isEqualTo(4);
        assertThat(err.toString()).contains("does not have event");
    }

    @Test
    void whatIsAskedForMustBeNamed() {
        for (String verb : List.of("retry", "skip", "drop")) {
            assertThat(run(verb, "--subscriber", "shipping")).isEqualTo(2);
            assertThat(err.toString()).contains("which events? Give --id UUID", "--aggregate TYPE/ID", "or --all");
        }
        assertThat(run("retry", "--subscriber", "shipping", "--all", "--reason", "x"))
                .isEqualTo(2);
        assertThat(err.toString()).contains("--all goes without");
        assertThat(run("retry", "--subscriber", "shipping", "--id", "x")).isEqualTo(2);
        assertThat(err.toString())
                .contains("must be a UUID, such as 0193", "but was: x")
                .doesNotContain("java.");
        assertThat(run("retry", "--help")).isZero();
        assertThat(out.toString()).contains("not retried").doesNotContain("Forwards committed events");
        assertThat(run("retry", "--subscriber", "shipping", "--all", "--wait", "soon"))
                .isEqualTo(2);
        assertThat(err.toString()).contains("--wait must be a duration such as 500ms, 30s or 5m, but was: soon");
    }

    @Test
    void theLeaderCarriesItOutAndItsAnswerIsPrinted() throws Exception {
        rows.dead("shipping", "1", 1, "answered 400");
        CompletableFuture<List<Command>> leader = CompletableFuture.supplyAsync(this::carryOutOne);

        assertThat(run("retry", "--subscriber", "shipping", "--aggregate", "order/1", "--wait", "2m"))
                .as(() -> out + "" + err)
                .isZero();
        assertThat(out.toString()).contains("retry: 1 event to be tried again, and what waits is tried now");
        assertThat(leader.get(Patience.BOUND.toSeconds(), TimeUnit.SECONDS))
                .singleElement()
                .satisfies(command -> {
                    assertThat(command.verb()).isEqualTo(Command.Verb.RETRY);
                    assertThat(command.aggregate()).isEqualTo("order/1");
                });
    }

    @Test
    void withoutALeaderTheCommandStaysRequested() throws Exception {
        UUID id = rows.dead("shipping", "1", 1, "answered 400");

        assertThat(run("skip", "--subscriber", "shipping", "--id", id.toString(), "--wait", "1ms"))
                .isEqualTo(3);
        assertThat(out.toString())
                .contains(
                        "no relay has carried it out within 1ms; it stays requested as command 1, and the next relay");
        JsonNode json = json(3, "skip", "--subscriber", "shipping", "--all", "--wait", "1ms");
        assertThat(json.get("state").asText()).isEqualTo("requested");
        assertThat(json.get("command").asInt()).isEqualTo(2);
        assertThat(json.get("events").isNull()).isTrue();
        assertThat(rows.single("select count(*) from tidemark.command where state = 'requested' and verb = 'skip'"))
                .isEqualTo("2");
    }

    @Test
    void aDropSaysFirstHowManyItConcerns() throws Exception {
        rows.dead("shipping", "1", 1, "answered 400");
        rows.waiting("shipping", "1", 2);

        assertThat(run("drop", "--subscriber", "shipping", "--all")).isEqualTo(2);
        assertThat(err.toString()).contains("this would give up 2 events of shipping for good; add --yes to do it");
        assertThat(rows.single("select count(*) from tidemark.command")).isEqualTo("0");
        assertThat(run("drop", "--subscriber", "shipping", "--all", "--yes", "--wait", "1ms"))
                .isEqualTo(3);
    }

    @Test
    void nothingIsAskedForWhereNothingMatches() throws Exception {
        rows.waiting("shipping", "1", 2);

        assertThat(run("skip", "--subscriber", "shipping", "--all")).isEqualTo(4);
        assertThat(out.toString()).contains("skip: no dead event of shipping matches");
        assertThat(run("drop", "--subscriber", "shipping", "--reason", "400")).isEqualTo(4);
        assertThat(rows.single("select count(*) from tidemark.command")).isEqualTo("0");
    }

    /** A receiver that answered 410 is asked again by it, and none of its events need be in the backlog by then. */
    @Test
    void aRetryOfAllIsCarriedOutAlsoWhereNothingStands() throws Exception {
        assertDoneThoughItCountsNothing("--all");
        assertThat(run("retry", "--subscriber", "shipping", "--reason", "400")).isEqualTo(4);
    }

    /** What waits is tried at once, and counted only where few are meant. */
    @Test
    void aRetryOfWhatWaitsIsDone() throws Exception {
        rows.put("shipping", Events.event("1", 1), "waiting", "parked", "answered 400");
        assertDoneThoughItCountsNothing("--reason", "400");
    }

    private void assertDoneThoughItCountsNothing(String... selection) throws Exception {
        Commands leader = new Commands(() -> rows.database().connect(), BacklogRows.SLOT, 1);
        CompletableFuture<Void> answering = CompletableFuture.runAsync(() -> {
            try {
                leader.done(awaitOne(leader), 0);
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });

        assertThat(run("retry", concat(selection, "--subscriber", "shipping", "--wait", "2m")))
                .as(() -> out + "" + err)
                .isZero();
        answering.get(Patience.BOUND.toSeconds(), TimeUnit.SECONDS);
    }

    @Test
    void aFailedCommandIsAFailure() throws Exception {
        rows.dead("shipping", "1", 1, "answered 400");
        Commands leader = new Commands(() -> rows.database().connect(), BacklogRows.SLOT, 1);
        CompletableFuture<Void> refusing = CompletableFuture.runAsync(() -> {
            try {
                leader.failed(awaitOne(leader), "shipping is not configured");
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        });

        assertThat(run("retry", "--subscriber", "shipping", "--all", "--wait", "2m"))
                .isEqualTo(1);
        assertThat(out.toString()).contains("retry: shipping is not configured");
        refusing.get(Patience.BOUND.toSeconds(), TimeUnit.SECONDS);
    }

    @Test
    void whatIsWrongWithTheDatabaseIsSaidInWordsAndWithoutSecrets() throws Exception {
        rows.database().run("revoke all on tidemark.backlog from tidemark_relay");
        assertThat(run("status")).isEqualTo(1);
        assertThat(err.toString()).contains("permission denied for table backlog", "tidemark migrate --roles");
        rows.database().run("drop table tidemark.backlog");
        assertThat(run("status")).isEqualTo(1);
        assertThat(err.toString()).contains("does not have the tables", "tidemark migrate");
        config = write(rows.database(), "wrong-secret");
        assertThat(run("status")).isIn(0, 1); // the server of a test may trust everybody
        assertThat(out.toString() + err).doesNotContain("wrong-secret").doesNotContain("hunter2");
        config = write(new Database("x", "jdbc:postgresql://localhost:1/x", "", ""), "hunter2");
        assertThat(run("status")).isEqualTo(1);
        assertThat(err.toString()).contains("database x at localhost:1 does not answer: ");
        config = directory.resolve("nowhere.yaml").toString();
        assertThat(run("status")).isEqualTo(2);
    }

    private List<Command> carryOutOne() {
        Commands leader = new Commands(() -> rows.database().connect(), BacklogRows.SLOT, 1);
        try {
            Command command = awaitOne(leader);
            rows.database().run("update tidemark.backlog set state = 'waiting' where state = 'dead'");
            leader.done(command, 1);
            return List.of(command);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private static Command awaitOne(Commands leader) {
        return Awaitility.await()
                .until(leader::requested, requested -> !requested.isEmpty())
                .get(0);
    }

    private String write(Database database, String password) throws Exception {
        return Files.writeString(directory.resolve("relay.yaml"), """
                        source: { url: "%s", user: tidemark_relay, password: %s }
                        subscribers:
                          - { name: shipping, http: { url: "http://localhost:8081" } }
                          - { name: mail, http: { url: "http://localhost:8081" } }
                        """.formatted(database.url(), password))
                .toString();
    }

    private JsonNode json(String... args) throws Exception {
        return json(0, args);
    }

    private JsonNode json(int exitCode, String... args) throws Exception {
        assertThat(run(args[0], concat(List.of(args).subList(1, args.length).toArray(new String[0]), "--json")))
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
        List<String> all = new ArrayList<>(List.of("backlog", command, "--config", config));
        all.addAll(List.of(args));
        return line.execute(all.toArray(new String[0]));
    }

    private static String[] concat(String[] some, String... more) {
        List<String> all = new ArrayList<>(List.of(some));
        all.addAll(List.of(more));
        return all.toArray(new String[0]);
    }
}
