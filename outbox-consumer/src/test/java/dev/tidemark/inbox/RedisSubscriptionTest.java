package dev.tidemark.inbox;

import static java.util.Objects.requireNonNull;

import dev.tidemark.envelope.CloudEventsRedis;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.testkit.Broker;
import io.lettuce.core.RedisBusyException;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisCredentials;
import io.lettuce.core.RedisCredentialsProvider;
import io.lettuce.core.RedisURI;
import io.lettuce.core.XGroupCreateArgs;
import io.lettuce.core.XReadArgs;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.Function;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Against {@code redis-server}. */
final class RedisSubscriptionTest extends SubscriptionContract {

    private static Broker broker;
    private static Broker guarded;

    @BeforeAll
    static void startBroker() {
        broker = Broker.redis();
        guarded = Broker.redis("--requirepass", "right");
    }

    @AfterAll
    static void stopBroker() {
        guarded.close();
        broker.close();
    }

    @Override
    Broker broker() {
        return broker;
    }

    @Override
    Broker ownBroker() {
        return Broker.redis("--maxmemory-policy", "noeviction");
    }

    @Override
    Place place(Broker at) {
        return new Stream(at, "events:" + UUID.randomUUID());
    }

    @Override
    Reading startExample(DataSource database, Handler<SQLException> rename) {
        return Examples.redis(database, broker.uri().toString(), rename);
    }

    @Override
    Place placeOfExample() throws Exception {
        return new Stream(broker, "events:user");
    }

    @Override
    Reading startAsStranger(Consumer<BrokerSubscriptionBuilder<?>> settings) {
        RedisURI uri = uri(guarded);
        uri.setCredentialsProvider(RedisCredentialsProvider.from(() -> RedisCredentials.just("default", "sesame")));
        RedisSubscription.Builder subscription =
                RedisSubscription.builder().server(uri).streams("events");
        settings.accept(subscription);
        return subscription.build().start();
    }

    /** Of one that notices soon that the broker is silent; a test that sends has the patience of its client. */
    private static RedisURI uri(Broker at) {
        RedisURI uri = RedisURI.create(at.uri());
        uri.setTimeout(Duration.ofSeconds(3));
        return uri;
    }

    @Test
    void whatSomebodyElseTookMeanwhileComesFirst() throws Exception {
        assertThatWhatSomebodyElseTookComesFirst(place(broker));
    }

    private record Stream(Broker broker, String name) implements Place {

        private <T> T with(Function<RedisCommands<String, byte[]>, T> work) {
            RedisClient client = RedisClient.create();
            try (StatefulRedisConnection<String, byte[]> connection = client.connect(
                    RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE), RedisURI.create(broker.uri()))) {
                return work.apply(connection.sync());
            } finally {
                client.shutdown(Duration.ZERO, Duration.ofSeconds(2));
            }
        }

        @Override
        public void send(Envelope... events) {
            with(redis -> {
                for (Envelope event : events) {
                    redis.xadd(name, CloudEventsRedis.fields(event));
                }
                return 0;
            });
        }

        @Override
        public void sendGarbage() {
            with(redis -> redis.xadd(name, Map.of("x", "y".getBytes(StandardCharsets.UTF_8))));
        }

        @Override
        @SuppressWarnings("unchecked") // an array of StreamOffset
        public void takeAndDie(int messages) {
            with(redis -> {
                try {
                    redis.xgroupCreate(
                            XReadArgs.StreamOffset.from(name, "0"), "reporting", XGroupCreateArgs.Builder.mkstream());
                } catch (RedisBusyException e) {
                    // it is there
                }
                return redis.xreadgroup(
                        io.lettuce.core.Consumer.from("reporting", "dead"),
                        XReadArgs.Builder.count(messages),
                        XReadArgs.StreamOffset.lastConsumed(name));
            });
        }

        @Override
        public Reading start(Consumer<BrokerSubscriptionBuilder<?>> settings) {
            RedisSubscription.Builder subscription =
                    RedisSubscription.builder().server(uri(broker)).streams(name);
            settings.accept(subscription);
            return subscription.build().start();
        }

        @Override
        public long left() {
            return with(redis -> {
                List<?> group = (List<?>) requireNonNull(redis.xinfoGroups(name).get(0));
                long lag = (Long) group.get(group.size() - 1);
                return lag + redis.xpending(name, "reporting").getCount();
            });
        }
    }
}
