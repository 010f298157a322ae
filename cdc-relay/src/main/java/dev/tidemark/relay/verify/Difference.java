package dev.tidemark.relay.verify;

/**
 * A key at which the replica is not what the source was, at the version that both are at.
 *
 * @param key as text
 * @param sourceVersion the version of the aggregate's newest event; 0 if it has none
 * @param replicaVersion the newest that the replica's inbox has handled; 0 if none
 */
public record Difference(String key, Kind kind, long sourceVersion, long replicaVersion) {

    /** What is wrong. */
    public enum Kind {
        /** The source has a row, the replica has none. */
        MISSING,
        /** The replica has an older version, and says so; or it has not got the newest events within the patience. */
        STALE,
        /** The replica has a row, the source has none. */
        EXTRA,
        /** Both have a row at the same version, with other values. */
        DIFFERENT,
        /** The replica has handled a version that the source has not written: was the source restored? */
        AHEAD
    }
}
