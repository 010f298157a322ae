package dev.tidemark.inbox;

import java.sql.SQLException;
import java.sql.SQLTransientException;
import java.util.Set;

/** What a failure says of the event: that it can never be handled, that it may not be its fault at all, or neither. */
final class Failures {

    /** Connection lost, out of resources, shut down, deadlock or serialisation failure: may be gone the next time. */
    private static final Set<String> PASSING_CLASSES = Set.of("08", "40", "53", "57");

    /** Of that class too, but of the statement's time limit: it is tried as often as any other failure. */
    private static final String QUERY_CANCELED = "57014";

    private static final int MAX_CAUSES = 10;
    private static final int MAX_REASON = 2000;

    private Failures() {}

    /** Whether it is the database's fault, or the time's: then it is not counted. */
    static boolean mayPass(Throwable failure) {
        return failure instanceof Intake.NoConnection
                || failure instanceof InboxLocked
                || failure instanceof VersionGap
                || databaseIsAway(failure);
    }

    /** Whether trying again is of no use before the program is another one, or a person has acted. */
    static boolean isForGood(Throwable failure) {
        return failure instanceof Dispatch.NoHandler
                || failure instanceof Dispatch.NewerSchemaVersion
                || failure instanceof VersionConflict
                || failure instanceof UnsupportedRedelivery;
    }

    /** By SQLSTATE, of whichever cause has one: libraries wrap what the driver throws. */
    static boolean databaseIsAway(Throwable failure) {
        Throwable cause = failure;
        for (int i = 0; cause != null && i < MAX_CAUSES; i++) {
            if (cause instanceof SQLException e && databaseIsAway(e)) {
                return true;
            }
            cause = cause.getCause();
        }
        return false;
    }

    private static boolean databaseIsAway(SQLException e) {
        String state = e.getSQLState();
        if (QUERY_CANCELED.equals(state)) {
            return false;
        }
        return e instanceof SQLTransientException
                || (state != null && state.length() == 5 && PASSING_CLASSES.contains(state.substring(0, 2)));
    }

    /** For whoever looks at a dead event; text that Postgres stores. */
    static String reason(Throwable failure) {
        StringBuilder reason = new StringBuilder();
        Throwable cause = failure;
        for (int i = 0; cause != null && i < MAX_CAUSES; i++) {
            reason.append(i == 0 ? "" : "; caused by ").append(cause);
            cause = cause.getCause();
        }
        String text = reason.substring(0, Math.min(reason.length(), MAX_REASON));
        return text.replace('\0', ' ').replaceAll("[\\p{Cs}]", "?");
    }
}
