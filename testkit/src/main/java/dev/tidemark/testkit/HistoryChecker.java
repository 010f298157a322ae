package dev.tidemark.testkit;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Compares what was written with what every subscriber got, and what that did there.
 *
 * <p>The workload tells it of each event, each subscriber of each delivery in the order in which they come, and
 * each consumer of each effect; {@link #report()} then names every event that was lost, reordered, doubled or
 * never should have been. Safe for many threads; a report is complete once they have all ended.
 */
public final class HistoryChecker {

    private final ConcurrentMap<UUID, WrittenEvent> written = new ConcurrentHashMap<>();
    private final ConcurrentMap<String, SubscriberHistory> subscribers = new ConcurrentHashMap<>();

    /** Nothing is written yet, and nobody subscribes. */
    public HistoryChecker() {}

    /** Declares a subscriber that must get every event; without this, one that gets none at all goes unnoticed. */
    public HistoryChecker subscriber(String name) {
        return subscriber(name, event -> true);
    }

    /** Declares a subscriber that must get the events that {@code wants} is true for, and may get no other. */
    public HistoryChecker subscriber(String name, Predicate<WrittenEvent> wants) {
        if (subscribers.putIfAbsent(name, new SubscriberHistory(name, wants)) != null) {
            throw new IllegalArgumentException("subscriber " + name + " is declared twice");
        }
        return this;
    }

    /**
     * Records an event, when the outcome of its transaction is known, or known to be unknown.
     *
     * @throws IllegalArgumentException if there is one with that id already
     */
    public void wrote(UUID id, String aggregate, @Nullable Long version, Outcome outcome) {
        if (written.putIfAbsent(id, new WrittenEvent(id, aggregate, version, outcome)) != null) {
            throw new IllegalArgumentException("event " + id + " of " + aggregate + " was written before");
        }
    }

    /** Records what the database says about an event whose outcome was {@link Outcome#UNKNOWN}. */
    public void resolve(UUID id, Outcome outcome) {
        WrittenEvent resolved = written.computeIfPresent(
                id, (same, event) -> new WrittenEvent(id, event.aggregate(), event.version(), outcome));
        if (resolved == null) {
            throw new IllegalArgumentException("event " + id + " was never written");
        }
    }

    /** Records one delivery; call it in the order in which a subscriber gets the events of an aggregate. */
    public void delivered(String subscriber, UUID id, String aggregate, @Nullable Long version) {
        historyOf(subscriber).delivered(id, aggregate, version);
    }

    /** Records that handling an event took effect at a subscriber, once for each time it did. */
    public void tookEffect(String subscriber, UUID id) {
        historyOf(subscriber).tookEffect(id);
    }

    /** Events whose outcome nobody has told yet. */
    public List<WrittenEvent> unresolved() {
        return written.values().stream()
                .filter(event -> event.outcome() == Outcome.UNKNOWN)
                .toList();
    }

    /** Every committed event has reached every subscriber that wants it: there is nothing more to wait for. */
    public boolean isComplete() {
        return subscribers.values().stream().allMatch(subscriber -> subscriber.hasAll(written.values()));
    }

    /** What is wrong, by now. */
    public Report report() {
        Report.Findings findings = new Report.Findings();
        findings.unresolved.addAll(
                unresolved().stream().map(WrittenEvent::toString).toList());
        checkVersions(findings);
        for (SubscriberHistory subscriber : subscribers.values()) {
            subscriber.check(written, findings);
        }
        return findings.report(written.values().stream()
                .filter(event -> event.outcome() == Outcome.COMMITTED)
                .count());
    }

    /** Committed versions of an aggregate are 1, 2, 3 …; those of unknown outcome may fill a gap, and need not. */
    private void checkVersions(Report.Findings findings) {
        Map<String, TreeMap<Long, List<WrittenEvent>>> aggregates = new TreeMap<>();
        for (WrittenEvent event : written.values()) {
            Long version = event.version();
            if (version != null && event.outcome() != Outcome.ROLLED_BACK) {
                aggregates
                        .computeIfAbsent(event.aggregate(), any -> new TreeMap<>())
                        .computeIfAbsent(version, any -> new ArrayList<>())
                        .add(event);
            }
        }
        aggregates.forEach((aggregate, versions) -> {
            long expected = 1;
            for (Map.Entry<Long, List<WrittenEvent>> entry : versions.entrySet()) {
                if (entry.getKey() > expected) {
                    findings.versions.add(aggregate + "@" + expected + " is missing before "
                            + entry.getValue().get(0));
                }
                long committed = entry.getValue().stream()
                        .filter(event -> event.outcome() == Outcome.COMMITTED)
                        .count();
                if (committed > 1) {
                    findings.versions.add(committed + " events have one version: " + entry.getValue());
                }
                expected = entry.getKey() + 1;
            }
        });
    }

    private SubscriberHistory historyOf(String subscriber) {
        return subscribers.computeIfAbsent(subscriber, name -> new SubscriberHistory(name, event -> true));
    }
}
