package dev.tidemark.inbox;

import java.sql.SQLException;
import java.sql.SQLTransientException;
import java.time.Duration;
import java.util.Set;

/**
 * Which answer says what. The relay delivers again after 5xx, and gives up the event, visibly, after any other
 * status that is not 2xx; so an answer in 4xx is for what will not change.
 */
final class Answers {

    static final Answer DONE = Answer.empty(204);
    static final Answer UNAUTHORIZED = Answer.of(
            401, "a valid bearer token is required in the authorization header", "www-authenticate", "Bearer");
    static final Answer UNSIGNED = Answer.of(
            401,
            "webhook-id, webhook-timestamp and a valid webhook-signature are required, of the last minutes",
            "www-authenticate",
            "Webhook-Signature");
    static final Answer NOT_STRUCTURED = Answer.of(
            415,
            "a signature covers the body only: send a signed CloudEvent in structured mode",
            "accept",
            "application/cloudevents+json");
    static final Answer NOT_FOUND = Answer.of(404, "events are received at another path");
    static final Answer NOT_POST = Answer.of(405, "events are received by POST", "allow", "POST");
    static final Answer NOT_AN_EVENT = Answer.of(
            415,
            "send a CloudEvent in binary mode (ce- headers) or structured mode",
            "accept",
            "application/cloudevents+json");
    static final Answer MALFORMED =
            Answer.of(400, "this is not a CloudEvent with all attributes of an aggregate's event");
    static final Answer INTERRUPTED = Answer.of(503, "the receiver is stopping", "retry-after", "1");

    /** Connection lost, out of resources, shut down, deadlock or serialisation failure: may be gone the next time. */
    private static final Set<String> PASSING_CLASSES = Set.of("08", "40", "53", "57");

    private static final int MAX_CAUSES = 10;

    private final long retryAfterSeconds;

    Answers(Duration retryAfter) {
        this.retryAfterSeconds = retryAfter.toSeconds();
    }

    static Answer tooLarge(int maxBodyBytes) {
        return Answer.of(413, "an event may have at most " + maxBodyBytes + " bytes");
    }

    /** The answer to an event that was not handled. Says what kind of failure it was and nothing of its message. */
    Answer failure(Exception failure) {
        if (failure instanceof VersionConflict) {
            return Answer.of(409, "another event with this version of the aggregate was handled");
        }
        if (failure instanceof Dispatch.NoHandler) {
            return Answer.of(422, "there is no handler for events of this type");
        }
        if (failure instanceof UnsupportedRedelivery) {
            return Answer.of(501, "redeliveries of this kind are not supported");
        }
        if (failure instanceof VersionGap) {
            return later("an earlier event of the aggregate is missing");
        }
        if (failure instanceof InboxLocked) {
            return later("another event of the aggregate is being handled");
        }
        if (failure instanceof Intake.NoConnection || mayPass(failure)) {
            return later("the database is not available");
        }
        return Answer.of(500, "the handler failed; nothing was kept");
    }

    private Answer later(String text) {
        return Answer.of(503, text, "retry-after", Long.toString(retryAfterSeconds));
    }

    /** By SQLSTATE, of whichever cause has one: libraries wrap what the driver throws. */
    private static boolean mayPass(Exception failure) {
        Throwable cause = failure;
        for (int i = 0; cause != null && i < MAX_CAUSES; i++) {
            if (cause instanceof SQLException e && mayPass(e)) {
                return true;
            }
            cause = cause.getCause();
        }
        return false;
    }

    private static boolean mayPass(SQLException e) {
        String state = e.getSQLState();
        return e instanceof SQLTransientException
                || (state != null && state.length() == 5 && PASSING_CLASSES.contains(state.substring(0, 2)));
    }
}
