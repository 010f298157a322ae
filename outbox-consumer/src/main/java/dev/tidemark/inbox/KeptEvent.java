package dev.tidemark.inbox;

import dev.tidemark.envelope.Aggregate;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * An event that stands in the inbox, without its payload.
 *
 * @param delivery its id, with a slash and the job behind it for a redelivery, and {@code /epoch:1} and so on for an event of a
 *     source that came back older; unique among those of a source
 * @param version of its aggregate; null for an unversioned one
 * @param epoch of its source
 * @param missing the version that its aggregate is at, plus one, if the event waits for it; null if nothing is missing, or what
 *     is before it waits too or is dead
 * @param since when it was put here
 * @param attempts that failed; 0 unless it is dead
 * @param reason the last failure, for people; may hold parts of the payload. Null unless it is dead
 * @param retry whether somebody has asked for one more attempt, and nobody has made it yet
 */
public record KeptEvent(
        boolean dead,
        String delivery,
        Aggregate aggregate,
        @Nullable Long version,
        long epoch,
        String type,
        @Nullable Long missing,
        Instant since,
        int attempts,
        @Nullable String reason,
        boolean retry) {}
