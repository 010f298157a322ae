package dev.tidemark.inbox;

import dev.tidemark.envelope.Envelope;
import java.time.Duration;
import java.time.Instant;

/**
 * An event that is done with, before its listener has heard of it.
 *
 * @param expectedVersion the version that was missing, if the outcome is {@link Outcome#APPLIED_AFTER_GAP}
 */
record Handled(Envelope event, Outcome outcome, long expectedVersion) {

    void tell(InboxListener listener, Instant now) {
        switch (outcome) {
            case DUPLICATE -> listener.duplicate(event);
            case STALE -> listener.stale(event);
            case APPLIED -> listener.applied(event, Duration.between(event.time(), now));
            case APPLIED_AFTER_GAP -> {
                listener.gap(event, expectedVersion);
                listener.applied(event, Duration.between(event.time(), now));
            }
        }
    }
}
