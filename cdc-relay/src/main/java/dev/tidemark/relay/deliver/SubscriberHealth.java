package dev.tidemark.relay.deliver;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How a subscriber is at one moment.
 *
 * @param unsettled events for which the slot waits
 * @param failingFor since the first failure of the lane that has been failing longest; null if none is
 * @param lastReason why the last attempt failed, kept after it recovered; null if none ever failed
 * @param halted why it is sent nothing more, perhaps before a person acts; null if it is sent what comes
 * @param spilling whether its events go to the backlog, in some lane
 * @param parked aggregates that are tried again from the backlog
 * @param waiting events in its backlog that are to be delivered
 * @param dead events in its backlog for which a person must act
 * @param problem why it takes nothing more and holds the slot; null if it takes what comes
 */
public record SubscriberHealth(
        String name,
        int unsettled,
        @Nullable Duration failingFor,
        @Nullable String lastReason,
        @Nullable String halted,
        boolean spilling,
        int parked,
        long waiting,
        long dead,
        @Nullable String problem) {

    /** The same, of one that is sent nothing more for this reason, too. */
    SubscriberHealth heldBackBy(String reason) {
        return new SubscriberHealth(
                name,
                unsettled,
                failingFor,
                lastReason,
                halted == null ? reason : halted + "; " + reason,
                spilling,
                parked,
                waiting,
                dead,
                problem);
    }

    /** Whether every lane delivers directly, or would if there were something to deliver. */
    public boolean isAccepting() {
        return failingFor == null && halted == null && !spilling && problem == null;
    }
}
