package dev.tidemark.relay.doctor;

import org.jspecify.annotations.Nullable;

/**
 * What one look has found.
 *
 * @param check a lasting name, such as {@code wal_level} or {@code sink shipping}
 * @param message what is so, for people; nothing secret
 * @param mend the SQL, command or setting that mends it; null if there is nothing to mend
 */
public record Finding(
        Severity severity,
        String check,
        String message,
        @Nullable String mend) {

    /** How bad it is. */
    public enum Severity {
        OK,
        /** The relay works, but may not for ever. */
        WARNING,
        /** The relay does not work, or loses events. */
        PROBLEM
    }
}
