package dev.tidemark.relay.deliver;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.relay.backlog.Arrival.Cause;
import dev.tidemark.relay.backlog.Backlog;
import dev.tidemark.relay.backlog.BacklogException;
import dev.tidemark.relay.backlog.Known;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What a lane takes from its queue, and decides for each event where it goes. Owned as the lane is. */
final class Intake {

    private final Backlog backlog;
    private final LaneQueue queue;
    private final Holds holds;
    private final Chores chores;
    private final List<Queued> unsorted = new ArrayList<>(); // taken from the queue, not yet looked at
    private boolean nothingStored; // in the backlog of the whole subscriber, so nothing need be looked up

    Intake(Backlog backlog, LaneQueue queue, Holds holds, Chores chores) {
        this.backlog = backlog;
        this.queue = queue;
        this.holds = holds;
        this.chores = chores;
    }

    /** Takes the first events, as far as both limits allow; the first one whatever its size if {@code atLeastOne}. */
    void take(int mostEvents, long mostBytes, boolean atLeastOne) {
        unsorted.addAll(queue.take(mostEvents, mostBytes, atLeastOne));
    }

    /** When the backlog was opened, there was nothing of the subscriber in it, not even what is remembered. */
    void nothingIsStored() {
        nothingStored = true;
    }

    /** Something may be there from now on, or was put there. */
    void somethingMayBeStored() {
        nothingStored = false;
    }

    /** How many are taken and not sorted. */
    int size() {
        return unsorted.size();
    }

    /** The first that is not sorted, taken or not. */
    @Nullable
    Queued first() {
        return unsorted.isEmpty() ? queue.first() : unsorted.get(0);
    }

    /**
     * Settles what was taken and is known already, and has stored what must be.
     *
     * @param spills whether everything is to be stored
     * @return what is to be delivered directly, in order
     */
    List<Queued> sort(boolean spills) throws BacklogException {
        if (unsorted.isEmpty()) {
            return List.of();
        }
        Known known = known();
        Set<Aggregate> blocked = spills || holds.isComplete() ? Set.of() : blocked();
        List<Queued> direct = new ArrayList<>();
        for (Queued event : unsorted) {
            if (event.maybeResent && known.isSettled(event.envelope)) {
                queue.settle(event);
            } else if (spills) {
                chores.store(event, Cause.SPILLED);
            } else if (holds.blocks(event.aggregate()) || blocked.contains(event.aggregate())) {
                chores.store(event, Cause.PARKED);
            } else {
                direct.add(event);
            }
        }
        unsorted.clear();
        return direct;
    }

    private Known known() throws BacklogException {
        if (nothingStored) {
            return Known.NOTHING;
        }
        List<Queued> maybe =
                unsorted.stream().filter(event -> event.maybeResent).toList();
        return maybe.isEmpty()
                ? Known.NOTHING
                : backlog.known(maybe.stream().map(event -> event.envelope).toList());
    }

    private Set<Aggregate> blocked() throws BacklogException {
        Set<Aggregate> aggregates = new HashSet<>();
        unsorted.forEach(event -> aggregates.add(event.aggregate()));
        return backlog.blocked(aggregates);
    }
}
