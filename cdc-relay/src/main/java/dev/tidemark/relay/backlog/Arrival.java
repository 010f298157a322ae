package dev.tidemark.relay.backlog;

import dev.tidemark.envelope.Envelope;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * An event that is to be stored.
 *
 * @param id its key, with the subscriber
 * @param envelope null for one that could not be decoded
 * @param raw what there was of an undecodable event, for people; null if there is an envelope
 * @param committedAt by the source's clock
 * @param state {@link State#WAITING} or {@link State#DEAD}
 * @param cause why it is stored
 * @param attempts made so far
 * @param reason of the last failure, without payload or secret; null if it was never tried
 */
public record Arrival(
        UUID id,
        @Nullable Envelope envelope,
        @Nullable String raw,
        Instant committedAt,
        State state,
        Cause cause,
        int attempts,
        @Nullable String reason) {

    /** Why an event is in the backlog. */
    public enum Cause {
        /** Its aggregate was tried for too long, or waits behind such an event. */
        PARKED,
        /** The subscriber was down or too far behind. */
        SPILLED,
        /** The subscriber will never take it. */
        REJECTED,
        /** It could not be decoded. */
        UNDECODABLE,
        /** It was asked for again. */
        REPLAYED
    }
}
