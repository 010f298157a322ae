package dev.tidemark.relay.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.relay.config.RelayConfig;
import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.PostgresServer;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class MainTest {

    private static final String GOOD = """
            source: { url: "jdbc:postgresql://localhost:5432/orders", user: relay, password: hunter2 }
            subscribers: [{ name: shipping, http: { url: "http://localhost:8081" } }]
            """;

    @TempDir
    private Path directory;

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    /** A relay that has already ended, by {@code failure} or because it was told to. */
    private record Ended(@Nullable Throwable reason, AtomicInteger closed) implements RelayStarter.Running {

        @Override
        public boolean awaitStopped(Duration atMost) {
            return true;
        }

        @Override
        public Optional<Throwable> failure() {
            return Optional.ofNullable(reason);
        }

        @Override
        public void close() {
            closed.incrementAndGet();
        }
    }

    @Test
    void withoutACommandItSaysWhichThereAre() {
        assertThat(run()).isEqualTo(2);
        assertThat(err.toString()).contains("Missing required subcommand", "Try: tidemark --help");

        assertThat(run("--help")).isZero();
        assertThat(out.toString()).contains("relay ", "migrate ", "First steps:");
        assertThat(run("relay", "--help")).isZero();
        assertThat(out.toString()).contains("Exit codes:", "Examples:", "password: ${file:/run/secrets/relay}");
        assertThat(run("migrate", "--help")).isZero();
        assertThat(out.toString()).contains("--existing", "--password-file /run/secrets/postgres");
        assertThat(run("--version")).isZero();
        assertThat(out.toString()).contains("tidemark ", "Java 1", "");
    }

    @Test
    void aCommandThatIsNotThereIsAnsweredWithTheNearest() {
        assertThat(run("migrat")).isEqualTo(2);
        assertThat(err.toString()).contains("'migrat'", "Did you mean: tidemark migrate");
        assertThat(run("relay")).isEqualTo(2);
        assertThat(err.toString()).contains("Missing required option: '--config=FILE'", "Try: tidemark relay --help");
    }

    @Test
    void checkSaysWhatARelayWouldDo() throws IOException {
        Path file = write(GOOD);

        assertThat(run("relay", "--config", file.toString(), "--check")).isZero();
        assertThat(out)
                .hasToString(file
                        + " is valid: slot tidemark_outbox of orders at localhost:5432 for shipping"
                        + System.lineSeparator());
        assertThat(err.toString()).isEmpty();
    }

    @Test
    void problemsOfTheConfigurationAreListedAndNothingIsStarted() throws IOException {
        Path file = write(GOOD.replace("relay,", "\"\",").replace("shipping,", "shipping, lanes: no,"));

        assertThat(run("relay", "--config", file.toString())).isEqualTo(2);
        assertThat(err)
                .hasToString("2 problems in " + file + ":\n  - source.user is required, but is not set\n"
                        + "  - subscribers[0].lanes must be a whole number from 1 to 64, but was: no"
                        + System.lineSeparator());
        assertThat(run("relay", "--config", "nowhere.yaml")).isEqualTo(2);
        assertThat(err.toString()).contains("1 problem in nowhere.yaml:\n  - the file does not exist");
    }

    @Test
    void theExitCodeSaysHowTheRelayEnded() throws IOException {
        String file = write(GOOD).toString();
        AtomicInteger closed = new AtomicInteger();

        assertThat(run(config -> new Ended(null, closed), "relay", "--config", file))
                .isZero();
        assertThat(run(config -> new Ended(new IOException("x"), closed), "relay", "--config", file))
                .isEqualTo(1);
        assertThat(closed).hasValue(2);
    }

    @Test
    void whatCannotBeStartedIsToldWithoutAStackTraceUnlessAskedFor() throws IOException {
        String file = write(GOOD).toString();
        RelayStarter failing = config -> {
            throw new IllegalStateException("slot tidemark_outbox does not exist; run: tidemark migrate");
        };

        assertThat(run(failing, "relay", "--config", file)).isEqualTo(1);
        assertThat(err)
                .hasToString(
                        "Failed: slot tidemark_outbox does not exist; run: tidemark migrate" + System.lineSeparator());
        assertThat(run(failing, "relay", "--config", file, "--verbose")).isEqualTo(1);
        assertThat(err.toString()).contains("\tat dev.tidemark").doesNotContain("hunter2");
    }

    @Test
    void migrateIsToldWhereByOptionsOrByAConfiguration() throws Exception {
        try (PostgresServer server = PostgresServer.start()) {
            Database database = server.createDatabase();
            Path password = write(database.password() + "\n", "password");

            assertThat(run(
                            "migrate",
                            "--url",
                            database.url(),
                            "--user",
                            database.user(),
                            "--password-file",
                            password.toString(),
                            "--slot",
                            "a_slot",
                            "--schema",
                            "shop"))
                    .as(err.toString())
                    .isZero();
            assertThat(out.toString())
                    .contains(
                            "Schema shop: V001, V002, V003, V004, V005, V006, V007, V008, V009, V010, V011 applied.",
                            "Slot a_slot: made");

            String yaml = write(GOOD.replace("jdbc:postgresql://localhost:5432/orders", database.url())
                            .replace("password: hunter2", "password: hunter2, table: shop.outbox, slot: a_slot"))
                    .toString();
            assertThat(run(
                            "migrate",
                            "--config",
                            yaml,
                            "--user",
                            database.user(),
                            "--password-file",
                            password.toString()))
                    .as(err.toString())
                    .isZero();
            assertThat(out.toString()).contains("Schema shop: up to date.", "Slot a_slot: there already.");
            database.run("select pg_drop_replication_slot('a_slot')");
        }
    }

    @Test
    void migrateMakesAnotherDatabaseTheOneOfTheBacklog() throws Exception {
        try (PostgresServer server = PostgresServer.start()) {
            Database database = server.createDatabase();
            Database kept = server.createDatabase();
            String backlog = "backlog: {url: \"" + kept.url() + "\", user: relay, password: hunter2}\n";
            String source = GOOD.replace("jdbc:postgresql://localhost:5432/orders", database.url())
                    .replace("user: relay", "user: " + database.user())
                    .replace("password: hunter2", "password: \"" + database.password() + "\", slot: a_slot");
            String yaml = write(source + backlog).toString();
            Path password = write(kept.password() + "\n", "password");
            assertThat(run("migrate", "--config", yaml)).as(err.toString()).isZero();
            assertThat(run(
                            "migrate",
                            "--backlog",
                            "--config",
                            yaml,
                            "--user",
                            kept.user(),
                            "--password-file",
                            password.toString()))
                    .as(err.toString())
                    .isZero();
            assertThat(out.toString())
                    .contains("Backlog of slot a_slot: in database " + kept.name())
                    .contains("from now on.");
            assertThat(run("migrate", "--backlog", "--repair", "--config", yaml))
                    .isEqualTo(2);
            assertThat(run("migrate", "--backlog")).isEqualTo(2);
            assertThat(err.toString()).contains("--config is needed by --backlog");
            assertThat(run("migrate", "--backlog", "--config", write(source).toString()))
                    .isEqualTo(2);
            assertThat(err.toString()).contains("backlog.url is needed by --backlog");
            assertThat(run("migrate", "--new", "--config", yaml)).isEqualTo(2);
            database.run("select pg_drop_replication_slot('a_slot')");
        }
    }

    @Test
    void migrateSaysAllThatItWasNotTold() {
        assertThat(run("migrate", "--url", "jdbc:postgresql://localhost/orders", "--slot", "A"))
                .isEqualTo(2);
        assertThat(err.toString())
                .contains(
                        "problems in what this command was told (options, or --config):",
                        "  - user is required, but is not set",
                        "  - slot must be 1 to 63 of a-z, 0-9 and _, but was: A");
        assertThat(run("migrate", "--password-env", "NOT_SET_ANYWHERE")).isEqualTo(2);
        assertThat(err.toString()).contains("--password-env names NOT_SET_ANYWHERE, which is not set");
    }

    private int run(String... args) {
        return run(MainTest::unexpected, args);
    }

    private int run(RelayStarter starter, String... args) {
        err.getBuffer().setLength(0);
        CommandLine line = Main.commandLine(starter);
        line.setOut(new PrintWriter(out, true));
        line.setErr(new PrintWriter(err, true));
        return line.execute(args);
    }

    private static RelayStarter.Running unexpected(RelayConfig config) {
        throw new AssertionError("started with " + config);
    }

    private Path write(String yaml) throws IOException {
        return write(yaml, "relay.yaml");
    }

    private Path write(String text, String name) throws IOException {
        return Files.writeString(directory.resolve(name), text);
    }
}
