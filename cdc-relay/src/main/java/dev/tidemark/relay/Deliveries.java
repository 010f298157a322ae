package dev.tidemark.relay;

import static java.util.Objects.requireNonNull;

import com.zaxxer.hikari.HikariDataSource;
import dev.tidemark.relay.backlog.BacklogException;
import dev.tidemark.relay.backlog.Backlogs;
import dev.tidemark.relay.backlog.Beginning;
import dev.tidemark.relay.backlog.Databases;
import dev.tidemark.relay.backlog.Place;
import dev.tidemark.relay.backlog.Redeliveries;
import dev.tidemark.relay.capture.ChangeFeed;
import dev.tidemark.relay.capture.CurrentStates;
import dev.tidemark.relay.capture.DebeziumFeed;
import dev.tidemark.relay.capture.EventDecoder;
import dev.tidemark.relay.capture.FeedSettings;
import dev.tidemark.relay.capture.Lsn;
import dev.tidemark.relay.capture.Permit;
import dev.tidemark.relay.capture.PgoutputFeed;
import dev.tidemark.relay.capture.RetainedOutbox;
import dev.tidemark.relay.capture.Source;
import dev.tidemark.relay.capture.SourceProblem;
import dev.tidemark.relay.capture.WireNames;
import dev.tidemark.relay.config.OnReject;
import dev.tidemark.relay.config.RelayConfig;
import dev.tidemark.relay.config.SourceConfig;
import dev.tidemark.relay.config.StateConfig;
import dev.tidemark.relay.config.SubscriberConfig;
import dev.tidemark.relay.config.WireConfig;
import dev.tidemark.relay.deliver.Backoff;
import dev.tidemark.relay.deliver.Filter;
import dev.tidemark.relay.deliver.InFlight;
import dev.tidemark.relay.deliver.Peers;
import dev.tidemark.relay.deliver.Subscriber;
import dev.tidemark.relay.deliver.Surroundings;
import dev.tidemark.relay.ops.Connector;
import dev.tidemark.relay.ops.Guard;
import dev.tidemark.relay.ops.RelayMetrics;
import dev.tidemark.relay.ops.Term;
import dev.tidemark.relay.sink.Sink;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Makes, from the configuration, what a run needs: its feed, what is in flight, its subscribers. Keeps the sinks. */
final class Deliveries implements Streaming.Duty, AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Deliveries.class);
    private static final long MOST_BATCH_BYTES = 4L << 20;
    private static final int MOST_QUEUE_EVENTS = 8192;
    private static final int MOST_HELD = 10_000; // some 3 MB for each lane, if so many should be in trouble
    private static final int READ_AHEAD_EVENTS = 500; // a page costs as much as some ten deliveries
    private static final int LEAST_QUEUE_EVENTS = 64;

    private final RelayConfig config;
    private final RelayMetrics metrics;
    private final FeedSettings feedSettings;
    private final Source source;
    private final Consumer<Throwable> onBug;
    private final HikariDataSource outbox;
    private final HikariDataSource backlog; // the same, unless that is elsewhere
    private final @Nullable Place place; // of the backlog, if that is elsewhere
    private volatile Supplier<@Nullable Run> current = () -> null;
    private final Map<String, Sink> sinks = new LinkedHashMap<>();

    Deliveries(RelayConfig config, RelayMetrics metrics, Consumer<Throwable> onBug) {
        this.config = config;
        this.metrics = metrics;
        this.feedSettings = feedSettings(config);
        this.source = new Source(feedSettings);
        this.onBug = onBug;
        this.outbox = Pool.of(config.source());
        this.backlog = config.backlog().elsewhere().isEmpty() ? outbox : Pool.of(config.backlogDatabase());
        this.place = config.backlog().elsewhere().isEmpty()
                ? null
                : new Place(
                        outbox::getConnection,
                        backlog::getConnection,
                        config.source().slot(),
                        config.backlogDatabase().place());
        for (SubscriberConfig subscriber : config.subscribers()) {
            metrics.subscriber(subscriber.name());
            sinks.put(subscriber.name(), Sinks.of(subscriber));
        }
    }

    Source source() {
        return source;
    }

    /** A backlog in another database has to know first what may be acknowledged. */
    Guard.Witness witness() {
        Place elsewhere = place;
        if (elsewhere == null) {
            return Guard.NO_WITNESS;
        }
        return new Guard.Witness() {
            @Override
            public boolean settled(Lsn bound, long epoch) throws SQLException {
                return elsewhere.settled(bound.toString(), epoch);
            }

            @Override
            public boolean isSame() throws SQLException {
                return elsewhere.isSame();
            }
        };
    }

    /** On which the backlog was when the term began; null if it is in the database of the outbox. */
    private @Nullable String server() {
        Place elsewhere = place;
        return elsewhere == null ? null : elsewhere.server();
    }

    ChangeFeed feed(Map<String, Long> epochs, Permit permit) {
        EventDecoder decoder = decoder(epochs);
        return switch (config.source().feed()) {
            case DEBEZIUM -> new DebeziumFeed(feedSettings, decoder, permit);
            case PGOUTPUT -> new PgoutputFeed(feedSettings, decoder, permit);
        };
    }

    private EventDecoder decoder(Map<String, Long> epochs) {
        String typePrefix = config.wire().typePrefix();
        String base = config.wire().schemaBase();
        WireNames names = new WireNames(typePrefix, base.equals(WireConfig.DEFAULT_SCHEMA_BASE) ? "" : base);
        return new EventDecoder(names, name -> epochs.getOrDefault(name, 0L));
    }

    /** @param current the run that goes on, or null between two */
    void serve(Supplier<@Nullable Run> current) {
        this.current = current;
    }

    @Override
    public Duties begin(Term term) {
        String slot = config.source().slot();
        Databases databases = new Databases(backlog, outbox);
        Starts.Parts parts = new Starts.Parts(
                slot,
                config.subscribers().stream().collect(Collectors.toMap(SubscriberConfig::name, this::filter)),
                (subscriber, job) -> new Beginning(databases, slot, term.epoch(), server(), subscriber, job),
                () -> new Redeliveries(databases, slot, term.epoch(), server()),
                Connector.to(config.source()),
                connection -> new RetainedOutbox(connection, config.source().table(), decoder(source.epochs())),
                this::states);
        return new Duties(term, databases, place, parts, () -> current.get(), onBug);
    }

    private CurrentStates states(Connection connection, String aggregateType, long job) throws SQLException {
        StateConfig states = config.states(aggregateType)
                .orElseThrow(
                        () -> new IllegalArgumentException("the configuration of the relay that leads has no query for"
                                + " the states of " + aggregateType + "; see states: in docs/operating.md"));
        CurrentStates.Query query = new CurrentStates.Query(
                states.source(), aggregateType, states.type(), states.schemaVersion(), states.query());
        return new CurrentStates(
                connection, config.source().table(), decoder(source.epochs()), query, Long.toString(job));
    }

    @Override
    public void check(Duties duties) throws SourceProblem, BacklogException {
        duties.callTheRoll(config);
    }

    @Override
    public Run run(Term term, Duties duties, Runnable streaming) throws SQLException {
        Lsn start = duties.endOfLog();
        Backlogs backlogs = duties.backlogs();
        InFlight inFlight = new InFlight(config.memory().events(), inFlightBytes(config), System::nanoTime);
        Surroundings surroundings = Surroundings.real(term::held, new Metered(metrics), onBug);
        Peers peers = new Peers(readAheadBytes(config));
        List<Subscriber> subscribers = new ArrayList<>();
        for (SubscriberConfig subscriber : config.subscribers()) {
            Sink sink = requireNonNull(sinks.get(subscriber.name()), "every subscriber has a sink");
            subscribers.add(new Subscriber(
                    settings(subscriber),
                    sink,
                    backlogs,
                    surroundings,
                    peers,
                    () -> duties.holdsBack(subscriber.name())));
        }
        return new Run(inFlight, subscribers, term, start, metrics::captured, streaming, onBug);
    }

    /** No run goes on any more. */
    @Override
    public void close() {
        sinks.values().forEach(Deliveries::closeQuietly);
        backlog.close();
        outbox.close();
    }

    /** What cannot be closed must not keep the rest open, nor those waiting who wait for the end. */
    static void closeQuietly(AutoCloseable part) {
        try {
            part.close();
        } catch (Exception e) {
            if (e instanceof InterruptedException) {
                Thread.currentThread().interrupt();
            }
            log.warn("{} could not be closed.", part.getClass().getSimpleName(), e);
        }
    }

    private Subscriber.Settings settings(SubscriberConfig subscriber) {
        return new Subscriber.Settings(
                subscriber.name(),
                filter(subscriber),
                subscriber.lanes(),
                subscriber.batch(),
                Math.min(MOST_BATCH_BYTES, inFlightBytes(config)),
                new Backoff(subscriber.retry().first(), subscriber.retry().max()),
                subscriber.parkAfter(),
                subscriber.onReject() == OnReject.BLOCK,
                config.backlog().events(),
                config.backlog().bytes(),
                MOST_HELD,
                READ_AHEAD_EVENTS);
    }

    private Filter filter(SubscriberConfig subscriber) {
        String prefix = config.wire().typePrefix();
        Filter filter = Filter.of(
                subscriber.aggregateTypes(),
                subscriber.types().stream().map(glob -> prefix + glob).toList(),
                subscriber.tenants());
        return subscriber.markers() ? filter.withMarkers() : filter;
    }

    private static FeedSettings feedSettings(RelayConfig config) {
        SourceConfig source = config.source();
        int queue = Math.max(
                LEAST_QUEUE_EVENTS, Math.min(MOST_QUEUE_EVENTS, config.memory().events() / 2));
        return new FeedSettings(
                source.url(),
                source.user(),
                source.password().reveal(),
                source.slot(),
                source.publication(),
                source.table(),
                queue,
                config.memory().bytes() - inFlightBytes(config) - readAheadBytes(config),
                Path.of(config.memory().directory()));
    }

    /** Five eighths of what the relay may hold; the queue of the feed, or what it holds of open transactions, has a quarter. */
    private static long inFlightBytes(RelayConfig config) {
        return config.memory().bytes() / 8 * 5;
    }

    /** The rest: what is read from backlogs, and in no batch yet. */
    private static long readAheadBytes(RelayConfig config) {
        return config.memory().bytes() / 8;
    }
}
