package dev.tidemark.relay;

import dev.tidemark.relay.config.CustomSinkConfig;
import dev.tidemark.relay.config.HttpSinkConfig;
import dev.tidemark.relay.config.KafkaSinkConfig;
import dev.tidemark.relay.config.NatsSinkConfig;
import dev.tidemark.relay.config.PostgresSinkConfig;
import dev.tidemark.relay.config.RabbitSinkConfig;
import dev.tidemark.relay.config.RedisSinkConfig;
import dev.tidemark.relay.config.SnsSinkConfig;
import dev.tidemark.relay.config.SqsSinkConfig;
import dev.tidemark.relay.config.SubscriberConfig;
import dev.tidemark.relay.sink.HttpSink;
import dev.tidemark.relay.sink.KafkaSink;
import dev.tidemark.relay.sink.NatsSink;
import dev.tidemark.relay.sink.PostgresSink;
import dev.tidemark.relay.sink.RabbitSink;
import dev.tidemark.relay.sink.RedisSink;
import dev.tidemark.relay.sink.Sink;
import dev.tidemark.relay.sink.SnsSink;
import dev.tidemark.relay.sink.SqsSink;
import java.time.InstantSource;

/** Makes the sink that a subscriber's configuration asks for. */
final class Sinks {

    private Sinks() {}

    static Sink of(SubscriberConfig subscriber) {
        if (subscriber.sink() instanceof CustomSinkConfig custom) {
            return custom.sink();
        }
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
        if (subscriber.sink() instanceof SqsSinkConfig sqs) {
            return new SqsSink(sqs.settings());
        }
        if (subscriber.sink() instanceof SnsSinkConfig sns) {
            return new SnsSink(sns.settings());
        }
        HttpSinkConfig http = (HttpSinkConfig) subscriber.sink();
        return new HttpSink(http.settings(subscriber.lanes()), InstantSource.system());
    }
}
