package dev.tidemark.relay.backlog;

import dev.tidemark.envelope.Aggregate;
import java.util.Set;

/**
 * What a lane finds when it starts.
 *
 * @param waiting whether an event waits that no dead one blocks
 * @param dead aggregates that a dead event blocks; empty if dead events do not block
 * @param complete whether {@code dead} has all of them; if not, it is empty and they are looked up by batch
 * @param lastPosition of what waits or is dead in this part, 0 if there is nothing
 * @param nothing whether the subscriber has nothing in the backlog at all, not even what is settled and remembered
 */
public record Opening(boolean waiting, Set<Aggregate> dead, boolean complete, long lastPosition, boolean nothing) {

    public Opening {
        dead = Set.copyOf(dead);
    }
}
