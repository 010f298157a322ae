package dev.tidemark.relay.ops;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** What the relay counts, under names that do not change. Safe for many threads. */
public final class RelayMetrics implements AutoCloseable {

    private static final Duration[] LAG_BUCKETS = {
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

    private record Deliveries(Counter delivered, Counter retry, Counter rejected, Counter stored, Timer lag) {}

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final Map<String, Deliveries> deliveries = new ConcurrentHashMap<>();
    private final Counter captured = Counter.builder("tidemark.events.captured")
            .description("Events read from the write-ahead log that some subscriber wants")
            .register(registry);

    /** For meters of the program around an embedded relay, and for tests. */
    public MeterRegistry registry() {
        return registry;
    }

    /** One event was taken from the feed. */
    public void captured() {
        captured.increment();
    }

    /** Makes the meters of a subscriber, so that they are there before its first event. */
    public void subscriber(String name) {
        of(name);
    }

    /** One event was delivered, {@code lag} after its commit. */
    public void delivered(String subscriber, Duration lag) {
        Deliveries meters = of(subscriber);
        meters.delivered().increment();
        meters.lag().record(lag);
    }

    /** So many attempts will be made again. */
    public void retried(String subscriber, int events) {
        of(subscriber).retry().increment(events);
    }

    /** So many events will never be taken. */
    public void rejected(String subscriber, int events) {
        of(subscriber).rejected().increment(events);
    }

    /** So many events went to the backlog. */
    public void stored(String subscriber, int events) {
        of(subscriber).stored().increment(events);
    }

    /** How many events of a subscriber's backlog are in a state, such as {@code waiting} or {@code dead}; NaN where that is not known. */
    public void backlog(String subscriber, String state, DoubleSupplier events) {
        Gauge.builder("tidemark.backlog.events", events::getAsDouble)
                .description("Events in the backlog")
                .tag("subscriber", subscriber)
                .tag("state", state)
                .register(registry);
    }

    /** How old the oldest event is that the subscriber has not settled; zero if there is none, NaN where that is not known. */
    public void oldestUnsettled(String subscriber, Supplier<Optional<Duration>> age) {
        Supplier<Number> millis =
                () -> age.get().map(known -> (double) known.toMillis()).orElse(Double.NaN);
        TimeGauge.builder("tidemark.oldest.unsettled", millis, TimeUnit.MILLISECONDS)
                .description("Age, since its commit, of the oldest event that is not settled")
                .tag("subscriber", subscriber)
                .register(registry);
    }

    /** How many events are taken and not settled. */
    public void inFlight(LongSupplier events) {
        Gauge.builder("tidemark.in.flight.events", events::getAsLong)
                .description("Events taken from the feed and not yet settled by every subscriber")
                .register(registry);
    }

    /** How much write-ahead log the slot holds back; NaN where that is not known. */
    public void slotRetainedBytes(DoubleSupplier bytes) {
        Gauge.builder("tidemark.slot.retained.bytes", bytes::getAsDouble)
                .description("Bytes of write-ahead log that Postgres keeps for the slot")
                .register(registry);
    }

    /** 1 for the relay that leads, 0 for one that stands by. */
    public void leader(BooleanSupplier leads) {
        Gauge.builder("tidemark.leader", () -> leads.getAsBoolean() ? 1 : 0)
                .description("1 if this relay leads its slot, 0 if it stands by")
                .register(registry);
    }

    /** In the text format of Prometheus. */
    public String scrape() {
        return registry.scrape();
    }

    @Override
    public void close() {
        registry.close();
    }

    private Deliveries of(String subscriber) {
        return deliveries.computeIfAbsent(
                subscriber,
                name -> new Deliveries(
                        outcome(name, "delivered"),
                        outcome(name, "retry"),
                        outcome(name, "rejected"),
                        Counter.builder("tidemark.backlog.stored")
                                .description("Events that went to the backlog")
                                .tag("subscriber", name)
                                .register(registry),
                        Timer.builder("tidemark.delivery.lag")
                                .description("Time from the commit of an event to its delivery")
                                .tag("subscriber", name)
                                .serviceLevelObjectives(LAG_BUCKETS)
                                .register(registry)));
    }

    private Counter outcome(String subscriber, String outcome) {
        return Counter.builder("tidemark.deliveries")
                .description("Attempts to deliver an event, by what came of them")
                .tag("subscriber", subscriber)
                .tag("outcome", outcome)
                .register(registry);
    }
}
