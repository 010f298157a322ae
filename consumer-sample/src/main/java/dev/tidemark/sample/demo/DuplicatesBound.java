package dev.tidemark.sample.demo;

import dev.tidemark.sample.demo.Ledger.Arrival;
import dev.tidemark.sample.demo.RelayKills.Kill;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * How many deliveries may come twice after kills: of each, what was in flight and the open transaction. In flight is
 * all that was committed since the oldest event that the killed relay had no answer for, also what was delivered of
 * it: a slot is told of a prefix. Some seconds before belong to it too, in which the slot was not told yet.
 *
 * @param committed when each event was committed, by its subscription
 * @param answered when each event was first handled
 */
record DuplicatesBound(
        Map<Subscription, Map<UUID, Instant>> committed, Map<UUID, Instant> answered, List<Arrival> arrivals) {

    /** A slot is told after the next heartbeat, at the latest, and the next flush: 1.2 s. The rest is for a slow machine. */
    private static final Duration UNTOLD = Duration.ofSeconds(5);

    long after(List<Kill> kills) {
        return kills.stream().mapToLong(this::after).sum();
    }

    private long after(Kill kill) {
        Instant from = oldestUnanswered(kill).minus(UNTOLD);
        long delivered = arrivals.stream()
                .filter(arrival -> arrival.subscription() == kill.relay())
                .filter(arrival -> !arrival.at().isBefore(from) && !arrival.at().isAfter(kill.at()))
                .count();
        return delivered + Way.COPY.most();
    }

    private Instant oldestUnanswered(Kill kill) {
        return committed.getOrDefault(kill.relay(), Map.of()).entrySet().stream()
                .filter(event ->
                        answered.getOrDefault(event.getKey(), Instant.MAX).isAfter(kill.at()))
                .map(Map.Entry::getValue)
                .filter(at -> at.isBefore(kill.at()))
                .min(Instant::compareTo)
                .orElse(kill.at());
    }
}
