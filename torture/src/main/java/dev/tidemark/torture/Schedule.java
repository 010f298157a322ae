package dev.tidemark.torture;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;

/**
 * Which faults come when. A moment is a number of committed events: a slow machine then has the same run as a fast one.
 *
 * @param moments ascending, one for each fault
 */
record Schedule(List<Integer> moments, List<Fault> faults) {

    private static final int MOST = 3;

    Schedule {
        moments = List.copyOf(moments);
        faults = List.copyOf(faults);
    }

    /** One to three of {@code faults}, between the first tenth and the last fifth of the run; none if there are none. */
    static Schedule draw(List<Fault> faults, int events, Random random) {
        int count = faults.isEmpty() ? 0 : 1 + random.nextInt(MOST);
        TreeSet<Integer> moments = new TreeSet<>();
        while (moments.size() < count) {
            moments.add(events / 10 + random.nextInt(Math.max(MOST, events * 7 / 10)));
        }
        List<Fault> drawn = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            drawn.add(faults.get(random.nextInt(faults.size())));
        }
        return new Schedule(new ArrayList<>(moments), drawn);
    }
}
