package dev.tidemark.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tidemark.relay.config.OpsConfig;
import dev.tidemark.relay.config.RelayConfig;
import dev.tidemark.relay.config.SourceConfig;
import dev.tidemark.testkit.FaultyProxy;
import dev.tidemark.testkit.PostgresServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.sql.SQLException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The leader ends together with the database, so that only the standby has seen what the copy does not know. */
@SuppressWarnings("try") // a relay runs for as long as its block
class RestoredUnderStandbyTest {

    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private final RecordingSink sink = new RecordingSink();
    private PostgresServer server;
    private OutboxFixture outbox;

    @BeforeEach
    void startServer() throws Exception {
        server = PostgresServer.start();
        outbox = new OutboxFixture(server);
    }

    @AfterEach
    void stopServer() {
        server.close();
    }

    /**
     * As after a snapshot while a relay led, with the server's slots: what the standby saw at its own start, and the
     * epoch, are no older in the copy, which is made here of a server that is stopped.
     */
    @Test
    void aStandbyStopsWhenAnOlderCopyOfTheSameEpochComesBack() throws Exception {
        try (FaultyProxy link = FaultyProxy.to(server.host(), server.port())) {
            Relay first = Relay.start(config());
            awaitRole(first, "leader, epoch 1");
            try (Relay standby = Relay.start(through(link))) {
                awaitRole(standby, "standby");
                link.cut();
                deliver(1);
                first.close();
                Path copy = copyOfEpoch(2);
                Relay leader = Relay.start(config());
                awaitRole(leader, "leader, epoch 2");
                link.pass();
                awaitRole(standby, "standby");
                deliver(2);
                awaitALookOfTheStandby();
                server.stopImmediately();
                leader.close();
                server.putBack(copy);
                server.restart();

                assertThat(standby.awaitStopped(Patience.BOUND)).isTrue();
                assertThat(standby.failure().orElseThrow())
                        .hasMessageContaining("the database went back")
                        .hasMessageContaining("tidemark adopt-restore");
                assertThat(outbox.single("select epoch from tidemark.relay")).isEqualTo("2");
            }
        }
    }

    /** The next leader begins with this epoch. */
    private Path copyOfEpoch(int epoch) throws SQLException {
        outbox.database().run("update tidemark.relay set epoch = " + epoch);
        server.stopImmediately();
        Path copy = server.copyFiles();
        server.restart();
        outbox.database().run("update tidemark.relay set epoch = " + (epoch - 1));
        return copy;
    }

    /** A whole round of its tries for the lead: the same statement of it begins twice. */
    private void awaitALookOfTheStandby() throws SQLException {
        String last = "select max(query_start) from pg_stat_activity where query like 'select epoch from%'";
        for (int i = 0; i < 2; i++) {
            String now = outbox.single("select clock_timestamp()");
            await().until(() -> outbox.single("select coalesce((" + last + ") > '" + now + "', false)")
                    .equals("t"));
        }
    }

    private void deliver(int version) throws SQLException {
        String before = outbox.single("select pg_current_wal_insert_lsn()");
        outbox.write("a", version);
        sink.awaitDistinct(version);
        await().until(() -> outbox.single("select '" + outbox.confirmed() + "'::pg_lsn > '" + before + "'")
                .equals("t"));
    }

    private RelayConfig config() {
        return outbox.config(outbox.subscriber("all", sink).build());
    }

    private RelayConfig through(FaultyProxy link) {
        SourceConfig source = outbox.source().toBuilder()
                .url("jdbc:postgresql://" + link.host() + ":" + link.port() + "/"
                        + outbox.database().name())
                .build();
        return RelayConfig.builder()
                .source(source)
                .ops(OpsConfig.builder().port(0).build())
                .subscriber(outbox.subscriber("all", sink).build())
                .build();
    }

    private static void awaitRole(Relay relay, String role) {
        URI uri = URI.create("http://127.0.0.1:" + relay.opsPort() + "/health/ready");
        await().ignoreExceptions().until(() -> {
            HttpResponse<String> answer =
                    HTTP.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
            return answer.statusCode() == 200 && answer.body().contains(role);
        });
    }
}
