package dev.tidemark.sample.demo.via;

import dev.tidemark.inbox.RedisSubscription;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import java.util.List;

/** A stream for each service. */
record RedisTransport(Place place) implements Transport {

    @Override
    public String sink() {
        return "redis: { url: \"" + place.address() + "\", stream: " + place.service() + " }";
    }

    @Override
    public long left() {
        try (RedisClient client = RedisClient.create(RedisURI.create(place.address()));
                StatefulRedisConnection<String, String> connection = client.connect()) {
            RedisCommands<String, String> redis = connection.sync();
            List<?> group = (List<?>) redis.xinfoGroups(place.service()).get(0);
            long lag = (Long) group.get(group.size() - 1);
            return lag + redis.xpending(place.service(), place.service()).getCount();
        }
    }

    @Override
    public Opened open(Receiving receiving) {
        RedisSubscription.Builder subscription = RedisSubscription.builder()
                .inbox(receiving.inbox())
                .dataSource(receiving.database())
                .server(RedisURI.create(place.address()))
                .streams(place.service());
        receiving.handle((type, handler) -> subscription.on(type, handler));
        return Opened.of(subscription.build().start());
    }
}
