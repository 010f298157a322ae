package dev.tidemark.relay.cli;

import dev.tidemark.relay.config.RelayConfig;
import java.time.Duration;
import java.util.Optional;

/** Starts relays. */
@FunctionalInterface
interface RelayStarter {

    Running start(RelayConfig config) throws Exception;

    /** A relay that was started. */
    interface Running extends AutoCloseable {

        /** Whether it has stopped, by itself or because it was closed, before the time was over. */
        boolean awaitStopped(Duration atMost) throws InterruptedException;

        /** Why it stopped by itself; empty if it did not. */
        Optional<Throwable> failure();

        @Override
        void close();
    }
}
