package dev.tidemark.relay.sink;

import static dev.tidemark.relay.Events.event;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.testkit.Broker;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whom the sink trusts. In front of RabbitMQ somebody speaks TLS, with a certificate that he has made himself. */
@Timeout(300)
class RabbitTlsTest {

    private static final String PASSWORD = "changeit";
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
        Path store = certificate("ip:127.0.0.1");
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
        Path store = certificate("dns:rabbitmq.example.com");
        try (ServerSocket listener = listen(store)) {
            assertRefused(deliver(listener, trusting(store)));
        }
    }

    private static void assertRefused(Delivery delivery) {
        assertThat(delivery)
                .isInstanceOfSatisfying(
                        Delivery.Retry.class,
                        retry -> assertThat(retry.reason())
                                .contains(": TLS failed")
                                .doesNotContain(PASSWORD));
    }

    private static Map<String, String> trusting(Path store) {
        return Map.of("ssl.trust.store", store.toString(), "ssl.trust.store.password", PASSWORD);
    }

    private static Delivery deliver(ServerSocket listener, Map<String, String> properties) throws InterruptedException {
        URI url = URI.create("amqps://127.0.0.1:" + listener.getLocalPort());
        Template key = Template.of("{type}", Set.of("type"));
        try (RabbitSink sink = new RabbitSink(new RabbitSink.Settings(
                url, "guest", "guest", EXCHANGE, key, null, Duration.ofSeconds(60), properties))) {
            return sink.deliver(List.of(event("a", 1))).get(0);
        }
    }

    /** A store with a key and a certificate, which the JDK's own tool makes. */
    private static Path certificate(String name) throws IOException, InterruptedException {
        Path store = Files.createTempDirectory(Objects.requireNonNull(directory), "tls")
                .resolve("store.p12");
        List<String> line = List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "server",
                "-keyalg",
                "EC",
                "-dname",
                "CN=test",
                "-ext",
                "san=" + name,
                "-ext",
                "bc:c",
                "-keystore",
                store.toString(),
                "-storepass",
                PASSWORD);
        Process keytool = new ProcessBuilder(line).redirectErrorStream(true).start();
        String said = new String(keytool.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(keytool.waitFor()).as(said).isZero();
        trustItself(store);
        return store;
    }

    /** A key's own certificate is no trusted one, until it is in the store by itself. */
    private static void trustItself(Path path) throws IOException {
        try {
            KeyStore store = load(path);
            store.setCertificateEntry("trusted", store.getCertificate("server"));
            try (OutputStream out = Files.newOutputStream(path)) {
                store.store(out, PASSWORD.toCharArray());
            }
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("cannot make a trust store", e);
        }
    }

    private static KeyStore load(Path path) throws IOException, GeneralSecurityException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        try (InputStream in = Files.newInputStream(path)) {
            store.load(in, PASSWORD.toCharArray());
        }
        return store;
    }

    /** Speaks TLS to clients, and passes on what they say. */
    private static ServerSocket listen(Path store) throws IOException, GeneralSecurityException {
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        keys.init(load(store), PASSWORD.toCharArray());
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys.getKeyManagers(), null, null);
        ServerSocket listener =
                context.getServerSocketFactory().createServerSocket(0, 50, InetAddress.getLoopbackAddress());
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
