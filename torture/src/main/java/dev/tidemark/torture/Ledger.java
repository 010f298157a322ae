package dev.tidemark.torture;

import dev.tidemark.envelope.Envelope;
import dev.tidemark.testkit.HistoryChecker;
import dev.tidemark.testkit.Outcome;
import dev.tidemark.testkit.Report;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What was written and what arrived, as seen from outside: in this process's memory, where no relay could put it
 * right. Safe for many threads.
 */
final class Ledger {

    /**
     * An event that a subscriber has taken.
     *
     * @param relay which process sent it
     * @param at by {@link System#nanoTime}
     */
    record Arrival(String subscriber, UUID id, String relay, long at) {}

    /**
     * Who sends a request, as it was when that had come: taking it may last longer than the sender is deposed.
     *
     * @param deposed whether it led no more then
     */
    record Sender(String relay, boolean deposed) {}

    /** One event at one subscriber. */
    record Taken(String subscriber, UUID id) {}

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final HistoryChecker history = new HistoryChecker();
    private final List<Arrival> arrivals = new ArrayList<>();
    private final Map<Taken, Long> first = new HashMap<>();
    private final Map<String, Integer> taken = new HashMap<>();
    private final Set<Taken> unanswered = new HashSet<>();
    private final Map<UUID, Long> commits = new HashMap<>();
    private String deposed = "";
    private int stragglers;
    private int committed;
    private long lastCommitAt = System.nanoTime();

    Ledger(List<String> subscribers) {
        for (String subscriber : subscribers) {
            history.subscriber(subscriber);
            taken.put(subscriber, 0);
        }
    }

    /** Takes the events of a transaction that was committed. */
    void committed(List<Written> events) {
        long now = System.nanoTime();
        wrote(events, Outcome.COMMITTED);
        change(() -> {
            events.forEach(event -> commits.put(event.id(), now));
            committed += events.size();
            lastCommitAt = now;
        });
    }

    /** Takes the events of a transaction, or of a part of one, that must never arrive. */
    void rolledBack(List<Written> events) {
        wrote(events, Outcome.ROLLED_BACK);
    }

    private void wrote(List<Written> events, Outcome outcome) {
        for (Written event : events) {
            history.wrote(event.id(), event.aggregate().toString(), event.version(), outcome);
        }
    }

    /** Who sends the request that has come now; {@code relay} is null if it does not say. */
    Sender sender(@Nullable String relay) {
        String name = relay == null ? "" : relay;
        return read(() -> new Sender(name, !deposed.isEmpty() && name.equals(deposed)));
    }

    /** Records that {@code subscriber} has taken an event; before it answers. */
    void arrived(String subscriber, Envelope envelope, Sender sender) {
        long now = System.nanoTime();
        change(() -> {
            boolean isFirst = !first.containsKey(new Taken(subscriber, envelope.id()));
            if (sender.deposed()) {
                stragglers++;
            }
            if (isFirst || !sender.deposed()) {
                String aggregate = envelope.aggregate().toString();
                history.delivered(subscriber, envelope.id(), aggregate, envelope.aggregateVersion());
            }
            arrivals.add(new Arrival(subscriber, envelope.id(), sender.relay(), now));
            if (isFirst) {
                first.put(new Taken(subscriber, envelope.id()), now);
                taken.merge(subscriber, 1, Integer::sum);
            }
        });
    }

    /**
     * From now on {@code relay} leads no more: of what comes from it, what came before is no delivery whose order
     * matters, for receivers judge it by its version.
     */
    void depose(String relay) {
        change(() -> {
            deposed = relay;
            stragglers = 0;
        });
    }

    /** All relays are as good as others again; returns how much came from the one that was deposed. */
    int restore() {
        change(() -> deposed = "");
        return read(() -> stragglers);
    }

    /** Records that an event was taken, and the relay not told so: it comes again for certain. */
    void unanswered(String subscriber, UUID id) {
        change(() -> unanswered.add(new Taken(subscriber, id)));
    }

    void tookEffect(String subscriber, UUID id) {
        history.tookEffect(subscriber, id);
    }

    /** Events known to be committed. */
    int committed() {
        return read(() -> committed);
    }

    /** When the last commit was known, by {@link System#nanoTime}. */
    long lastCommitAt() {
        return read(() -> lastCommitAt);
    }

    /** Arrivals at all subscribers, those that are not the first of their event included. */
    int arrivalCount() {
        return read(arrivals::size);
    }

    /** Different events that a subscriber has taken. */
    int taken(String subscriber) {
        return read(() -> taken.getOrDefault(subscriber, 0));
    }

    /** What writers committed; others may write, too. */
    Set<UUID> written() {
        return read(() -> Set.copyOf(commits.keySet()));
    }

    /** When the commit of each event was known, by {@link System#nanoTime}. */
    Map<UUID, Long> commits() {
        return read(() -> Map.copyOf(commits));
    }

    boolean hasTaken(String subscriber, Collection<UUID> ids) {
        return read(() -> ids.stream().allMatch(id -> first.containsKey(new Taken(subscriber, id))));
    }

    /** Events that were committed, and that even the fastest subscriber has not. */
    int outstanding() {
        return read(() -> committed
                - taken.values().stream().mapToInt(Integer::intValue).max().orElse(0));
    }

    /** Whether every committed event has come to every subscriber. */
    boolean isComplete() {
        return read(() -> taken.values().stream().allMatch(count -> count >= committed)) && history.isComplete();
    }

    List<Arrival> arrivals() {
        return read(() -> List.copyOf(arrivals));
    }

    Map<Taken, Long> firstArrivals() {
        return read(() -> Map.copyOf(first));
    }

    Set<Taken> unanswered() {
        return read(() -> Set.copyOf(unanswered));
    }

    Report report() {
        return history.report();
    }

    /** Waits until {@code condition}, which reads this ledger, holds; false if it does not within {@code limit}. */
    boolean await(BooleanSupplier condition, Duration limit) throws InterruptedException {
        long left = limit.toNanos();
        lock.lockInterruptibly();
        try {
            while (!condition.getAsBoolean()) {
                if (left <= 0) {
                    return false;
                }
                left = changed.awaitNanos(left);
            }
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void change(Runnable change) {
        lock.lock();
        try {
            change.run();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private <T> T read(Supplier<T> value) {
        lock.lock();
        try {
            return value.get();
        } finally {
            lock.unlock();
        }
    }
}
