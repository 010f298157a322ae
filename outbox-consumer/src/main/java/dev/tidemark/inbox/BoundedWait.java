package dev.tidemark.inbox;

import dev.tidemark.envelope.Aggregate;
import java.sql.SQLException;
import java.time.Duration;

/**
 * Bounds how long one statement waits for a lock, and leaves the transaction's own {@code lock_timeout} as
 * it was: for the handler, and for whatever the caller does next.
 *
 * <p>A statement begins with {@link #BEGIN}, takes the rows it writes {@code from bounded}, and ends by selecting
 * {@link #END}: Postgres reads the setting when it begins to wait, and the data flow fixes the order. If the
 * statement fails, the setting goes with the transaction or savepoint that has to be rolled back.
 */
final class BoundedWait {

    /** Its one parameter is {@link #millis()} as text. */
    static final String BEGIN = """
            with bounded as materialized (
                select current_setting('lock_timeout') as before, set_config('lock_timeout', ?, true) as during
            )""";

    static final String END = "set_config('lock_timeout', bounded.before, true)";

    private static final String LOCK_NOT_AVAILABLE = "55P03";
    private static final String UNDEFINED_TABLE = "42P01";
    private static final String UNDEFINED_COLUMN = "42703";
    private static final String INSUFFICIENT_PRIVILEGE = "42501";

    private final Duration atMost;

    /**
     * @throws IllegalArgumentException if it is shorter than a millisecond, which Postgres takes for no bound, or
     *     longer than an hour
     */
    BoundedWait(Duration atMost) {
        if (atMost.toMillis() < 1 || atMost.compareTo(Duration.ofHours(1)) > 0) {
            throw new IllegalArgumentException("lockTimeout must be from 1 ms to 1 h, but was: " + atMost);
        }
        this.atMost = atMost;
    }

    String millis() {
        return Long.toString(atMost.toMillis());
    }

    /**
     * The same failure, told so that the reader knows what to do about it.
     *
     * @param what of the aggregate was to be done, such as {@code event 0193…}
     */
    SQLException explain(SQLException e, Aggregate aggregate, String what) {
        if (LOCK_NOT_AVAILABLE.equals(e.getSQLState())) {
            return new InboxLocked(aggregate, what, atMost, e);
        }
        if (UNDEFINED_TABLE.equals(e.getSQLState())) {
            return new SQLException(
                    "the inbox tables are not on the search path; apply V003__inbox.sql and V010__inbox_waiting.sql to"
                            + " this database, or put their schema on the search_path: " + e.getMessage(),
                    e.getSQLState(),
                    e);
        }
        if (UNDEFINED_COLUMN.equals(e.getSQLState())) {
            return new SQLException(
                    "the inbox tables are of an older version; apply V010__inbox_waiting.sql to this database: "
                            + e.getMessage(),
                    e.getSQLState(),
                    e);
        }
        if (INSUFFICIENT_PRIVILEGE.equals(e.getSQLState())) {
            return new SQLException(
                    "this role may not use the inbox tables; grant it what roles.sql gives a consumer: "
                            + e.getMessage(),
                    e.getSQLState(),
                    e);
        }
        return e;
    }
}
