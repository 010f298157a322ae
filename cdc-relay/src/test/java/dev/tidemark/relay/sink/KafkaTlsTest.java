package dev.tidemark.relay.sink;

import dev.tidemark.envelope.Envelope;
import dev.tidemark.relay.config.KafkaSinkConfig;
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

/** Against Kafka. */
@Tag("long")
class KafkaTlsTest extends TlsSinkContract {

    private static final String TOPIC = "events";

    @TempDir
    private static Path stores;

    private static TlsStore server;
    private static TlsStore client;
    private static Broker broker;

    @BeforeAll
    static void startBroker() throws Exception {
        server = TlsStore.make(stores, "dns:localhost");
        client = TlsStore.signed(stores, "dns:relay");
        broker = Broker.tls("kafka", server, client);
        KafkaReader.create(broker, TOPIC, 1, Map.of());
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
        return "kafka: {bootstrap: '" + host + ":" + at.tlsPort() + "', topic: " + TOPIC
                + ", timeout: 60s, properties: " + properties.replace("{", "{security.protocol: SSL, ") + "}";
    }

    @Override
    Map<String, String> trust(TlsStore store) {
        return Map.of("ssl.truststore.location", store.path().toString(), "ssl.truststore.password", TlsStore.PASSWORD);
    }

    @Override
    Map<String, String> key(TlsStore store) {
        return Map.of("ssl.keystore.location", store.path().toString(), "ssl.keystore.password", TlsStore.PASSWORD);
    }

    @Override
    Sink sink(SinkConfig config) {
        return new KafkaSink(((KafkaSinkConfig) config).settings());
    }

    @Override
    List<Envelope> storedIn(Broker at) {
        return KafkaReader.events(at, TOPIC);
    }
}
