package dev.tidemark.relay.config;

import static java.util.Objects.requireNonNull;

import dev.tidemark.relay.sink.Sink;

/**
 * A sink that the embedding program brings; there is none in a file.
 *
 * @param sink closed by the relay when it stops
 */
public record CustomSinkConfig(Sink sink) implements SinkConfig {

    public CustomSinkConfig {
        requireNonNull(sink, "sink");
    }

    /** Without the sink, which may show anything. */
    @Override
    public String toString() {
        return "CustomSinkConfig[" + sink.getClass().getName() + "]";
    }
}
