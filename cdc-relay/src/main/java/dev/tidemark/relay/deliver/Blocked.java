package dev.tidemark.relay.deliver;

import dev.tidemark.envelope.Aggregate;
import java.util.UUID;

/**
 * Why a lane delivers nothing any more: the event that its destination will never take.
 *
 * @param lane counted from 0
 * @param eventId the CloudEvents id
 * @param aggregate that must not go on without this event
 * @param reason for people, without payload or secret
 */
public record Blocked(int lane, UUID eventId, Aggregate aggregate, String reason) {

    @Override
    public String toString() {
        return "event " + eventId + " of " + aggregate + " was rejected: " + reason;
    }
}
