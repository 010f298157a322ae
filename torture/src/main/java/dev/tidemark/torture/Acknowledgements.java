package dev.tidemark.torture;

import dev.tidemark.torture.Ledger.Arrival;
import dev.tidemark.torture.Ledger.Taken;
import dev.tidemark.torture.SlotWatch.Look;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;
import java.util.UUID;
import java.util.concurrent.TimeUnit;

/**
 * What was acknowledged, held against what was delivered or durably stored: nothing too early (C6), and nothing again
 * that had been acknowledged (C3).
 *
 * @param commits where the transaction of each event committed
 * @param stored what was in the backlog of a subscriber, and since when, by {@link System#nanoTime}
 */
record Acknowledgements(Ledger ledger, Map<UUID, Long> commits, Map<Taken, Long> stored, List<String> subscribers) {

    /** As long as a batch of the backlog may be under way: a few timeouts of a receiver. */
    private static final Duration A_BATCH = Duration.ofSeconds(30);

    /** Each event that was acknowledged before a subscriber had it, or had it in its backlog, a line for each. */
    List<String> tooEarly(List<Look> looks) {
        List<String> wrong = new ArrayList<>();
        Map<Taken, Long> settled = new HashMap<>(ledger.firstArrivals());
        stored.forEach((taken, at) -> settled.merge(taken, at, Math::min));
        List<Map.Entry<UUID, Long>> byCommit = new ArrayList<>(commits.entrySet());
        byCommit.sort(Map.Entry.comparingByValue(Comparator.naturalOrder()));
        int next = 0;
        for (Look look : looks) {
            for (; next < byCommit.size() && byCommit.get(next).getValue() <= look.confirmed(); next++) {
                UUID id = byCommit.get(next).getKey();
                for (String subscriber : subscribers) {
                    if (settled.getOrDefault(new Taken(subscriber, id), Long.MAX_VALUE) > look.after()) {
                        wrong.add("event " + id + ", committed at "
                                + byCommit.get(next).getValue() + ", was acknowledged (" + look.confirmed()
                                + ") before " + subscriber + " had it, and not in its backlog either");
                    }
                }
            }
        }
        return wrong;
    }

    /** Each delivery of an event that the subscriber had, and that no interruption explains, a line for each. */
    List<String> unexplained(List<Interruption> interruptions) {
        List<String> wrong = new ArrayList<>();
        Set<Taken> unanswered = ledger.unanswered();
        Map<Taken, Long> last = new HashMap<>();
        for (Arrival arrival : ledger.arrivals()) {
            Taken taken = new Taken(arrival.subscriber(), arrival.id());
            Long before = last.put(taken, arrival.at());
            if (before != null
                    && !unanswered.contains(taken)
                    && interruptions.stream().noneMatch(each -> explains(each, arrival, before))) {
                wrong.add(arrival.subscriber() + " got event " + arrival.id() + " again, which had been acknowledged: "
                        + circumstances(arrival, before, interruptions));
            }
        }
        return wrong;
    }

    /** For whoever has to find out why: there is nothing else left of a run. */
    private String circumstances(Arrival arrival, long before, List<Interruption> interruptions) {
        Long since = stored.get(new Taken(arrival.subscriber(), arrival.id()));
        StringJoiner told = new StringJoiner(", ");
        interruptions.forEach(one -> told.add(one.confirmed() + " " + millis(arrival.at() - one.at()) + " ms before"));
        return "committed at " + commits.get(arrival.id()) + "; from " + arrival.relay() + ", "
                + millis(arrival.at() - before) + " ms after it had it; "
                + (since == null
                        ? "never seen in the backlog"
                        : "seen in the backlog " + millis(arrival.at() - since) + " ms before")
                + "; confirmed at interruptions: " + told;
    }

    private static long millis(long nanos) {
        return TimeUnit.NANOSECONDS.toMillis(nanos);
    }

    /** What is in the backlog comes again whatever the slot had passed, if its batch was under way. */
    private boolean explains(Interruption interruption, Arrival arrival, long before) {
        if (interruption.at() > arrival.at()) {
            return false;
        }
        boolean isStored = stored.containsKey(new Taken(arrival.subscriber(), arrival.id()));
        return interruption.confirmed() < commits.getOrDefault(arrival.id(), Long.MAX_VALUE)
                || (isStored && before > interruption.at() - A_BATCH.toNanos());
    }
}
