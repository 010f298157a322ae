package dev.tidemark.sample.demo;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;

/** When something is to be killed, counted in arrivals. For whoever holds a lock. */
final class Moments {

    /** The length that a run without an end is given. */
    private static final int NO_END = 1000;

    private final List<Integer> left;
    private final int mostPatience;

    /**
     * Draws them, beginning with the first tenth of the run.
     *
     * @param tenths of the run in which they are
     */
    Moments(Random random, DemoOptions options, int kills, int tenths) {
        int length = options.events() == 0 ? NO_END : options.events();
        TreeSet<Integer> drawn = new TreeSet<>();
        while (drawn.size() < kills) {
            drawn.add(length / 10 + random.nextInt(Math.max(kills, length * tenths / 10)));
        }
        this.left = new ArrayList<>(drawn);
        this.mostPatience = Math.max(1, length / 20);
    }

    /** Whether the next has come after so many arrivals. */
    boolean isDue(int arrivals) {
        return !left.isEmpty() && arrivals >= left.get(0);
    }

    /** It has been used. */
    void pass() {
        left.remove(0);
    }

    int left() {
        return left.size();
    }

    /** Arrivals after which another victim is taken, if the one that was chosen shows none. */
    int mostPatience() {
        return mostPatience;
    }
}
