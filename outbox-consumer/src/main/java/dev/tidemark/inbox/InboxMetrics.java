package dev.tidemark.inbox;

import static java.util.Objects.requireNonNull;

import dev.tidemark.envelope.Envelope;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * What an inbox counts, for Micrometer, under names that do not change. Needs {@code micrometer-core} on the class path.
 *
 * <pre>{@code
 * InboxMetrics metrics = new InboxMetrics(registry, "orders");
 * Inbox inbox = Inbox.builder("orders").listener(InboxListener.all(InboxListener.logging(), metrics)).build();
 * metrics.age(users);
 * }</pre>
 *
 * <table>
 * <caption>Meters</caption>
 * <tr><td>{@code tidemark.inbox.events}</td><td>events, by {@code consumer} and {@code outcome}: applied, duplicate,
 * stale, waiting, dead, conflict, failed</td></tr>
 * <tr><td>{@code tidemark.inbox.gaps}</td><td>gaps before events, by {@code consumer}</td></tr>
 * <tr><td>{@code tidemark.readmodel.lag}</td><td>time from an event's own time to its commit here, by
 * {@code readmodel}</td></tr>
 * <tr><td>{@code tidemark.readmodel.age}</td><td>since the newest event, by {@code readmodel}; NaN if there was
 * none</td></tr>
 * <tr><td>{@code tidemark.readmodel.await}</td><td>how long somebody waited, by {@code readmodel} and
 * {@code reached}</td></tr>
 * </table>
 *
 * <p>Safe for many threads.
 */
public final class InboxMetrics implements InboxListener {

    private static final Duration[] BUCKETS = {
        Duration.ofMillis(1),
        Duration.ofMillis(2),
        Duration.ofMillis(5),
        Duration.ofMillis(10),
        Duration.ofMillis(20),
        Duration.ofMillis(50),
        Duration.ofMillis(100),
        Duration.ofMillis(250),
        Duration.ofMillis(500),
        Duration.ofSeconds(1),
        Duration.ofSeconds(5),
        Duration.ofSeconds(30),
        Duration.ofMinutes(5)
    };

    private final MeterRegistry registry;
    private final Counter applied;
    private final Counter duplicate;
    private final Counter stale;
    private final Counter waiting;
    private final Counter dead;
    private final Counter conflict;
    private final Counter failed;
    private final Counter gaps;

    /** @param consumer the inbox's */
    public InboxMetrics(MeterRegistry registry, String consumer) {
        this.registry = requireNonNull(registry, "registry");
        this.applied = outcome(consumer, "applied");
        this.duplicate = outcome(consumer, "duplicate");
        this.stale = outcome(consumer, "stale");
        this.waiting = outcome(consumer, "waiting");
        this.dead = outcome(consumer, "dead");
        this.conflict = outcome(consumer, "conflict");
        this.failed = outcome(consumer, "failed");
        this.gaps = Counter.builder("tidemark.inbox.gaps")
                .description("Events before which others are missing")
                .tag("consumer", consumer)
                .register(registry);
    }

    private Counter outcome(String consumer, String outcome) {
        return Counter.builder("tidemark.inbox.events")
                .description("Deliveries, by what became of them")
                .tag("consumer", consumer)
                .tag("outcome", outcome)
                .register(registry);
    }

    /** Shows the age of a read model that has an inbox. */
    public InboxMetrics age(ReadModel readModel) {
        TimeGauge.builder("tidemark.readmodel.age", readModel, TimeUnit.SECONDS, InboxMetrics::seconds)
                .description("Age of the newest event of the read model")
                .tag("readmodel", readModel.name())
                .strongReference(true)
                .register(registry);
        return this;
    }

    private static double seconds(ReadModel readModel) {
        Duration age = readModel.freshness().age();
        return age == null ? Double.NaN : age.toNanos() / 1e9;
    }

    @Override
    public void applied(Envelope event, Duration lag) {
        applied.increment();
    }

    @Override
    public void duplicate(Envelope event) {
        duplicate.increment();
    }

    @Override
    public void stale(Envelope event) {
        stale.increment();
    }

    @Override
    public void gap(Envelope event, long expectedVersion) {
        gaps.increment();
    }

    @Override
    public void waiting(Envelope event, long expectedVersion) {
        waiting.increment();
    }

    @Override
    public void dead(Envelope event, int attempts, Exception failure) {
        dead.increment();
    }

    @Override
    public void conflict(Envelope event, UUID handledId) {
        conflict.increment();
    }

    @Override
    public void failed(@Nullable Envelope event, Exception failure) {
        failed.increment();
    }

    /** A clock that is ahead counts as no lag. */
    @Override
    public void followed(String readModel, Envelope event, Duration lag) {
        Timer.builder("tidemark.readmodel.lag")
                .description("Time from an event's own time to its commit in the read model")
                .tag("readmodel", readModel)
                .serviceLevelObjectives(BUCKETS)
                .register(registry)
                .record(lag.isNegative() ? Duration.ZERO : lag);
    }

    @Override
    public void awaited(String readModel, Awaited awaited) {
        Timer.builder("tidemark.readmodel.await")
                .description("Time that somebody waited for the read model")
                .tag("readmodel", readModel)
                .tag("reached", Boolean.toString(awaited.reached()))
                .serviceLevelObjectives(BUCKETS)
                .register(registry)
                .record(awaited.waited());
    }
}
