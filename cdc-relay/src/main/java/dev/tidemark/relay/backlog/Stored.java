package dev.tidemark.relay.backlog;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * An event as it stands in the backlog, for people; without its envelope.
 *
 * @param position in the subscriber's queue
 * @param state of the event
 * @param cause why it is there, such as {@code rejected}
 * @param outcome {@code delivered}, {@code skipped} or {@code dropped} of a settled one, otherwise null
 * @param source of its aggregate; empty, as the next four, for what could not be decoded
 * @param tenantId empty where there are no tenants
 * @param version null if the aggregate is unversioned
 * @param bytes that are kept
 * @param attempts made so far
 * @param reason of the last failure; null if it was not tried
 */
public record Stored(
        long position,
        UUID id,
        State state,
        String cause,
        @Nullable String outcome,
        String source,
        String tenantId,
        String aggregateType,
        String aggregateId,
        @Nullable Long version,
        String type,
        int bytes,
        int attempts,
        @Nullable String reason,
        Instant committedAt,
        Instant storedAt,
        @Nullable Instant settledAt) {

    static final String COLUMNS = """
            position, id, state, cause, outcome, source, tenantid, aggregatetype, aggregateid, aggregateversion, type,
            bytes, attempts, reason, committed_at, stored_at, settled_at""";

    /** Whether it can be delivered at all. */
    public boolean isUndecodable() {
        return cause.equals("undecodable");
    }

    static Stored read(ResultSet row) throws SQLException {
        Timestamp settled = row.getTimestamp("settled_at");
        return new Stored(
                row.getLong("position"),
                row.getObject("id", UUID.class),
                State.valueOf(row.getString("state").toUpperCase(Locale.ROOT)),
                row.getString("cause"),
                row.getString("outcome"),
                row.getString("source"),
                row.getString("tenantid"),
                row.getString("aggregatetype"),
                row.getString("aggregateid"),
                row.getObject("aggregateversion", Long.class),
                row.getString("type"),
                row.getInt("bytes"),
                row.getInt("attempts"),
                row.getString("reason"),
                row.getTimestamp("committed_at").toInstant(),
                row.getTimestamp("stored_at").toInstant(),
                settled == null ? null : settled.toInstant());
    }
}
