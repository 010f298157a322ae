package dev.tidemark.relay.backlog;

/**
 * How much is read at once: at least one event, whatever its size.
 *
 * @param events at least 1
 * @param bytes of envelopes
 */
public record PageLimit(int events, long bytes) {}
