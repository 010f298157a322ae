package dev.tidemark.sample.demo.via;

import dev.tidemark.inbox.RedisSubscription;
import io.lettuce.core.RedisURI;

/** A stream for each service. */
record RedisTransport(Place place) implements Transport {

    @Override
    public String sink() {
        return "redis: { url: \"" + place.address() + "\", stream: " + place.service() + " }";
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
