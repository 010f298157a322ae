package dev.tidemark.sample.demo;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.envelope.Envelope;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
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

/**
 * What was written and what arrived, as seen from outside: in this process's memory, where no relay and no
 * service could put it right. Safe for many threads.
 */
final class Ledger {

    /**
     * An event that somebody appended.
     *
     * @param version of the aggregate
     */
    record Written(UUID id, Aggregate aggregate, long version) {}

    /**
     * An event that came to a subscriber, before it was handled.
     *
     * @param at by this machine's clock, like all times here
     */
    record Arrival(Subscription subscription, UUID id, Aggregate aggregate, long version, Instant at) {}

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();

    private final Map<UUID, Written> committed = new HashMap<>();
    private final Map<UUID, Written> rolledBack = new HashMap<>();
    private final Map<Subscription, Integer> written = new EnumMap<>(Subscription.class);
    private final List<Arrival> arrivals = new ArrayList<>();
    private final Map<Subscription, Integer> delivered = new EnumMap<>(Subscription.class);
    private final Set<UUID> arrived = new HashSet<>();
    private final Map<UUID, Instant> handled = new HashMap<>();
    private final Map<UUID, Instant> committedAt = new HashMap<>();
    private final Map<UUID, Instant> committing = new HashMap<>();
    private final Lag lag = new Lag();
    private boolean timing = true;
    private int underway;

    /** Takes the time from now until {@code events} are handled; otherwise it is taken from when they occurred. */
    void committing(List<Written> events) {
        Instant now = Instant.now();
        change(() -> events.forEach(event -> committing.put(event.id(), now)));
    }

    /** Takes the events of users of a transaction that was committed. */
    void committed(List<Written> events) {
        change(() -> {
            Instant now = Instant.now();
            for (Written event : events) {
                committed.put(event.id(), event);
                committedAt.put(event.id(), now);
            }
            written.merge(Subscription.USERS_TO_ORDERS, events.size(), Integer::sum);
        });
    }

    /** Remembers the events of a transaction, or of a part of one, that must never arrive. */
    void rolledBack(List<Written> events) {
        change(() -> events.forEach(event -> rolledBack.put(event.id(), event)));
    }

    /** Counts an event that a service has committed; which one it was, its database is asked at the end. */
    void committedByService(Subscription subscription) {
        change(() -> written.merge(subscription, 1, Integer::sum));
    }

    /** Records that {@code envelope} arrived; {@link #handled} must follow. */
    void arrived(Subscription subscription, Envelope envelope) {
        Long version = envelope.aggregateVersion();
        change(() -> {
            underway++;
            arrivals.add(new Arrival(
                    subscription, envelope.id(), envelope.aggregate(), version == null ? 0 : version, Instant.now()));
            if (arrived.add(envelope.id())) {
                delivered.merge(subscription, 1, Integer::sum);
            }
        });
    }

    /** Records that the subscriber has answered; if successfully, its transaction is committed. */
    void handled(Envelope envelope, boolean successfully) {
        Instant now = Instant.now();
        change(() -> {
            underway--;
            if (successfully && timing) {
                lag.add(Duration.between(committing.getOrDefault(envelope.id(), envelope.time()), now));
            }
            if (successfully) {
                committedBySubscriber(envelope, now);
            }
        });
    }

    /** Records that the subscriber's transaction is committed after all, though it had not answered successfully. */
    void turnedOutHandled(Envelope envelope) {
        change(() -> committedBySubscriber(envelope, Instant.now()));
    }

    private void committedBySubscriber(Envelope envelope, Instant now) {
        if (handled.putIfAbsent(envelope.id(), now) == null) {
            countAnswer(envelope.type());
        }
    }

    /** The saga: inventory answers each order that is placed, and orders each answer. */
    private void countAnswer(String type) {
        if (type.equals("order-placed")) {
            written.merge(Subscription.INVENTORY_TO_ORDERS, 1, Integer::sum);
        } else if (type.startsWith("stock-")) {
            written.merge(Subscription.ORDERS_TO_INVENTORY, 1, Integer::sum);
        }
    }

    /** From now on nothing is undisturbed. */
    void stopTiming() {
        change(() -> timing = false);
    }

    /** Events known to have been committed. */
    int written() {
        return read(() -> sum(written));
    }

    /** Different events that arrived. */
    int delivered() {
        return read(arrived::size);
    }

    /** Events that were committed and have not arrived; below zero while a commit has not been noted yet. */
    int outstanding(Subscription subscription) {
        return read(() -> written.getOrDefault(subscription, 0) - delivered.getOrDefault(subscription, 0));
    }

    /** Events of users that were committed and have not arrived. */
    Set<UUID> missingUsers() {
        return read(() -> {
            Set<UUID> missing = new HashSet<>(committed.keySet());
            missing.removeAll(arrived);
            return missing;
        });
    }

    /** Whether one of {@code events} has still not arrived. */
    boolean anyMissing(Set<UUID> events) {
        return read(() -> !arrived.containsAll(events));
    }

    /** Arrivals, those of an event that was there before included. */
    int arrivalCount() {
        return read(arrivals::size);
    }

    /** Different events that were handled. */
    int handledCount() {
        return read(handled::size);
    }

    /** Requests that a service has not answered yet. */
    int underway() {
        return read(() -> underway);
    }

    /** From the commit of events until the subscriber had committed what it does about them. */
    Lag lag() {
        return read(lag::copy);
    }

    /** In order of arrival. */
    List<Arrival> arrivals() {
        return read(() -> List.copyOf(arrivals));
    }

    /** When each event was first handled. */
    Map<UUID, Instant> handledTimes() {
        return read(() -> Map.copyOf(handled));
    }

    /** When the commit of each of the committed events was known. */
    Map<UUID, Instant> committedTimes() {
        return read(() -> Map.copyOf(committedAt));
    }

    List<Written> committedEvents() {
        return read(() -> List.copyOf(committed.values()));
    }

    List<Written> rolledBackEvents() {
        return read(() -> List.copyOf(rolledBack.values()));
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

    private static int sum(Map<Subscription, Integer> counts) {
        return counts.values().stream().mapToInt(Integer::intValue).sum();
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
