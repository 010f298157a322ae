package dev.tidemark.relay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.PostgresExtension;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

@ExtendWith(PostgresExtension.class)
class DoctorCommandTest {

    @TempDir
    private Path directory;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private String config = "";

    /** From an empty database to one that a relay can work with, by doing what it says. */
    @Test
    void aNewcomerIsLedToADatabaseThatIsWell(Database database) throws Exception {
        try (ServerSocket receiver = new ServerSocket(0)) {
            config = config(database, database.user(), database.password(), receiver.getLocalPort());

            assertThat(run()).isEqualTo(1);
            assertThat(out.toString())
                    .contains("problem  outbox: table public.outbox does not exist")
                    .contains("         -> tidemark migrate")
                    .contains("problem  slot: slot slot_" + database.name() + " does not exist")
                    .containsPattern("\\d problems, \\d warnings?, \\d+ ok");
            assertThat(run("--fix")).isZero();
            assertThat(out.toString())
                    .contains("fix      Schema public: V001", "fix      Slot slot_" + database.name() + ": made")
                    .contains("0 problems");
            assertThat(run()).isZero();

            database.run("select pg_drop_replication_slot('slot_" + database.name() + "')");
            Path password = Files.writeString(directory.resolve("password"), database.password() + "\n");
            assertThat(run("--fix", "--user", database.user(), "--password-file", password.toString(), "--json"))
                    .isZero();
            JsonNode json = new ObjectMapper().readTree(out.toString());
            assertThat(json.get("result").asText()).isEqualTo("warning");
            assertThat(json.get("fixed").toString()).contains("made");
            assertThat(json.get("findings").get(0).toString())
                    .startsWith("{\"severity\":\"ok\",\"check\":\"connection\",\"message\":")
                    .endsWith("\"mend\":null}");
        }
    }

    @Test
    void whatCannotBeFixedIsSaid(Database database) throws Exception {
        config = config(database, "no_such_role", "hunter2", 1);

        assertThat(run("--fix")).isEqualTo(1);
        assertThat(out.toString())
                .contains("problem  connection: ", "problem  sink shipping: ", "fix      Nothing was made")
                .doesNotContain("hunter2");
        config = config(database, database.user(), database.password(), 1);
        database.run("create schema tidemark; create table outbox (id int)");
        assertThat(run("--fix")).isEqualTo(1);
        assertThat(out.toString()).contains("fix      Not fixed: ");
    }

    @Test
    void itSaysHowItIsUsed(Database database) throws Exception {
        config = config(database, database.user(), database.password(), 1);
        assertThat(run("--fix", "--password-env", "PGPASSWORD")).isEqualTo(2);
        assertThat(err.toString()).contains("whose password? Give --user, too");
        assertThat(run("--user", "postgres")).isEqualTo(2);
        assertThat(err.toString()).contains("are for --fix");
        assertThat(run("--help")).isZero();
        assertThat(out.toString()).contains("Exit codes: 0 no problem", "--fix --user postgres");
        config = "nowhere.yaml";
        assertThat(run()).isEqualTo(2);
        assertThat(err.toString()).contains("nowhere.yaml", "does not exist");
    }

    private String config(Database database, String user, String password, int port) throws Exception {
        return Files.writeString(directory.resolve("relay.yaml"), """
                        source: { url: "%s", user: %s, password: "%s", slot: slot_%s }
                        subscribers: [{ name: shipping, http: { url: "http://localhost:%d/?key=hunter2" } }]
                        """.formatted(
                                database.url(), user, password, database.name(), port))
                .toString();
    }

    private int run(String... args) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        CommandLine line = Main.commandLine(ignored -> {
            throw new AssertionError("started a relay");
        });
        line.setOut(new PrintWriter(out, true));
        line.setErr(new PrintWriter(err, true));
        List<String> all = new ArrayList<>(List.of("doctor", "--config", config));
        all.addAll(List.of(args));
        return line.execute(all.toArray(new String[0]));
    }
}
