package dev.tidemark.sample.demo;

import dev.tidemark.relay.Relay;
import dev.tidemark.relay.config.ConfigFile;
import dev.tidemark.relay.config.CustomSinkConfig;
import dev.tidemark.relay.config.HttpSinkConfig;
import dev.tidemark.relay.config.RelayConfig;
import dev.tidemark.relay.config.SourceConfig;
import dev.tidemark.relay.config.SubscriberConfig;
import dev.tidemark.relay.sink.HttpSink;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * A real relay with a sink that is broken on purpose, embedded as any program would embed it: the proof that the
 * demo's checks can fail. Takes {@code --config} and a file, like {@code tidemark relay}.
 */
public final class BrokenRelay {

    private static final Duration LOOK_AGAIN = Duration.ofHours(1);

    private BrokenRelay() {}

    /** Runs until it is killed. */
    public static void main(String[] args) throws InterruptedException {
        RelayConfig config = ConfigFile.read(Path.of(args[1]));
        RelayConfig.Builder broken =
                RelayConfig.builder().source(config.source()).ops(config.ops());
        for (SubscriberConfig subscriber : config.subscribers()) {
            HttpSinkConfig http = (HttpSinkConfig) subscriber.sink();
            broken.subscriber(SubscriberConfig.builder(subscriber.name())
                    .sink(new CustomSinkConfig(new LyingSink(sink(http), slot(config.source()))))
                    .build());
        }
        try (Relay relay = Relay.start(broken.build())) {
            while (!relay.awaitStopped(LOOK_AGAIN)) {
                // it runs on threads of its own
            }
        }
    }

    private static SlotView slot(SourceConfig source) {
        PGSimpleDataSource server = new PGSimpleDataSource();
        server.setUrl(source.url());
        server.setUser(source.user());
        server.setPassword(source.password().reveal());
        return new SlotView(server, source.slot());
    }

    private static HttpSink sink(HttpSinkConfig http) {
        return new HttpSink(
                new HttpSink.Settings(http.url(), HttpSink.Mode.BINARY, http.timeout(), Map.of(), http.inFlight()),
                InstantSource.system());
    }
}
