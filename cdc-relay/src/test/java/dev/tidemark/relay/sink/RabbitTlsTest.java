package dev.tidemark.relay.sink;

import dev.tidemark.envelope.Envelope;
import dev.tidemark.relay.config.RabbitSinkConfig;
import dev.tidemark.relay.config.SinkConfig;
import dev.tidemark.testkit.Broker;
import dev.tidemark.testkit.TlsStore;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** Against RabbitMQ. */
@Tag("long")
class RabbitTlsTest extends TlsSinkContract {

    private static final String EXCHANGE = "tls";

    @TempDir
    private static Path stores;

    private static TlsStore server;
    private static TlsStore client;
    private static Broker broker;

    @BeforeAll
    static void startBroker() throws Exception {
        server = TlsStore.make(stores, "dns:localhost");
        client = TlsStore.signed(stores, "dns:relay");
        broker = Broker.tls("rabbitmq", server, client);
        RabbitReader.make(broker, EXCHANGE, "#", Map.of());
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
        return "rabbitmq: {url: 'amqps://" + host + ":" + at.tlsPort() + "', exchange: " + EXCHANGE
                + ", timeout: 60s, properties: " + properties + "}";
    }

    @Override
    Map<String, String> trust(TlsStore store) {
        return Map.of("ssl.trust.store", store.path().toString(), "ssl.trust.store.password", TlsStore.PASSWORD);
    }

    @Override
    Map<String, String> key(TlsStore store) {
        return Map.of(
                "ssl.key.store",
                store.path().toString(),
                "ssl.key.store.password",
                TlsStore.PASSWORD,
                "ssl.key.password",
                TlsStore.PASSWORD);
    }

    @Override
    Sink sink(SinkConfig config) {
        return new RabbitSink(((RabbitSinkConfig) config).settings());
    }

    @Override
    List<Envelope> storedIn(Broker at) {
        return RabbitReader.events(at, EXCHANGE);
    }
}
