package dev.tidemark.relay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tidemark.relay.backlog.BacklogRows;
import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.PostgresExtension;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

@ExtendWith(PostgresExtension.class)
class RetireCommandTest {

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
        rows.register("shipping", "active");
        rows.register("mail", "active");
        config = Files.writeString(directory.resolve("relay.yaml"), """
                        source: { url: "%s", user: tidemark_relay, password: hunter2 }
                        subscribers: [{ name: mail, http: { url: "http://localhost:8081" } }]
                        """.formatted(database.url()))
                .toString();
    }

    @Test
    void retiresWhoIsNotConfiguredAnyMore() throws Exception {
        assertThat(run("--subscriber", "shipping")).isZero();
        assertThat(out.toString()).isEqualToNormalizingNewlines("shipping is retired; its backlog is empty.\n");
        assertThat(rows.single("select state from tidemark.subscriber where name = 'shipping'"))
                .isEqualTo("retired");
        assertThat(run("--subscriber", "shipping")).isZero();
        assertThat(out.toString()).contains("shipping was retired before");
    }

    @Test
    void whoIsConfiguredStillIsNotRetired() throws Exception {
        assertThat(run("--subscriber", "mail")).isEqualTo(2);
        assertThat(err.toString()).contains("still has the subscriber mail", "take it out first");
        assertThat(rows.single("select state from tidemark.subscriber where name = 'mail'"))
                .isEqualTo("active");
        assertThat(run("--subscriber", "shiping")).isEqualTo(2);
        assertThat(err.toString()).contains("there is no subscriber shiping", "known are: mail, shipping");
    }

    @Test
    void aBacklogIsKeptUnlessItIsToBeDropped() throws Exception {
        rows.waiting("shipping", "1", 1);
        rows.dead("shipping", "2", 1, "answered 400");

        assertThat(run("--subscriber", "shipping")).isEqualTo(1);
        assertThat(err.toString()).contains("has 1 waiting and 1 dead events", "--drop-backlog");
        assertThat(run("--subscriber", "shipping", "--drop-backlog", "--json")).isZero();
        JsonNode json = new ObjectMapper().readTree(out.toString());
        assertThat(json.get("dropped_waiting").asInt()).isEqualTo(1);
        assertThat(json.get("dropped_dead").asInt()).isEqualTo(1);
        assertThat(json.get("before").asBoolean()).isFalse();
        assertThat(json.get("slot_is_read").asBoolean()).isFalse();
    }

    private int run(String... args) {
        out.getBuffer().setLength(0);
        err.getBuffer().setLength(0);
        CommandLine line = Main.commandLine(ignored -> {
            throw new AssertionError("started a relay");
        });
        line.setOut(new PrintWriter(out, true));
        line.setErr(new PrintWriter(err, true));
        List<String> all = new ArrayList<>(List.of("retire", "--config", config));
        all.addAll(List.of(args));
        return line.execute(all.toArray(new String[0]));
    }
}
