package dev.tidemark.testkit;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** What one subscriber got, and what it did there. */
final class SubscriberHistory {

    private record Delivered(UUID id, @Nullable Long version) {}

    private final String name;
    private final Predicate<WrittenEvent> wants;
    private final Map<String, List<Delivered>> deliveries = new LinkedHashMap<>();
    private final Map<UUID, Integer> timesDelivered = new HashMap<>();
    private final Map<UUID, Integer> timesEffective = new HashMap<>();

    SubscriberHistory(String name, Predicate<WrittenEvent> wants) {
        this.name = name;
        this.wants = wants;
    }

    synchronized void delivered(UUID id, String aggregate, @Nullable Long version) {
        deliveries.computeIfAbsent(aggregate, any -> new ArrayList<>()).add(new Delivered(id, version));
        timesDelivered.merge(id, 1, Integer::sum);
    }

    synchronized void tookEffect(UUID id) {
        timesEffective.merge(id, 1, Integer::sum);
    }

    synchronized boolean hasAll(Collection<WrittenEvent> written) {
        return written.stream().filter(this::expects).allMatch(event -> timesDelivered.containsKey(event.id()));
    }

    synchronized void check(Map<UUID, WrittenEvent> written, Report.Findings findings) {
        findings.deliveries += timesDelivered.size();
        for (WrittenEvent event : written.values()) {
            if (expects(event) && !timesDelivered.containsKey(event.id())) {
                findings.lost.add(name + " did not get " + event);
            } else if (expects(event) && !timesEffective.isEmpty() && !timesEffective.containsKey(event.id())) {
                findings.withoutEffect.add(name + " got " + event + ", which took no effect");
            }
        }
        timesDelivered.forEach((id, times) -> checkDelivered(id, times, written.get(id), findings));
        timesEffective.forEach((id, times) -> checkEffect(id, times, written.get(id), findings));
        deliveries.forEach((aggregate, got) -> checkOrder(aggregate, got, findings));
    }

    private boolean expects(WrittenEvent event) {
        return event.outcome() == Outcome.COMMITTED && wants.test(event);
    }

    private void checkDelivered(UUID id, int times, @Nullable WrittenEvent event, Report.Findings findings) {
        if (times > 1) {
            findings.duplicates += times - 1;
        }
        if (event == null) {
            findings.unexpected.add(name + " got " + id + ", which nobody wrote");
        } else if (event.outcome() == Outcome.ROLLED_BACK) {
            findings.rolledBack.add(name + " got " + event + ", which was rolled back");
        } else if (!wants.test(event)) {
            findings.unexpected.add(name + " got " + event + ", which it does not want");
        }
    }

    private void checkEffect(UUID id, int times, @Nullable WrittenEvent event, Report.Findings findings) {
        String what = event == null ? id.toString() : event.toString();
        if (times > 1) {
            findings.effectsTwice.add(what + " took effect " + times + " times at " + name);
        }
        if (event == null || event.outcome() == Outcome.ROLLED_BACK) {
            findings.rolledBack.add(what + " took effect at " + name + ", though it was never committed");
        }
    }

    /** First deliveries go upwards, and the last delivery of all is the newest event. */
    private void checkOrder(String aggregate, List<Delivered> got, Report.Findings findings) {
        Map<UUID, Long> seen = new HashMap<>();
        long newest = 0;
        long last = 0;
        for (Delivered delivery : got) {
            Long version = delivery.version;
            if (version == null) {
                continue;
            }
            Long before = seen.putIfAbsent(delivery.id, version);
            String what = aggregate + "@" + version + " (" + delivery.id + ")";
            if (before == null && version <= newest) {
                findings.reordered.add(name + " got " + what + " after @" + newest);
            } else if (before != null && !before.equals(version)) {
                findings.reordered.add(name + " got " + what + " first as @" + before);
            }
            newest = Math.max(newest, version);
            last = version;
        }
        if (last < newest) {
            findings.reordered.add(name + " got " + aggregate + "@" + last + " last, though it had got @" + newest);
        }
    }
}
