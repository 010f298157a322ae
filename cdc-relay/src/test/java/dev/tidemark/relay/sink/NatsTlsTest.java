package dev.tidemark.relay.sink;

import static dev.tidemark.relay.Events.event;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.envelope.CloudEventsJson;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.relay.config.NatsSinkConfig;
import dev.tidemark.relay.config.SinkConfig;
import dev.tidemark.testkit.Broker;
import dev.tidemark.testkit.TlsStore;
import io.nats.client.Connection;
import io.nats.client.JetStreamManagement;
import io.nats.client.Nats;
import io.nats.client.Options;
import io.nats.client.api.StreamConfiguration;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against {@code nats-server}. */
class NatsTlsTest extends TlsSinkContract {

    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String STREAM = "EVENTS";

    @TempDir
    private static Path stores;

    private static TlsStore server;
    private static TlsStore client;
    private static Broker broker;

    @BeforeAll
    static void startBroker() throws Exception {
        server = TlsStore.make(stores, "dns:localhost");
        client = TlsStore.signed(stores, "dns:relay");
        broker = withStream(Broker.tls("nats", server, client));
    }

    @AfterAll
    static void stopBroker() {
        if (broker != null) { // else the tests are skipped
            broker.close();
        }
    }

    private interface Work {
        void with(JetStreamManagement management) throws Exception;
    }

    @SuppressWarnings("try") // closing waits
    private static void manage(Broker at, Work work) {
        try (Connection connection = Nats.connect(Options.builder()
                .server("tls://localhost:" + at.tlsPort())
                .sslContext(client.context(server))
                .build())) {
            work.with(connection.jetStreamManagement());
        } catch (Exception e) {
            throw new IllegalStateException("cannot ask NATS", e);
        }
    }

    private static Broker withStream(Broker at) {
        manage(
                at,
                management -> management.addStream(StreamConfiguration.builder()
                        .name(STREAM)
                        .subjects("events.>")
                        .build()));
        return at;
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
        return "nats: {url: 'tls://" + host + ":" + at.tlsPort() + "', timeout: 60s, properties: " + properties + "}";
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
        return new NatsSink(((NatsSinkConfig) config).settings());
    }

    @Override
    List<Envelope> storedIn(Broker at) {
        List<Envelope> events = new ArrayList<>();
        manage(at, management -> {
            long count = management.getStreamInfo(STREAM).getStreamState().getLastSequence();
            for (long sequence = 1; sequence <= count; sequence++) {
                events.add(CloudEventsJson.read(
                        management.getMessage(STREAM, sequence).getData()));
            }
        });
        return events;
    }

    @Test
    void aServerThatWantsNoCertificateOfOursGetsEventsToo() throws Exception {
        try (Broker open = withStream(Broker.tls("nats", server, null))) {
            assertThat(deliver(open, "localhost", trust(server), "a")).isEqualTo(Delivery.delivered());
            assertThat(stored(open, "a")).containsExactly("a@1");
            assertRefused(deliver(open, "localhost", Map.of(), "a"), "certification path");
        }
    }

    @Test
    void whoWantsNoTlsGetsNothingFromOneWhoDoes() throws Exception {
        String refused = "TLS failed: SSL connection wanted by client.";
        try (Broker plain = Broker.nats("--name", "plain");
                NatsSink sink = new NatsSink(
                        NatsSinkConfig.to("tls://localhost:" + plain.port()).settings())) {
            assertThat(sink.deliver(List.of(event("a", 1))))
                    .containsExactly(Delivery.retry("NATS at tls://localhost:" + plain.port() + ": " + refused));
        }
        try (NatsSink sink = new NatsSink(
                NatsSinkConfig.to("nats://localhost:" + broker.tlsPort()).settings())) {
            assertThat(sink.deliver(List.of(event("a", 1))))
                    .containsExactly(Delivery.retry(
                            "NATS at nats://localhost:" + broker.tlsPort() + ": TLS failed: SSL required by server."));
        }
    }

    @Test
    void theDoctorSaysWhatTheSinkWould() throws Exception {
        assertThat(look("localhost", trust(server))).startsWith("TLS failed: ").contains("certificate");
        assertThat(look("localhost", Map.of())).startsWith("TLS failed: ").contains("certification path");
        assertThat(look("127.0.0.1", trust(server))).startsWith("TLS failed: ").contains("No subject alternative");
        try (Broker open = Broker.tls("nats", server, null)) {
            NatsSinkConfig config = (NatsSinkConfig) config(open, "localhost", trust(server));
            assertThat(NatsLook.at(config.settings(), PATIENCE).unreachable()).isEmpty();
        }
    }

    private String look(String host, Map<String, String> properties) throws Exception {
        return NatsLook.at(((NatsSinkConfig) config(broker, host, properties)).settings(), PATIENCE)
                .unreachable();
    }
}
