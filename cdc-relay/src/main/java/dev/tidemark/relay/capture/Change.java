package dev.tidemark.relay.capture;

import dev.tidemark.envelope.Envelope;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One committed event, as it came out of the write-ahead log.
 *
 * @param lsn of the change itself, not of its commit: not monotone over interleaved transactions
 * @param committedAt by the server's clock
 * @param envelope what is to be delivered; null if the row or message could not be decoded
 * @param undecodable why it could not be, for people; null if there is an envelope
 * @param raw what there is of one that could not be decoded, as text; empty if there is an envelope
 */
public record Change(
        Lsn lsn,
        Instant committedAt,
        @Nullable Envelope envelope,
        @Nullable String undecodable,
        String raw) {

    static Change of(Lsn lsn, Instant committedAt, Envelope envelope) {
        return new Change(lsn, committedAt, envelope, null, "");
    }

    static Change undecodable(Lsn lsn, Instant committedAt, String reason, String raw) {
        return new Change(lsn, committedAt, null, reason, raw);
    }

    /** For one that could not be decoded: the same each time the server sends it. */
    public UUID rawId() {
        return UUID.nameUUIDFromBytes((lsn + " " + raw).getBytes(StandardCharsets.UTF_8));
    }
}
