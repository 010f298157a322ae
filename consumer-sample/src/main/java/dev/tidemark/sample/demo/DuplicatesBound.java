package dev.tidemark.sample.demo;

import dev.tidemark.sample.demo.Ledger.Arrival;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;

/**
 * How many deliveries may come twice after kills: of each, what was in flight and the open transaction. In flight is
 * all that was committed since the oldest event that the killed relay had no answer for, also what was delivered of
 * it: a slot is told of a prefix. Some seconds before belong to it too, in which the slot was not told yet. What is between a
 * relay and a service may hold besides what the relay had delivered and the service had not handled.
 *
 * @param committed when each event was committed, by its subscription
 * @param answered when each event was first handled
 * @param held whether there is something between relays and services that holds events
 */
record DuplicatesBound(
        Map<Subscription, Map<UUID, Instant>> committed,
        Map<UUID, Instant> answered,
        List<Arrival> arrivals,
        boolean held) {

    /** A slot is told after the next heartbeat, at the latest, and the next flush: 1.2 s. The rest is for a slow machine. */
    private static final Duration UNTOLD = Duration.ofSeconds(5);

    long after(List<Kill> kills) {
        return kills.stream().mapToLong(this::after).sum();
    }

    private long after(Kill kill) {
        Instant from =
                unanswered(kill).min(Instant::compareTo).orElse(kill.at()).minus(UNTOLD);
        long delivered = arrivals.stream()
                .filter(arrival -> kill.concerned().contains(arrival.subscription()))
                .filter(arrival -> !arrival.at().isBefore(from) && !arrival.at().isAfter(kill.until()))
                .count();
        return delivered + Way.COPY.most() + (held ? unanswered(kill).count() : 0);
    }

    /** When the events were committed that had been, and had not been handled. */
    private Stream<Instant> unanswered(Kill kill) {
        return kill.concerned().stream()
                .flatMap(subscription -> committed.getOrDefault(subscription, Map.of()).entrySet().stream())
                .filter(event ->
                        answered.getOrDefault(event.getKey(), Instant.MAX).isAfter(kill.at()))
                .map(Map.Entry::getValue)
                .filter(at -> at.isBefore(kill.until()));
    }
}
