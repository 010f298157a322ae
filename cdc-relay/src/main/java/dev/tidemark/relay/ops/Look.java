package dev.tidemark.relay.ops;

import dev.tidemark.relay.capture.Lsn;
import org.jspecify.annotations.Nullable;

/**
 * What the server says at one moment of all that the relay depends on.
 *
 * @param endOfLog how far the log is on disk
 * @param missingColumns of the outbox, which the relay must have; empty if none is missing
 */
record Look(
        Registered registered,
        String systemIdentifier,
        int timeline,
        Lsn endOfLog,
        String walLevel,
        OutboxTable outbox,
        String missingColumns,
        Published published,
        @Nullable Slot slot) {

    /**
     * What was written down when the slot was made, and since.
     *
     * @param acknowledged everything up to there is settled; null before the first start
     * @param outboxOid null before the first start, like {@code publishedAs}
     */
    record Registered(
            long epoch,
            String systemIdentifier,
            int timeline,
            @Nullable Lsn acknowledged,
            @Nullable String outboxOid,
            @Nullable String publishedAs) {}

    /** @param oid null if there is no such table */
    record OutboxTable(@Nullable String oid, boolean readable) {}

    /**
     * The publication.
     *
     * @param as how it publishes, comparable; null if there is none
     * @param whole whether every insert is published, by the name of the root
     */
    record Published(@Nullable String as, boolean whole) {}

    /**
     * The slot.
     *
     * @param fits whether it is a lasting logical slot of pgoutput in this database
     * @param broken why it can never be read again, null if it can
     * @param synced whether it came here from a primary, before a failover: true for good, so it says something only
     *     until the new timeline is registered
     * @param confirmed 0/0 for a physical one
     */
    record Slot(boolean fits, @Nullable String broken, boolean synced, Lsn confirmed) {}
}
