package dev.tidemark.relay.sink;

import static dev.tidemark.relay.Events.event;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.testkit.Broker;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whom the sink trusts. In front of RabbitMQ somebody speaks TLS, with a certificate that he has made himself. */
@Timeout(300)
class RabbitTlsTest {

    private static final String EXCHANGE = "tls";

    @TempDir
    private static @Nullable Path directory;

    private static @Nullable Broker broker;

    @BeforeAll
    static void startBroker() {
        broker = Broker.rabbitmq();
        RabbitReader.make(broker, EXCHANGE, "#", Map.of());
    }

    @AfterAll
    static void stopBroker() {
        Broker started = broker;
        if (started != null) { // else the tests are skipped
            started.close();
        }
    }

    @Test
    void aServerWhoseCertificateIsInTheTrustStoreGetsEvents()
            throws IOException, GeneralSecurityException, InterruptedException {
        TlsStore store = certificate("ip:127.0.0.1");
        try (ServerSocket listener = listen(store)) {
            assertThat(deliver(listener, trusting(store))).isEqualTo(Delivery.delivered());
        }
    }

    @Test
    void aServerThatNobodyVouchesForGetsNothing() throws IOException, GeneralSecurityException, InterruptedException {
        try (ServerSocket listener = listen(certificate("ip:127.0.0.1"))) {
            assertRefused(deliver(listener, Map.of()));
        }
    }

    @Test
    void aServerWithAnothersCertificateGetsNothing()
            throws IOException, GeneralSecurityException, InterruptedException {
        TlsStore store = certificate("dns:rabbitmq.example.com");
        try (ServerSocket listener = listen(store)) {
            assertRefused(deliver(listener, trusting(store)));
        }
    }

    private static TlsStore certificate(String name)
            throws IOException, GeneralSecurityException, InterruptedException {
        return TlsStore.make(Objects.requireNonNull(directory), name);
    }

    private static void assertRefused(Delivery delivery) {
        assertThat(delivery)
                .isInstanceOfSatisfying(
                        Delivery.Retry.class,
                        retry -> assertThat(retry.reason())
                                .contains(": TLS failed")
                                .doesNotContain(TlsStore.PASSWORD));
    }

    private static Map<String, String> trusting(TlsStore store) {
        return Map.of("ssl.trust.store", store.path().toString(), "ssl.trust.store.password", TlsStore.PASSWORD);
    }

    private static Delivery deliver(ServerSocket listener, Map<String, String> properties) throws InterruptedException {
        URI url = URI.create("amqps://127.0.0.1:" + listener.getLocalPort());
        Template key = Template.of("{type}", Set.of("type"));
        try (RabbitSink sink = new RabbitSink(new RabbitSink.Settings(
                url, "guest", "guest", EXCHANGE, key, null, Duration.ofSeconds(60), properties))) {
            return sink.deliver(List.of(event("a", 1))).get(0);
        }
    }

    /** Speaks TLS to clients, and passes on what they say. */
    private static ServerSocket listen(TlsStore store) throws IOException, GeneralSecurityException {
        ServerSocket listener = store.listen();
        BrokerDestination.start(() -> {
            while (!listener.isClosed()) {
                try {
                    Socket client = listener.accept();
                    Broker behind = Objects.requireNonNull(broker);
                    Socket server = new Socket(behind.host(), behind.port());
                    BrokerDestination.start(() -> pass(client, server));
                    BrokerDestination.start(() -> pass(server, client));
                } catch (IOException e) {
                    return; // the test is over
                }
            }
        });
        return listener;
    }

    private static void pass(Socket from, Socket to) {
        try (from;
                to) {
            from.getInputStream().transferTo(to.getOutputStream());
        } catch (IOException e) {
            // one of the two has hung up
        }
    }
}
