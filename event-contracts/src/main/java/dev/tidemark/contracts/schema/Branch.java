package dev.tidemark.contracts.schema;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One way to satisfy a goal: alternatives that were taken so far, and what is still to be looked at. */
final class Branch {

    private final Room room;
    private final Deque<Literal> pending;
    private final Set<Literal> seen;
    private final Set<Value> excluded;
    private final Map<String, Boolean> opaque;
    private boolean broken;
    private @Nullable String doubt;

    private Branch(
            Room room,
            Deque<Literal> pending,
            Set<Literal> seen,
            Set<Value> excluded,
            Map<String, Boolean> opaque,
            @Nullable String doubt) {
        this.room = room;
        this.pending = pending;
        this.seen = seen;
        this.excluded = excluded;
        this.opaque = opaque;
        this.doubt = doubt;
    }

    static Branch begin(Room room, Goal goal) {
        return new Branch(
                room,
                new ArrayDeque<>(goal.literals()),
                new HashSet<>(goal.literals()),
                new LinkedHashSet<>(goal.excluded()),
                new HashMap<>(),
                null);
    }

    Branch copy() {
        Branch copy = new Branch(
                room.copy(),
                new ArrayDeque<>(pending),
                new HashSet<>(seen),
                new LinkedHashSet<>(excluded),
                new HashMap<>(opaque),
                doubt);
        copy.broken = broken;
        return copy;
    }

    <R extends Room> R room(Class<R> type) {
        return type.cast(room);
    }

    Room room() {
        return room;
    }

    Branch with(Literal literal) {
        if (seen.contains(literal.negated()) || literal.part().isBoolean(!literal.holds())) {
            broken = true;
        } else if (seen.add(literal)) {
            pending.add(literal);
        }
        return this;
    }

    /** A keyword that is not understood: only that it cannot be kept and broken at once. */
    Branch opaque(String keyword, String meaning, boolean holds) {
        Boolean other = opaque.putIfAbsent(keyword + " " + meaning, holds);
        if (other != null && other != holds) {
            broken = true;
        }
        doubt("nothing can be said of " + keyword + " here");
        return this;
    }

    /** What is found on this way is only a guess. */
    void doubt(String reason) {
        if (doubt == null) {
            doubt = reason;
        }
    }

    Branch exclude(Value value) {
        excluded.add(value);
        return this;
    }

    Set<Value> excluded() {
        return excluded;
    }

    @Nullable
    Literal next() {
        return pending.poll();
    }

    boolean isBroken() {
        return broken;
    }

    @Nullable
    String doubt() {
        return doubt;
    }
}
