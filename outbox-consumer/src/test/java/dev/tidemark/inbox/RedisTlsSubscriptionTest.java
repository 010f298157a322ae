package dev.tidemark.inbox;

import dev.tidemark.envelope.CloudEventsRedis;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.testkit.Broker;
import dev.tidemark.testkit.TlsStore;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SslOptions;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;

/** Against {@code redis-server}. */
class RedisTlsSubscriptionTest extends TlsSubscriptionContract {

    @TempDir
    private static Path stores;

    private static TlsStore server;
    private static TlsStore client;
    private static Broker broker;

    @BeforeAll
    static void startBroker() throws Exception {
        server = TlsStore.make(stores, "dns:localhost");
        client = TlsStore.signed(stores, "dns:reporting");
        broker = Broker.tls("redis", server, client);
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
    RedisSubscription.Builder subscription(
            String host, @Nullable TlsStore trusted, @Nullable TlsStore own, String name) {
        SslOptions.Builder tls = SslOptions.builder();
        if (trusted != null) {
            tls.truststore(trusted.path().toFile(), TlsStore.PASSWORD);
        }
        if (own != null) {
            tls.keystore(own.path().toFile(), TlsStore.PASSWORD.toCharArray());
        }
        return RedisSubscription.builder()
                .server(RedisURI.create("rediss://" + host + ":" + broker.tlsPort()))
                .options(ClientOptions.builder().sslOptions(tls.build()).build())
                .streams(name);
    }

    @Override
    Reading start(BrokerSubscriptionBuilder<?> subscription) {
        return ((RedisSubscription.Builder) subscription).build().start();
    }

    @Override
    void send(String name, Envelope event) {
        RedisClient redis = RedisClient.create();
        try (StatefulRedisConnection<String, byte[]> connection = redis.connect(
                RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE), RedisURI.create(broker.uri()))) {
            connection.sync().xadd(name, CloudEventsRedis.fields(event));
        } finally {
            redis.shutdown(Duration.ZERO, Duration.ofSeconds(2));
        }
    }
}
