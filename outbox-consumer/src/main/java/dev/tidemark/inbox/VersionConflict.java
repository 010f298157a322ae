package dev.tidemark.inbox;

import dev.tidemark.envelope.Envelope;
import java.util.UUID;

/**
 * Two events claim the same version of one aggregate. Never a duplicate: one of them was handled, and this
 * one would be lost without a trace. Delivering it again does not help; a person must find out which writer
 * counts wrongly, or which source shares its name with another.
 */
public final class VersionConflict extends RuntimeException {

    private static final long serialVersionUID = 1;

    private final UUID eventId;
    private final UUID handledId;

    VersionConflict(Envelope event, UUID handledId) {
        super("event " + event + " has the version of event " + handledId + ", which was handled; each version of an "
                + "aggregate belongs to one event: look for two writers of this source that count for themselves, "
                + "or a database restored without raising its epoch");
        this.eventId = event.id();
        this.handledId = handledId;
    }

    /** The event that was refused. */
    public UUID eventId() {
        return eventId;
    }

    /** The event of the same version that was handled before. */
    public UUID handledId() {
        return handledId;
    }
}
