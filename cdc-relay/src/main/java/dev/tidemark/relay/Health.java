package dev.tidemark.relay;

import dev.tidemark.relay.config.SubscriberConfig;
import dev.tidemark.relay.deliver.Subscriber;
import dev.tidemark.relay.ops.HealthCheck;
import dev.tidemark.relay.ops.RelayMetrics;
import dev.tidemark.relay.ops.SlotMonitor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** What health and metrics say of a relay, whichever run goes on. */
final class Health {

    /** The loop turns every few milliseconds; an engine that has not for so long will not by itself. */
    private static final Duration STUCK = Duration.ofMinutes(1);

    private final Streaming streaming;

    Health(Streaming streaming) {
        this.streaming = streaming;
    }

    List<HealthCheck> live() {
        return List.of(HealthCheck.of("feed", this::stuck));
    }

    /** Reading, with every event in hands: a subscriber that fails for a while is late, and not unready. */
    List<HealthCheck> ready(List<SubscriberConfig> subscribers) {
        List<HealthCheck> checks = new ArrayList<>();
        checks.add(HealthCheck.of("streaming", () -> Optional.ofNullable(streaming.trouble())));
        checks.add(HealthCheck.of("decoding", this::undecodable));
        for (SubscriberConfig subscriber : subscribers) {
            checks.add(HealthCheck.of("subscriber " + subscriber.name(), () -> blocked(subscriber.name())));
        }
        return checks;
    }

    void measure(RelayMetrics metrics, SlotMonitor slot, List<SubscriberConfig> subscribers) {
        metrics.slotRetainedBytes(slot::retainedBytes);
        metrics.inFlight(() -> {
            Run run = streaming.run();
            return run == null ? 0 : run.inFlight().events();
        });
        for (SubscriberConfig subscriber : subscribers) {
            metrics.oldestUnsettled(subscriber.name(), () -> oldestUnsettled(subscriber.name()));
        }
    }

    private Optional<String> stuck() {
        Duration since = streaming.sinceLastTurn();
        return since.compareTo(STUCK) < 0
                ? Optional.empty()
                : Optional.of("the feed's loop has not turned for " + since.toSeconds() + " s; restart the relay");
    }

    private Optional<String> undecodable() {
        Run run = streaming.run();
        return Optional.ofNullable(run == null ? null : run.undecodable());
    }

    private Optional<String> blocked(String name) {
        return subscriber(name)
                .map(Subscriber::health)
                .filter(health -> !health.blocked().isEmpty())
                .map(health -> health.blocked().get(0) + "; its lane delivers nothing more and holds the slot: mend the"
                        + " receiver, then restart the relay");
    }

    private Duration oldestUnsettled(String name) {
        return subscriber(name).map(Subscriber::oldestUnsettled).orElse(Duration.ZERO);
    }

    /** Empty between two runs. */
    private Optional<Subscriber> subscriber(String name) {
        Run run = streaming.run();
        return run == null
                ? Optional.empty()
                : run.subscribers().stream()
                        .filter(subscriber -> subscriber.name().equals(name))
                        .findFirst();
    }
}
