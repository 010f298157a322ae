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
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two relays as processes, with the rights of roles.sql and no more: one leads, the other takes over. */
class StandbyIT {

    private static final Pattern OPS = Pattern.compile("health and metrics on (http://\\S+)");
    private static final String PASSWORD = "only-for-this-test";

    @TempDir
    private Path directory;

    private final List<String> received = new CopyOnWriteArrayList<>();
    private final List<Process> relays = new ArrayList<>();
    private final PostgresServer server = PostgresServer.start();
    private final Database database = server.createDatabase();
    private HttpServer receiver;

    @BeforeEach
    void migrateAndListen() throws Exception {
        SourceConfig source = SourceConfig.builder()
                .url(database.url())
                .user(database.user())
                .password(Secret.of(database.password()))
                .build();
        new Migration(source, true, true, Migration.Existing.RESEND, Migration.DEFAULT_PATIENCE).run(line -> {});
        database.run("alter role tidemark_relay password '" + PASSWORD + "'");
        receiver = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        receiver.createContext("/", exchange -> {
            received.add(String.valueOf(exchange.getRequestHeaders().getFirst("ce-subject")));
            exchange.sendResponseHeaders(204, -1);
            exchange.close();
        });
        receiver.start();
    }

    @AfterEach
    void close() {
        relays.forEach(Process::destroyForcibly);
        receiver.stop(0);
        server.close();
    }

    @Test
    void oneLeadsTheOtherStandsByTakesOverAfterKill9AndStopsWhenThePublicationIsGone() throws Exception {
        Process first = relay("first");
        write("1");
        await().until(() -> received.contains("1"));
        Process second = relay("second");
        await().until(() -> log("second").contains("this one stands by"));
        assertThat(get("second", "/health/ready")).startsWith("200").contains("standby: another relay leads");
        assertThat(get("second", "/metrics"))
                .contains("tidemark_leader 0.0")
                .contains("tidemark_backlog_events{state=\"dead\",subscriber=\"shipping\"} NaN")
                .contains("tidemark_oldest_unsettled_seconds{subscriber=\"shipping\"} NaN");
        await().untilAsserted(() ->
                assertThat(get("first", "/health/ready")).startsWith("200").contains("leader, epoch 1", "not safe"));
        assertThat(get("first", "/metrics"))
                .contains("tidemark_leader 1.0")
                .contains("tidemark_backlog_events{state=\"dead\",subscriber=\"shipping\"} 0.0");
        write("2");
        await().until(() -> received.contains("2"));
        assertThat(log("second")).doesNotContain("This relay leads");

        first.destroyForcibly().waitFor();
        write("3");
        await().until(() -> received.contains("3"));
        await().untilAsserted(() ->
                assertThat(get("second", "/health/ready")).startsWith("200").contains("leader, epoch 2"));

        database.run("drop publication tidemark_outbox");
        assertThat(second.waitFor(Patience.BOUND.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(second.exitValue()).isEqualTo(1);
        assertThat(log("second"))
                .contains("ERROR")
                .contains("publication tidemark_outbox does not exist")
                .contains("tidemark migrate --repair");
    }

    @Test
    void aLeaderWhoseWalsenderAndLockSessionAreEndedGoesOn() throws Exception {
        relay("only");
        write("1");
        await().until(() -> received.contains("1"));
        database.run("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'tidemark_relay'");
        write("2");
        await().until(() -> received.contains("2"));
        await().until(() -> log("only").contains("This relay leads slot tidemark_outbox, epoch 2"));
    }

    private void write(String aggregateId) throws SQLException {
        database.run(
                "insert into outbox (id, source, aggregatetype, aggregateid, aggregateversion, type, payload) values"
                        + " ('01890a5d-ac96-774b-bcce-b302099a805" + aggregateId + "', 'orders', 'order', '"
                        + aggregateId
                        + "', 1, 'order-placed', '{}')");
    }

    private Process relay(String name) throws IOException {
        Path config = Files.writeString(directory.resolve(name + ".yaml"), """
                source: { url: "%s", user: tidemark_relay, password: %s, standbys: ["%s"] }
                subscribers:
                  - name: shipping
                    http: { url: "http://localhost:%d/events" }
                ops: { port: 0 }
                leadership: { lease: 30s }
                """.formatted(
                database.url(), PASSWORD, database.url(), receiver.getAddress().getPort()));
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1", // short-lived, and many at once
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        Main.class.getName(),
                        "relay",
                        "--config",
                        config.toString())
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve(name).toFile())
                .start();
        relays.add(process);
        return process;
    }

    private String get(String relay, String path) throws Exception {
        await().until(() -> OPS.matcher(log(relay)).find()); // said by another thread than who leads
        Matcher ops = OPS.matcher(log(relay));
        assertThat(ops.find()).as(log(relay)).isTrue();
        HttpResponse<String> answer = HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create(ops.group(1) + path)).build(),
                        HttpResponse.BodyHandlers.ofString());
        return answer.statusCode() + " " + answer.body();
    }

    private String log(String relay) throws IOException {
        return Files.readString(directory.resolve(relay));
    }
}
