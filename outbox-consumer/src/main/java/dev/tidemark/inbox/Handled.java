package dev.tidemark.inbox;

import dev.tidemark.envelope.Envelope;
import java.time.Duration;
import java.time.Instant;

/**
 * An event that is done with, before its listener has heard of it.
 *
 * @param expectedVersion the version that was missing, if the outcome is {@link Outcome#APPLIED_AFTER_GAP} or
 *     {@link Outcome#WAITING}
 * @param held whether events of its aggregate are kept; the turn of one may have come
 */
record Handled(Envelope event, Outcome outcome, long expectedVersion, boolean held) {

    void tell(InboxListener listener, Instant now) {
        switch (outcome) {
            case DUPLICATE -> listener.duplicate(event);
            case STALE -> listener.stale(event);
            case WAITING -> listener.waiting(event, expectedVersion);
            case DEAD -> {} // told when it died
            case APPLIED -> listener.applied(event, Duration.between(event.time(), now));
            case APPLIED_AFTER_GAP -> {
                listener.gap(event, expectedVersion);
                listener.applied(event, Duration.between(event.time(), now));
            }
        }
    }
}
