package dev.tidemark.relay.deliver;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a subscriber is at one moment.
 *
 * @param waiting events that were offered and are not settled
 * @param failingFor since the first failure of the lane that has been failing longest; null if none is
 * @param lastReason why the last attempt failed, kept after it recovered; null if none ever failed
 * @param blocked at most one for each lane; not empty means that a person must act
 */
public record SubscriberHealth(
        String name,
        int waiting,
        @Nullable Duration failingFor,
        @Nullable String lastReason,
        List<Blocked> blocked) {

    public SubscriberHealth {
        blocked = List.copyOf(blocked);
    }

    /** Whether every lane delivers, or would if there were something to deliver. */
    public boolean isAccepting() {
        return failingFor == null && blocked.isEmpty();
    }
}
