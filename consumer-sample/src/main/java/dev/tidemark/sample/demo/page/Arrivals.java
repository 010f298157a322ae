package dev.tidemark.sample.demo.page;

import dev.tidemark.envelope.Envelope;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The events that services have handled in the last minute, and how long each took from its commit to that of its
 * handler. Safe for many threads.
 */
public final class Arrivals {

    private static final Duration KEPT = Duration.ofMinutes(1);
    private static final int MOST = 2000;

    private final InstantSource clock;
    private final Deque<Arrival> newestLast = new ArrayDeque<>();

    /** Nothing has arrived yet. */
    public Arrivals() {
        this(InstantSource.system());
    }

    Arrivals(InstantSource clock) {
        this.clock = clock;
    }

    /**
     * One event that was handled.
     *
     * @param redelivered whether it was asked for, and not sent because it had just happened
     */
    record Arrival(
            String source,
            String type,
            String aggregateId,
            @Nullable Long version,
            boolean redelivered,
            Instant at,
            Duration lag) {}

    /** A service has handled {@code event} just now, and committed what it made of it. */
    public synchronized void handled(Envelope event) {
        Instant now = clock.instant();
        newestLast.add(new Arrival(
                event.aggregate().source(),
                event.type(),
                event.aggregate().id(),
                event.aggregateVersion(),
                event.redelivery() != null,
                now,
                Duration.between(event.time(), now)));
        forget(now);
    }

    /** At most {@code most}, the newest last. */
    synchronized List<Arrival> newest(int most) {
        forget(clock.instant());
        return newestLast.stream().skip(Math.max(0, newestLast.size() - most)).toList();
    }

    /** How long the events of {@code source} took, the newest last; what was asked for again is not among them. */
    synchronized List<Duration> lags(String source) {
        forget(clock.instant());
        return newestLast.stream()
                .filter(arrival -> arrival.source().equals(source) && !arrival.redelivered())
                .map(Arrival::lag)
                .toList();
    }

    private void forget(Instant now) {
        Instant oldest = now.minus(KEPT);
        while (newestLast.size() > MOST
                || (!newestLast.isEmpty() && newestLast.getFirst().at().isBefore(oldest))) {
            newestLast.removeFirst();
        }
    }
}
