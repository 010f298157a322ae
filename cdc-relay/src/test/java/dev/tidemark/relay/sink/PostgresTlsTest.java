package dev.tidemark.relay.sink;

import static dev.tidemark.relay.Events.event;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.relay.Events;
import dev.tidemark.relay.config.PostgresSinkConfig;
import dev.tidemark.relay.config.Secret;
import dev.tidemark.testkit.PostgresServer;
import dev.tidemark.testkit.TlsStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whom the sink trusts with {@code sslmode=verify-full}, against a server that has a certificate for {@code localhost}. */
@Timeout(300)
class PostgresTlsTest {

    @TempDir
    private static Path stores;

    private static TlsStore store;
    private static PostgresServer server;
    private static PostgresDestination destination;

    @BeforeAll
    static void startServer() throws Exception {
        Files.setPosixFilePermissions(stores, PosixFilePermissions.fromString("rwx--x--x"));
        store = TlsStore.make(stores, "dns:localhost");
        store.giveToServers();
        server = PostgresServer.builder()
                .setting("ssl", "on")
                .setting("ssl_cert_file", store.certificate().toString())
                .setting("ssl_key_file", store.key().toString())
                .start();
        destination = new PostgresDestination(server);
    }

    @AfterAll
    static void stopServer() {
        destination.close();
        server.close();
    }

    @Test
    void aServerThatNobodyVouchesForGetsNothingUntilItIsTrusted() throws Exception {
        TlsStore another = TlsStore.make(stores, "dns:localhost");
        assertThat(deliver("localhost", another, "a"))
                .isInstanceOfSatisfying(
                        Delivery.Retry.class,
                        retry -> assertThat(retry.reason()).contains(": TLS failed: "));
        assertThat(stored("a")).isEmpty();
        assertThat(deliver("localhost", store, "a")).isEqualTo(Delivery.delivered());
        assertThat(stored("a")).containsExactly("a@1");
    }

    @Test
    void aServerWithAnothersCertificateGetsNothing() throws Exception {
        assertThat(deliver("127.0.0.1", store, "b"))
                .isInstanceOfSatisfying(
                        Delivery.Retry.class,
                        retry -> assertThat(retry.reason()).contains("PgjdbcHostnameVerifier"));
        assertThat(stored("b")).isEmpty();
    }

    private static List<String> stored(String aggregate) {
        return destination.accepted().stream()
                .filter(event -> event.aggregate().id().equals(aggregate))
                .map(Events::label)
                .toList();
    }

    private static Delivery deliver(String host, TlsStore trusted, String aggregate) throws InterruptedException {
        String url = "jdbc:postgresql://" + host + ":" + server.port() + "/"
                + destination.database().name() + "?sslmode=verify-full&sslrootcert=" + trusted.authority();
        PostgresSinkConfig config = PostgresSinkConfig.to(
                url,
                destination.database().user(),
                Secret.of(destination.database().password()));
        try (PostgresSink sink = new PostgresSink(config.settings("reporting", 1))) {
            return sink.deliver(List.of(event(aggregate, 1))).get(0);
        }
    }
}
