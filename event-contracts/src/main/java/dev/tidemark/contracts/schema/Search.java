package dev.tidemark.contracts.schema;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Looks for a value that does all that a goal asks. If it finds none, there is none: every way to satisfy the goal was
 * followed to its end, or the outcome says what was not understood.
 *
 * <p>Schemas that refer to themselves end because the smallest value for a goal has no value for the same goal inside
 * of it: where a goal comes up again below itself, nothing needs to be looked for. Such a none holds only there, and is
 * not remembered.
 */
final class Search {

    private static final int MOST_STEPS = 200_000;
    private static final int DEEPEST = 100;

    private final Map<Goal, Outcome> known = new HashMap<>();
    private final List<Goal> open = new ArrayList<>();
    private int lowestRepeated = Integer.MAX_VALUE;
    private int steps;

    Outcome solve(Goal goal) {
        if (goal.contradictsItself()) {
            return Outcome.none();
        }
        Outcome before = known.get(goal);
        if (before != null) {
            return before;
        }
        int above = open.indexOf(goal);
        if (above >= 0) {
            lowestRepeated = Math.min(lowestRepeated, above);
            return Outcome.none();
        }
        if (open.size() >= DEEPEST || isTired()) {
            return Outcome.unknown("these schemas are too intricate to be compared");
        }
        return look(goal);
    }

    private Outcome look(Goal goal) {
        int outer = lowestRepeated;
        int depth = open.size();
        lowestRepeated = Integer.MAX_VALUE;
        open.add(goal);
        Outcome outcome = new Expansion(this, goal).outcome();
        open.remove(depth);
        boolean standsAlone = lowestRepeated >= depth;
        if (outcome.isFound() || standsAlone) {
            known.put(goal, outcome);
        }
        lowestRepeated = Math.min(outer, standsAlone ? Integer.MAX_VALUE : lowestRepeated);
        return outcome;
    }

    /** Counts one more attempt; whether there were too many. */
    boolean isTired() {
        return ++steps > MOST_STEPS;
    }
}
