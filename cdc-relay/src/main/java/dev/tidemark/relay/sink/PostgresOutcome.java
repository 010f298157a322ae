package dev.tidemark.relay.sink;

import java.sql.SQLException;
import java.util.Set;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/**
 * What an error of PostgreSQL means for an event, by its SQLSTATE. The text of the error is not shown: it may repeat what
 * was inserted. Table in docs/sinks.md.
 *
 * @see <a href="https://www.postgresql.org/docs/18/errcodes-appendix.html">PostgreSQL error codes</a>
 */
final class PostgresOutcome {

    /** Classes, of the event: bad data, a constraint, the exception of a trigger, too large. */
    private static final Set<String> OF_THE_EVENT = Set.of("22", "23", "44", "54", "P0");

    /**
     * Classes, of the server or of what it knows of us: nobody's event is taken now (with 0A the connection is given up, as
     * its plans may be old). Any other, such as that of a trigger of yours, may be of one event only.
     */
    private static final Set<String> OF_THE_SERVER =
            Set.of("", "08", "0A", "25", "28", "3D", "42", "53", "57", "58", "XX");

    /** Class, mostly of the table or the rights; but also of what a trigger does for one event. */
    private static final String OF_THE_STATEMENT = "42";

    /** No row may go there, whatever is in it. */
    private static final String READ_ONLY = "25006";

    /** Ended by the server: {@code statement_timeout}, or somebody who wanted it so. */
    private static final String TOO_SLOW = "57014";

    /** Where in the server a commit fails that could not put its NOTIFY into the queue. */
    private static final String NOTIFY_AT_COMMIT = "PreCommit_Notify";

    private PostgresOutcome() {}

    /** @param what for people, such as {@code insert into public.incoming at postgres.example.com} */
    static Pipeline.Outcome of(SQLException failure, String what) {
        String group = group(failure);
        if (isOfTheNotifications(failure)) {
            return new Pipeline.Outcome(Delivery.retry(what + " failed: " + said(failure)), true);
        }
        if (OF_THE_EVENT.contains(group)) {
            return new Pipeline.Outcome(Delivery.rejected(what + " failed: " + said(failure)), false);
        }
        return new Pipeline.Outcome(Delivery.retry(what + " failed: " + said(failure)), OF_THE_SERVER.contains(group));
    }

    private static String group(SQLException failure) {
        String state = String.valueOf(failure.getSQLState());
        return state.length() == 5 ? state.substring(0, 2) : "";
    }

    /** Whether it may be of one event of a batch though no other would be taken either: each is tried by itself, then. */
    static boolean mayBeOfOneEvent(SQLException failure) {
        return group(failure).equals(OF_THE_STATEMENT);
    }

    /** Whether the statement was ended, most likely because its time was up. */
    static boolean isTooSlow(SQLException failure) {
        return TOO_SLOW.equals(failure.getSQLState());
    }

    /** Whether the server takes no rows; the one that does may have its address by now. */
    static boolean isReadOnly(SQLException failure) {
        return READ_ONLY.equals(failure.getSQLState());
    }

    /** Whether NOTIFY failed: one queue for the whole server, and who listens to anything in it may be anybody. */
    static boolean isOfTheNotifications(SQLException failure) {
        ServerErrorMessage said = failure instanceof PSQLException told ? told.getServerErrorMessage() : null;
        return said != null && NOTIFY_AT_COMMIT.equals(said.getRoutine());
    }

    /** Where nobody else has said why, the driver itself has: such as that the certificate is another host's. */
    private static String unreachable(SQLException failure) {
        boolean own = failure instanceof PSQLException told && told.getServerErrorMessage() == null;
        return own && failure.getCause() == null
                ? "no connection: " + Excerpt.clean(String.valueOf(failure.getMessage()))
                : Unreachable.reason(failure);
    }

    /** What is wrong, by the code and what is known of it. */
    static String said(SQLException failure) {
        String state = String.valueOf(failure.getSQLState());
        if (isOfTheNotifications(failure)) {
            return "the queue of NOTIFY is full: a session that listens does not end its transaction (SQLSTATE " + state
                    + ")";
        }
        String meaning = switch (state) {
            case "42P01" -> "the table is not there; apply V008__incoming.sql";
            case "42703" -> "the table has other columns; apply V008__incoming.sql";
            case "42P10" -> "the table has no key (consumer, source, id, redelivery); apply V008__incoming.sql";
            case "42501" -> "the user may not; docs/sinks.md has the grants";
            case READ_ONLY -> "the server is read-only";
            case "28P01", "28000" -> "the user or its password is not accepted";
            case "3D000" -> "the database is not there";
            case TOO_SLOW -> "no answer in time";
            case "null" -> "no connection";
            default -> state.startsWith("08") ? unreachable(failure) : "";
        };
        return meaning + (meaning.isEmpty() ? "" : " ") + "(SQLSTATE " + state + ")";
    }
}
