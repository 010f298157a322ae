package dev.tidemark.outbox;

/** Where an event is between its commit and its delivery. The relay reads all of these at once. */
public enum Storage {

    /** In the table, until upkeep drops its partition: it can be looked at, replayed and repaired. */
    RETAINED,

    /**
     * In the write-ahead log; inserted and deleted again in one call. Leaves dead rows for vacuum, and no replay. Refused
     * as {@link #WAL_ONLY} is.
     */
    TRANSIENT,

    /**
     * In the write-ahead log, as a logical message: no table, no index, no vacuum, no replay. Refused (SQLSTATE 55000)
     * unless {@code wal_level} is {@code logical} and a relay's slot is there, without which the event would be gone.
     */
    WAL_ONLY
}
