package dev.tidemark.inbox;

import dev.tidemark.envelope.CloudEventsHttp;
import java.time.Duration;

/**
 * Which answer says what. The relay delivers again after 5xx, and gives up the event, visibly, after any other
 * status that is not 2xx; so an answer in 4xx is for what will not change.
 */
final class Answers {

    private static final String ACCEPTED = CloudEventsHttp.STRUCTURED + ", " + CloudEventsHttp.BATCH;

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
            "a signature covers the body only: send a signed CloudEvent in structured mode, or a batch",
            "accept",
            ACCEPTED);
    static final Answer NOT_FOUND = Answer.of(404, "events are received at another path");
    static final Answer NOT_POST = Answer.of(405, "events are received by POST", "allow", "POST");
    static final Answer NOT_AN_EVENT = Answer.of(
            415, "send a CloudEvent in binary mode (ce- headers) or structured mode, or a batch", "accept", ACCEPTED);
    static final Answer MALFORMED =
            Answer.of(400, "this is not a CloudEvent with all attributes of an aggregate's event");
    static final Answer INTERRUPTED = Answer.of(503, "the receiver is stopping", "retry-after", "1");

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
        if (failure instanceof Dispatch.NewerSchemaVersion) {
            return Answer.of(422, "the schema version of the event is newer than those that are handled");
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
        if (failure instanceof Intake.NoConnection || Failures.databaseIsAway(failure)) {
            return later("the database is not available");
        }
        return Answer.of(500, "the handler failed; nothing was kept");
    }

    private Answer later(String text) {
        return Answer.of(503, text, "retry-after", Long.toString(retryAfterSeconds));
    }
}
