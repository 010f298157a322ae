package dev.tidemark.inbox;

import dev.tidemark.envelope.Envelope;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The newest event of one aggregate that was handled.
 *
 * @param epoch of the source when it wrote that event
 * @param version {@value #NOTHING} if the row was only just made, in order to be locked, or a state told that there is no version
 * @param id of that event; null if no single event stands for the version
 * @param held whether events of the aggregate are kept; see {@link KeptEvents}
 */
record Watermark(long epoch, long version, @Nullable UUID id, boolean held) {

    static final long NOTHING = 0;

    /** Whether something newer was handled than what {@code state} tells. */
    boolean isNewerThan(Envelope state, long stateVersion) {
        return epoch > state.sourceEpoch() || (epoch == state.sourceEpoch() && version > stateVersion);
    }

    /** Where an event stands to the watermark of its aggregate. */
    enum Position {
        NEXT,
        AFTER_GAP,
        HANDLED,
        CONFLICT,
        EARLIER_EPOCH
    }

    /**
     * A higher epoch starts anew with whatever version comes: the source went back to an older state, and
     * nobody here knows to which.
     */
    Position of(Envelope event, long eventVersion, FirstEvent first) {
        if (event.sourceEpoch() < epoch) {
            return Position.EARLIER_EPOCH; // also if nothing of the new epoch has a version yet: a state may have none
        }
        if (version == NOTHING) {
            return first == FirstEvent.BEGINNING && eventVersion != 1 ? Position.AFTER_GAP : Position.NEXT;
        }
        if (event.sourceEpoch() > epoch) {
            return Position.NEXT;
        }
        if (eventVersion == version) {
            return id == null || id.equals(event.id()) ? Position.HANDLED : Position.CONFLICT;
        }
        if (eventVersion < version) {
            return Position.HANDLED;
        }
        return eventVersion == version + 1 ? Position.NEXT : Position.AFTER_GAP;
    }
}
