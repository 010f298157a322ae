package dev.tidemark.inbox;

import dev.tidemark.envelope.CloudEventsKafka;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.testkit.Broker;
import dev.tidemark.testkit.TlsStore;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** Against Kafka. */
@Tag("long")
class KafkaTlsSubscriptionTest extends TlsSubscriptionContract {

    @TempDir
    private static Path stores;

    private static TlsStore server;
    private static TlsStore client;
    private static Broker broker;

    @BeforeAll
    static void startBroker() throws Exception {
        server = TlsStore.make(stores, "dns:localhost");
        client = TlsStore.signed(stores, "dns:reporting");
        broker = Broker.tls("kafka", server, client);
    }

    @AfterAll
    static void stopBroker() {
        if (broker != null) { // else the tests are skipped
            broker.close();
        }
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
    KafkaSubscription.Builder subscription(
            String host, @Nullable TlsStore trusted, @Nullable TlsStore own, String name) {
        Map<String, String> tls = new HashMap<>(Map.of("security.protocol", "SSL"));
        if (trusted != null) {
            tls.put("ssl.truststore.location", trusted.path().toString());
            tls.put("ssl.truststore.password", TlsStore.PASSWORD);
        }
        if (own != null) {
            tls.put("ssl.keystore.location", own.path().toString());
            tls.put("ssl.keystore.password", TlsStore.PASSWORD);
        }
        return KafkaSubscription.builder()
                .bootstrap(host + ":" + broker.tlsPort())
                .topics(name)
                .properties(tls);
    }

    @Override
    Reading start(BrokerSubscriptionBuilder<?> subscription) {
        return ((KafkaSubscription.Builder) subscription).build().start();
    }

    @Override
    void send(String name, Envelope event) throws Exception {
        Map<String, Object> properties = Map.of("bootstrap.servers", broker.host() + ":" + broker.port());
        ByteArraySerializer bytes = new ByteArraySerializer();
        try (Admin admin = Admin.create(properties);
                KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(properties, bytes, bytes)) {
            admin.createTopics(List.of(new NewTopic(name, 1, (short) 1))).all().get();
            ProducerRecord<byte[], byte[]> message =
                    new ProducerRecord<>(name, CloudEventsKafka.key(event), event.data());
            CloudEventsKafka.headers(event)
                    .forEach((key, value) -> message.headers().add(key, value));
            producer.send(message).get();
        }
    }
}
