package dev.tidemark.relay.deliver;

import dev.tidemark.envelope.Aggregate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Aggregates whose events go to the backlog, because an earlier one is there: parked ones, which are tried again
 * from time to time, and those that a dead event blocks. Owned as the lane is.
 */
final class Holds {

    private final int most;
    private final Map<Aggregate, Parked> parked = new LinkedHashMap<>();
    private final Set<Aggregate> dead = new HashSet<>();
    private boolean complete = true;
    private long earliest; // not later than the first of the parked is due

    /** @param most parked, and as many dead ones, that are held in memory */
    Holds(int most) {
        this.most = most;
    }

    /** An aggregate that is tried again when its time has come. */
    record Parked(int failures, long dueAt) {}

    boolean blocks(Aggregate aggregate) {
        return parked.containsKey(aggregate) || dead.contains(aggregate);
    }

    /** Whether every blocked aggregate is known here; if not, the backlog is asked about those that are not. */
    boolean isComplete() {
        return complete;
    }

    boolean mayPark() {
        return parked.size() < most;
    }

    void park(Aggregate aggregate, int failures, long dueAt) {
        dead.remove(aggregate);
        earliest = parked.isEmpty() || dueAt - earliest < 0 ? dueAt : earliest;
        parked.put(aggregate, new Parked(failures, dueAt));
    }

    void die(Aggregate aggregate) {
        parked.remove(aggregate);
        if (complete) {
            dead.add(aggregate);
        }
        if (dead.size() > most) {
            forgetDead();
        }
    }

    /** What the backlog says of dead ones. */
    void dead(Set<Aggregate> all, boolean isComplete) {
        dead.clear();
        complete = isComplete;
        all.forEach(this::die);
    }

    /** Dead ones are looked up from now on. */
    private void forgetDead() {
        complete = false;
        dead.clear();
    }

    void release(Aggregate aggregate) {
        parked.remove(aggregate);
        dead.remove(aggregate);
    }

    @Nullable
    Parked parked(Aggregate aggregate) {
        return parked.get(aggregate);
    }

    Collection<Aggregate> parked() {
        return List.copyOf(parked.keySet());
    }

    int parkedCount() {
        return parked.size();
    }

    /** All that are parked are to be tried now. */
    void allDue(long now) {
        parked.replaceAll((aggregate, hold) -> new Parked(hold.failures(), now));
        earliest = now;
    }

    /** Those whose time has come; at most so many. */
    List<Aggregate> due(long now, int atMost) {
        List<Aggregate> due = new ArrayList<>();
        if (parked.isEmpty() || earliest - now > 0) {
            return due;
        }
        long next = now + Long.MAX_VALUE / 2;
        for (Map.Entry<Aggregate, Parked> hold : parked.entrySet()) {
            long dueAt = hold.getValue().dueAt;
            next = dueAt - next < 0 ? dueAt : next;
            if (due.size() < atMost && dueAt - now <= 0) {
                due.add(hold.getKey());
            }
        }
        earliest = next;
        return due;
    }

    /** Nanoseconds until one may be due; {@link Lane#NOTHING_DUE} if nothing is parked. */
    long nextDue(long now) {
        return parked.isEmpty() ? Lane.NOTHING_DUE : Math.max(0, earliest - now);
    }
}
