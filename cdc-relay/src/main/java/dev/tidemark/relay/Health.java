package dev.tidemark.relay;

import dev.tidemark.relay.config.SubscriberConfig;
import dev.tidemark.relay.deliver.Subscriber;
import dev.tidemark.relay.deliver.SubscriberHealth;
import dev.tidemark.relay.ops.Failover;
import dev.tidemark.relay.ops.HealthCheck;
import dev.tidemark.relay.ops.RelayMetrics;
import dev.tidemark.relay.ops.SlotMonitor;
import dev.tidemark.relay.ops.Term;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** What health and metrics say of a relay, whichever run goes on. */
final class Health {

    /** The loop turns every few milliseconds; an engine that has not for so long will not by itself. */
    private static final Duration STUCK = Duration.ofMinutes(1);

    private final Streaming streaming;
    private final Failover failover;
    private final Supplier<@Nullable Throwable> failure;

    /** @param failure for which the relay stops, or should have stopped; null while there is none */
    Health(Streaming streaming, Failover failover, Supplier<@Nullable Throwable> failure) {
        this.streaming = streaming;
        this.failover = failover;
        this.failure = failure;
    }

    List<HealthCheck> live() {
        return List.of(HealthCheck.of("feed", this::stuck), HealthCheck.of("relay", this::broken));
    }

    /** Reading, with every event in hands: a subscriber that fails for a while is late, and not unready. */
    List<HealthCheck> ready(List<SubscriberConfig> subscribers) {
        List<HealthCheck> checks = new ArrayList<>();
        checks.add(HealthCheck.saying("role", this::role));
        checks.add(HealthCheck.saying("failover", failover::told));
        checks.add(HealthCheck.of("relay", this::broken));
        checks.add(HealthCheck.of("streaming", () -> Optional.ofNullable(streaming.trouble())));
        for (SubscriberConfig subscriber : subscribers) {
            String name = subscriber.name();
            checks.add(HealthCheck.of("subscriber " + name, () -> problem(name), () -> told(name)));
        }
        return checks;
    }

    void measure(RelayMetrics metrics, SlotMonitor slot, List<SubscriberConfig> subscribers) {
        metrics.slotRetainedBytes(slot::retainedBytes);
        metrics.leader(() -> streaming.term() != null);
        metrics.inFlight(() -> {
            Run run = streaming.run();
            return run == null ? 0 : run.inFlight().events();
        });
        for (SubscriberConfig subscriber : subscribers) {
            String name = subscriber.name();
            metrics.oldestUnsettled(name, () -> oldestUnsettled(name));
            metrics.backlog(name, "waiting", () -> backlog(name, SubscriberHealth::waiting));
            metrics.backlog(name, "dead", () -> backlog(name, SubscriberHealth::dead));
        }
    }

    private String role() {
        Term term = streaming.term();
        return term == null
                ? streaming.standingBy() ? "standby: another relay leads" : "none yet"
                : "leader, epoch " + term.epoch();
    }

    private Optional<String> stuck() {
        Duration since = streaming.sinceLastTurn();
        return since.compareTo(STUCK) < 0
                ? Optional.empty()
                : Optional.of("the feed's loop has not turned for " + since.toSeconds() + " s; restart the relay");
    }

    /** It closes by itself then; one that cannot even do that is not to be taken for well. */
    private Optional<String> broken() {
        return Optional.ofNullable(failure.get()).map(bug -> "it stops, for it cannot go on: see the log");
    }

    /** A subscriber that takes nothing more, not even into its backlog, holds the slot. */
    private Optional<String> problem(String name) {
        return subscriber(name).map(Subscriber::health).map(SubscriberHealth::problem);
    }

    /** One that wants nothing more is no reason to be unready, but to be seen. */
    private String told(String name) {
        return subscriber(name)
                .map(Subscriber::health)
                .map(SubscriberHealth::halted)
                .map(reason -> "ok, but it is sent nothing more: " + reason)
                .orElse("ok");
    }

    /** NaN between two runs: that nothing is dead is not known then. */
    private double backlog(String name, ToDoubleFunction<SubscriberHealth> count) {
        return subscriber(name)
                .map(Subscriber::health)
                .map(count::applyAsDouble)
                .orElse(Double.NaN);
    }

    private Optional<Duration> oldestUnsettled(String name) {
        return subscriber(name).map(Subscriber::oldestUnsettled);
    }

    /** Empty between two runs. */
    private Optional<Subscriber> subscriber(String name) {
        Run run = streaming.run();
        return run == null ? Optional.empty() : run.subscriber(name);
    }
}
