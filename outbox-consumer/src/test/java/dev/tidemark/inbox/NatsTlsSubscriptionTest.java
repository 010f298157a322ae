package dev.tidemark.inbox;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.envelope.CloudEventsJson;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.testkit.Broker;
import dev.tidemark.testkit.TlsStore;
import io.nats.client.Connection;
import io.nats.client.Nats;
import io.nats.client.Options;
import io.nats.client.api.StreamConfiguration;
import java.nio.file.Path;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Against {@code nats-server}. */
class NatsTlsSubscriptionTest extends TlsSubscriptionContract {

    @TempDir
    private static Path stores;

    private static TlsStore server;
    private static TlsStore client;
    private static Broker broker;

    @BeforeAll
    static void startBroker() throws Exception {
        server = TlsStore.make(stores, "dns:localhost");
        client = TlsStore.signed(stores, "dns:reporting");
        broker = Broker.tls("nats", server, client);
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

    private static Options options(String host, @Nullable TlsStore trusted, @Nullable TlsStore own) throws Exception {
        return Options.builder()
                .server("tls://" + host + ":" + broker.tlsPort())
                .sslContext(context(trusted, own))
                .build();
    }

    @Override
    NatsSubscription.Builder subscription(String host, @Nullable TlsStore trusted, @Nullable TlsStore own, String name)
            throws Exception {
        return NatsSubscription.builder().server(options(host, trusted, own)).stream(name);
    }

    @Override
    Reading start(BrokerSubscriptionBuilder<?> subscription) {
        return ((NatsSubscription.Builder) subscription).build().start();
    }

    @Override
    @SuppressWarnings("try") // closing waits
    void send(String name, Envelope event) throws Exception {
        try (Connection connection = Nats.connect(options("localhost", server, client))) {
            connection
                    .jetStreamManagement()
                    .addStream(StreamConfiguration.builder()
                            .name(name)
                            .subjects(name)
                            .build());
            connection.jetStream().publish(name, CloudEventsJson.write(event));
        }
    }

    @Test
    void whoDoesNotWantTheHostCheckedReadsFromAnyThatIsTrusted() throws Exception {
        String name = place();
        try (Reading reading =
                read(subscription("127.0.0.1", server, client, name).hostChecked(false))) {
            awaitEffect();
            assertThat(reading.trouble()).isEmpty();
        }
    }
}
