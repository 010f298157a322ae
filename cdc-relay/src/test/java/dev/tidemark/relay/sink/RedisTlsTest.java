package dev.tidemark.relay.sink;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.envelope.Envelope;
import dev.tidemark.relay.config.RedisSinkConfig;
import dev.tidemark.relay.config.SinkConfig;
import dev.tidemark.testkit.Broker;
import dev.tidemark.testkit.TlsStore;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against {@code redis-server}. */
class RedisTlsTest extends TlsSinkContract {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    private static Path stores;

    private static TlsStore server;
    private static TlsStore client;
    private static Broker broker;

    @BeforeAll
    static void startBroker() throws Exception {
        server = TlsStore.make(stores, "dns:localhost");
        client = TlsStore.signed(stores, "dns:relay");
        broker = Broker.tls("redis", server, client);
    }

    @AfterAll
    static void stopBroker() {
        if (broker != null) { // else the tests are skipped
            broker.close();
        }
    }

    @Override
    Broker broker() {
        return broker;
    }

    @Override
    TlsStore server() {
        return server;
    }

    @Override
    TlsStore client() {
        return client;
    }

    @Override
    String settings(Broker at, String host, String properties) {
        return "redis: {url: 'rediss://" + host + ":" + at.tlsPort() + "', timeout: 60s, properties: " + properties
                + "}";
    }

    @Override
    Map<String, String> trust(TlsStore store) {
        return Map.of("trustStore", store.path().toString(), "trustStorePassword", TlsStore.PASSWORD);
    }

    @Override
    Map<String, String> key(TlsStore store) {
        return Map.of("keyStore", store.path().toString(), "keyStorePassword", TlsStore.PASSWORD);
    }

    @Override
    Sink sink(SinkConfig config) {
        return new RedisSink(((RedisSinkConfig) config).settings());
    }

    @Override
    List<Envelope> storedIn(Broker at) {
        try (RedisDestination reader = new RedisDestination(at)) {
            return reader.accepted();
        }
    }

    @Test
    void aServerThatWantsNoCertificateOfOursGetsEventsToo() throws Exception {
        try (Broker open = Broker.tls("redis", server, null)) {
            assertThat(deliver(open, "localhost", trust(server), "a")).isEqualTo(Delivery.delivered());
            assertThat(stored(open, "a")).containsExactly("a@1");
            assertRefused(deliver(open, "localhost", Map.of(), "a"), "certification path");
        }
    }

    @Test
    void aStoreThatCannotBeReadIsNoReasonToGiveEventsUp() throws Exception {
        String place = "Redis at rediss://localhost:" + broker.tlsPort();
        assertThat(deliver(
                        broker,
                        "localhost",
                        Map.of("trustStore", server.path() + ".gone", "trustStorePassword", TlsStore.PASSWORD),
                        "e"))
                .isEqualTo(Delivery.retry(
                        place + ": the trustStore of its properties cannot be used: IllegalArgumentException"));
        assertThat(deliver(
                        broker,
                        "localhost",
                        Map.of("keyStore", client.path().toString(), "keyStorePassword", "hunter2"),
                        "e"))
                .isEqualTo(Delivery.retry(
                        place + ": the keyStore of its properties cannot be used: UnrecoverableKeyException"));
    }

    @Test
    void theDoctorSaysWhatTheSinkWould() throws Exception {
        assertThat(look("localhost", trust(server))).startsWith("TLS failed: ").contains("certificate");
        assertThat(look("localhost", Map.of())).startsWith("TLS failed: ").contains("certification path");
        assertThat(look("127.0.0.1", trust(server))).startsWith("TLS failed: ").contains("No subject alternative");
        try (Broker open = Broker.tls("redis", server, null)) {
            RedisSinkConfig config = (RedisSinkConfig) config(open, "localhost", trust(server));
            assertThat(RedisLook.at(config.settings(), PATIENCE).unreachable()).isEmpty();
        }
    }

    private String look(String host, Map<String, String> properties) throws Exception {
        return RedisLook.at(((RedisSinkConfig) config(broker, host, properties)).settings(), PATIENCE)
                .unreachable();
    }
}
