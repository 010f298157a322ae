package dev.tidemark.relay;

import dev.tidemark.relay.config.CustomSinkConfig;
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
import java.util.LinkedHashMap;
import java.util.Map;

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
        return http((HttpSinkConfig) subscriber.sink(), subscriber.lanes());
    }

    private static HttpSink http(HttpSinkConfig http, int lanes) {
        int inFlightOfLane = Math.max(1, http.inFlight() / lanes); // a lane that hangs takes no other's
        Map<String, String> headers = new LinkedHashMap<>();
        http.headers().forEach((name, value) -> headers.put(name, value.reveal()));
        HttpSink.Mode mode =
                http.mode() == HttpSinkConfig.Mode.BINARY ? HttpSink.Mode.BINARY : HttpSink.Mode.STRUCTURED;
        return new HttpSink(
                new HttpSink.Settings(http.url(), mode, http.timeout(), headers, inFlightOfLane),
                InstantSource.system());
    }
}
