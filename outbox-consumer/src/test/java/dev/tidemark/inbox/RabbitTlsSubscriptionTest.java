package dev.tidemark.inbox;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import dev.tidemark.envelope.CloudEventsRabbit;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.testkit.Broker;
import dev.tidemark.testkit.TlsStore;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;

/** Against RabbitMQ. */
@Tag("long")
class RabbitTlsSubscriptionTest extends TlsSubscriptionContract {

    @TempDir
    private static Path stores;

    private static TlsStore server;
    private static TlsStore client;
    private static Broker broker;

    @BeforeAll
    static void startBroker() throws Exception {
        server = TlsStore.make(stores, "dns:localhost");
        client = TlsStore.signed(stores, "dns:reporting");
        broker = Broker.tls("rabbitmq", server, client);
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

    private static SSLContext context(@Nullable TlsStore trusted, @Nullable TlsStore own) throws Exception {
        if (trusted == null) {
            return SSLContext.getDefault();
        }
        return own == null ? trusted.trusting() : own.context(trusted);
    }

    @Override
    RabbitSubscription.Builder subscription(
            String host, @Nullable TlsStore trusted, @Nullable TlsStore own, String name) throws Exception {
        ConnectionFactory factory = new ConnectionFactory();
        factory.setUri("amqps://" + host + ":" + broker.tlsPort());
        factory.useSslProtocol(context(trusted, own)); // as docs/sinks.md says
        factory.enableHostnameVerification();
        return RabbitSubscription.builder().connection(factory).queue(name);
    }

    @Override
    Reading start(BrokerSubscriptionBuilder<?> subscription) {
        return ((RabbitSubscription.Builder) subscription).build().start();
    }

    @Override
    void send(String name, Envelope event) throws Exception {
        ConnectionFactory plain = new ConnectionFactory();
        plain.setHost(broker.host());
        plain.setPort(broker.port());
        try (Connection connection = plain.newConnection("test");
                Channel channel = connection.createChannel()) {
            channel.queueDeclare(
                    name, true, false, false, Map.of("x-queue-type", "quorum", "x-single-active-consumer", true));
            channel.confirmSelect();
            AMQP.BasicProperties properties = new AMQP.BasicProperties.Builder()
                    .deliveryMode(2)
                    .contentType(event.dataContentType())
                    .headers(new HashMap<>(CloudEventsRabbit.headers(event)))
                    .build();
            channel.basicPublish("", name, properties, event.data());
            channel.waitForConfirmsOrDie();
        }
    }
}
