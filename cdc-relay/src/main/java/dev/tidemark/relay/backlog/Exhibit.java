package dev.tidemark.relay.backlog;

import org.jspecify.annotations.Nullable;

/**
 * One event of the backlog with all that is kept of it.
 *
 * @param behind how many events of its aggregate wait behind it
 * @param envelope CloudEvents JSON, with the payload; null when settled or undecodable
 * @param raw of what could not be decoded; may be anything
 */
public record Exhibit(
        Stored event,
        long behind,
        @Nullable String envelope,
        @Nullable String raw) {}
