package dev.tidemark.relay.cli;

import dev.tidemark.relay.Relay;
import dev.tidemark.relay.config.RelayConfig;
import java.time.Duration;
import java.util.Optional;

/** Starts a {@link Relay} in this process. */
final class EmbeddedRelay implements RelayStarter {

    @Override
    public Running start(RelayConfig config) {
        Relay relay = Relay.start(config);
        return new Running() {
            @Override
            public boolean awaitStopped(Duration atMost) throws InterruptedException {
                return relay.awaitStopped(atMost);
            }

            @Override
            public Optional<Throwable> failure() {
                return relay.failure();
            }

            @Override
            public void close() {
                relay.close();
            }
        };
    }
}
