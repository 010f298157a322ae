package dev.tidemark.bench;

import dev.tidemark.relay.Relay;
import dev.tidemark.relay.config.ConfigFile;
import dev.tidemark.relay.config.CustomSinkConfig;
import dev.tidemark.relay.config.RelayConfig;
import dev.tidemark.relay.config.SubscriberConfig;
import dev.tidemark.relay.sink.Sink;

/** System C: the relay, with a sink that keeps nothing, one that loses events, or a real one that is watched. */
final class EmbeddedRelay {

    private EmbeddedRelay() {}

    static Relay start(Measured measured, Arrivals arrivals) {
        RelayConfig file = ConfigFile.read(measured.relay());
        SubscriberConfig subscriber = file.subscribers().get(0);
        Sink sink = switch (measured.kind()) {
            case "null" -> new CountingSink(CountingSink.NOWHERE, arrivals, number -> false);
            case "real" -> new CountingSink(RealSinks.of(subscriber), arrivals, number -> false);
            case "lossy" -> new CountingSink(CountingSink.NOWHERE, arrivals, number -> number % 97 == 5);
            default -> throw new IllegalArgumentException("there is no system " + measured.kind());
        };
        return Relay.start(RelayConfig.builder()
                .source(file.source())
                .ops(file.ops())
                .subscriber(SubscriberConfig.builder(subscriber.name())
                        .lanes(subscriber.lanes())
                        .batch(subscriber.batch())
                        .sink(new CustomSinkConfig(sink))
                        .build())
                .build());
    }
}
