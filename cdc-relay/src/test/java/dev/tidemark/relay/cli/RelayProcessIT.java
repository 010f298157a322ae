package dev.tidemark.relay.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import dev.tidemark.relay.Patience;
import dev.tidemark.relay.config.Secret;
import dev.tidemark.relay.config.SourceConfig;
import dev.tidemark.relay.migrate.Migration;
import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.PostgresServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The relay as operators run it: a process that is told things by signals, and tells things by its exit code. */
class RelayProcessIT {

    private static final String EVENT = """
            insert into outbox (id, source, aggregatetype, aggregateid, aggregateversion, type, payload)
            values ('01890a5d-ac96-774b-bcce-b302099a8057', 'orders', 'order', '1', 1, 'order-placed', '{}')""";

    @TempDir
    private Path directory;

    private final List<String> received = new CopyOnWriteArrayList<>();
    private final PostgresServer server = PostgresServer.start();
    private final Database database = server.createDatabase();
    private HttpServer receiver;

    @BeforeEach
    void listen() throws IOException {
        receiver = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        receiver.createContext("/", exchange -> {
            received.add(String.valueOf(exchange.getRequestHeaders().getFirst("ce-id")));
            exchange.sendResponseHeaders(204, -1);
            exchange.close();
        });
        receiver.start();
    }

    @AfterEach
    void close() {
        receiver.stop(0);
        server.close();
    }

    @Test
    void aRelayThatIsToldToStopAcknowledgesWhatItDeliveredAndEndsWithZero() throws Exception {
        stops("debezium");
    }

    @Test
    void soDoesOneWithTheOtherFeed() throws Exception {
        stops("pgoutput");
    }

    private void stops(String feed) throws Exception {
        migrate();
        Process relay = relay(feed);
        try {
            database.run(EVENT);
            await().until(() -> !received.isEmpty());

            relay.destroy(); // SIGTERM
            assertThat(relay.waitFor(Patience.BOUND.toSeconds(), TimeUnit.SECONDS))
                    .isTrue();
            assertThat(relay.exitValue()).as(log()).isZero();
        } finally {
            relay.destroyForcibly();
        }

        assertThat(received).containsExactly("01890a5d-ac96-774b-bcce-b302099a8057");
        await().ignoreExceptions().until(() -> peekedInserts() == 0); // once the server has let go of the slot
        assertThat(log()).contains("INFO").doesNotContain("hunter2").doesNotContain("\tat ");
    }

    @Test
    void aRelayThatCannotReadSaysWhatToDoAndEndsWithOne() throws Exception {
        Process relay = relay("debezium");
        try {
            assertThat(relay.waitFor(Patience.BOUND.toSeconds(), TimeUnit.SECONDS))
                    .isTrue();
            assertThat(relay.exitValue()).isEqualTo(1);
        } finally {
            relay.destroyForcibly();
        }

        assertThat(log()).contains("tidemark migrate").doesNotContain("\tat ").doesNotContain("hunter2");
    }

    private void migrate() throws Exception {
        Migration.of(SourceConfig.builder()
                        .url(database.url())
                        .user(database.user())
                        .password(Secret.of(database.password()))
                        .build())
                .run(line -> {});
    }

    private Process relay(String feed) throws IOException {
        Path config = Files.writeString(directory.resolve("relay.yaml"), """
                source: { url: "%s", user: "%s", password: "${env:RELAY_PASSWORD}", feed: %s }
                subscribers:
                  - name: shipping
                    http:
                      url: http://localhost:%d/events
                      headers: { authorization: hunter2 }
                ops: { port: 0 }
                """.formatted(
                database.url(), database.user(), feed, receiver.getAddress().getPort()));
        ProcessBuilder process = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1", // short-lived, and many at once
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                Main.class.getName(),
                "relay",
                "--config",
                config.toString());
        process.environment().put("RELAY_PASSWORD", database.password());
        process.redirectErrorStream(true)
                .redirectOutput(directory.resolve("log").toFile());
        return process.start();
    }

    private String log() throws IOException {
        return Files.readString(directory.resolve("log"));
    }

    private long peekedInserts() throws SQLException {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("""
                        select count(*) from pg_logical_slot_peek_binary_changes('tidemark_outbox', null, null,
                            'proto_version', '1', 'publication_names', 'tidemark_outbox')
                        where get_byte(data, 0) = ascii('I')""")) {
            row.next();
            return row.getLong(1);
        }
    }
}
