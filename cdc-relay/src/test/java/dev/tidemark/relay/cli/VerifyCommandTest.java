package dev.tidemark.relay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tidemark.relay.Accounts;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** A replica that a relay keeps, spoilt by hand while it is written to, is found out exactly, and made equal. */
@Timeout(300)
class VerifyCommandTest {

    @TempDir
    private Path directory;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private Accounts accounts = Accounts.NONE;
    private String verify = "";
    private String relay = "";

    @BeforeEach
    void prepare() throws Exception {
        accounts = Accounts.start(Integer.getInteger("tidemark.verify.rows", 2000));
        verify = write("verify.yaml", """
                source: { url: "%s", user: "%s", password: "%s", query: "%s" }
                replica: { url: "%s", user: "%s", password: "%s", query: "%s" }
                aggregate: { source: bank, type: account }
                consumer: copy
                chunk: 300
                """.formatted(
                        accounts.source().url(),
                        accounts.source().user(),
                        accounts.source().password(),
                        Accounts.SOURCE_QUERY,
                        accounts.replica().url(),
                        accounts.replica().user(),
                        accounts.replica().password(),
                        Accounts.REPLICA_QUERY));
        relay = write("relay.yaml", """
                source: { url: "%s", user: "%s", password: "%s", slot: "%s" }
                subscribers: [ { name: copy, http: { url: "http://localhost:1" } } ]
                states: [ { aggregatetype: account, source: bank, query: "%s" } ]
                """.formatted(
                        accounts.source().url(),
                        accounts.source().user(),
                        accounts.source().password(),
                        accounts.slot(),
                        Accounts.STATES_QUERY));
    }

    @AfterEach
    void stop() {
        accounts.close();
    }

    @Test
    void whatWasSpoiltByHandUnderLoadIsFoundExactlyAndMadeEqual() throws Exception {
        try (Accounts.Load load = accounts.load()) {
            for (int i = 0; i < 3; i++) {
                assertThat(verify("--json")).as(() -> out + "" + err).isZero();
            }
            Map<String, String> spoilt = accounts.spoil();
            assertThat(verify("--json")).isEqualTo(1);
            assertThat(found("differences")).isEqualTo(spoilt);
            assertThat(verify("--json", "--repair", "--subscriber", "copy", "--relay", relay))
                    .as(() -> out + "" + err)
                    .isZero();
            assertThat(found("differences")).isEqualTo(spoilt);
            assertThat(found("left")).isEmpty();
            assertThat(verify()).as(() -> out + "" + err).isZero();
            assertThat(out.toString()).containsPattern("[\\d,]+ rows compared: equal");
            load.requireProgress();
        }
        accounts.awaitEqual();
    }

    @Test
    void anEventThatDoesNotComeIsStaleAfterThePatience() throws Exception {
        Files.writeString(Path.of(verify), Files.readString(Path.of(verify)) + "patience: 100ms\n");
        accounts.stopRelay();
        accounts.change(1, "nobody hears of it");
        assertThat(verify()).isEqualTo(1);
        assertThat(out.toString()).contains("1 stale", "  stale 1 at version 1 of 2");
    }

    @Test
    void aReplicaThatKnowsMoreThanItsSourceIsSaidToBeAhead() throws Exception {
        accounts.replica().run("update inbox_watermark set version = 99 where aggregateid = '3'");
        accounts.replica().run("update account_replica set name = 'of the future' where id = '3'");
        assertThat(verify()).isEqualTo(1);
        assertThat(out.toString()).contains("1 ahead", "  ahead 3 at version 99 of 1");
    }

    @Test
    void moreDifferencesThanAreLookedForAreNotHidden() throws Exception {
        Files.writeString(Path.of(verify), Files.readString(Path.of(verify)) + "most: 10\n");
        accounts.replica().run("update account_replica set name = 'spoilt' where id::int < 500");
        assertThat(verify()).isEqualTo(1);
        assertThat(out.toString()).contains("different", " more; --json prints all", "Stopped there: raise most in");
    }

    @Test
    void whatIsWrongIsSaid() throws Exception {
        assertThat(verify("--repair")).isEqualTo(2);
        assertThat(err.toString()).contains("--repair needs --subscriber and --relay");
        assertThat(verify("--repair", "--subscriber", "coppy", "--relay", relay))
                .isEqualTo(2);
        assertThat(err.toString()).contains("there is no subscriber coppy in ", "known are: copy");
        String good = Files.readString(Path.of(verify));
        Files.writeString(Path.of(verify), good + "consumr: x\n");
        assertThat(verify()).isEqualTo(2);
        assertThat(err.toString()).contains("consumr", "consumer");
        Files.writeString(
                Path.of(verify), good.replace(Accounts.REPLICA_QUERY, "select id, name from account_replica"));
        assertThat(verify()).isEqualTo(2);
        assertThat(err.toString())
                .contains(
                        "the two queries must have the same columns, but the source has [name, version] and the replica"
                                + " [name]");
        Files.writeString(Path.of(verify), good + "key: nummer\n");
        assertThat(verify()).isEqualTo(2);
        assertThat(err.toString()).contains("the query of the source has no column nummer for the key");
        Files.writeString(Path.of(verify), good.replace(Accounts.REPLICA_QUERY, "select nonsense"));
        assertThat(verify()).isEqualTo(1);
        assertThat(err.toString()).contains("they could not be compared: ERROR: column \"nonsense\" does not exist");
        Files.writeString(Path.of(verify), good.replace("jdbc:postgresql", "jdbc:mysql"));
        assertThat(verify()).isEqualTo(2);
        assertThat(err.toString()).contains("source.url", "replica.url");
    }

    private Map<String, String> found(String field) throws Exception {
        Map<String, String> found = new TreeMap<>();
        for (JsonNode one : new ObjectMapper().readTree(out.toString()).get(field)) {
            found.put(one.get("key").asText(), one.get("kind").asText());
        }
        return found;
    }

    private String write(String name, String text) throws Exception {
        return Files.writeString(directory.resolve(name), text).toString();
    }

    private int verify(String... args) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        CommandLine line = Main.commandLine(ignored -> {
            throw new AssertionError("started a relay");
        });
        line.setOut(new PrintWriter(out, true));
        line.setErr(new PrintWriter(err, true));
        List<String> all = new ArrayList<>(List.of("verify", "--config", verify));
        all.addAll(List.of(args));
        return line.execute(all.toArray(new String[0]));
    }
}
