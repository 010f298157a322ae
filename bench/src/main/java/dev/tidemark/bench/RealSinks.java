package dev.tidemark.bench;

import dev.tidemark.relay.config.HttpSinkConfig;
import dev.tidemark.relay.config.KafkaSinkConfig;
import dev.tidemark.relay.config.NatsSinkConfig;
import dev.tidemark.relay.config.PostgresSinkConfig;
import dev.tidemark.relay.config.RabbitSinkConfig;
import dev.tidemark.relay.config.RedisSinkConfig;
import dev.tidemark.relay.config.SubscriberConfig;
import dev.tidemark.relay.sink.HttpSink;
import dev.tidemark.relay.sink.KafkaSink;
import dev.tidemark.relay.sink.NatsSink;
import dev.tidemark.relay.sink.PostgresSink;
import dev.tidemark.relay.sink.RabbitSink;
import dev.tidemark.relay.sink.RedisSink;
import dev.tidemark.relay.sink.Sink;
import java.time.InstantSource;

/** Makes the sink of a configuration as the relay does, so that it can be watched. */
final class RealSinks {

    private RealSinks() {}

    static Sink of(SubscriberConfig subscriber) {
        if (subscriber.sink() instanceof KafkaSinkConfig kafka) {
            return new KafkaSink(kafka.settings());
        }
        if (subscriber.sink() instanceof RabbitSinkConfig rabbit) {
            return new RabbitSink(rabbit.settings());
        }
        if (subscriber.sink() instanceof RedisSinkConfig redis) {
            return new RedisSink(redis.settings());
        }
        if (subscriber.sink() instanceof NatsSinkConfig nats) {
            return new NatsSink(nats.settings());
        }
        if (subscriber.sink() instanceof PostgresSinkConfig postgres) {
            return new PostgresSink(postgres.settings(subscriber.name(), subscriber.lanes()));
        }
        if (subscriber.sink() instanceof HttpSinkConfig http) {
            return new HttpSink(http.settings(subscriber.lanes()), InstantSource.system());
        }
        throw new IllegalArgumentException("sinks of the kind of " + subscriber.sink() + " are not measured");
    }
}
