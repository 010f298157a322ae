package dev.tidemark.relay;

import static java.util.Objects.requireNonNull;

import dev.tidemark.relay.backlog.BacklogException;
import dev.tidemark.relay.backlog.Beginning;
import dev.tidemark.relay.backlog.FencedException;
import dev.tidemark.relay.capture.RetainedOutbox;
import dev.tidemark.relay.deliver.Filter;
import dev.tidemark.relay.deliver.Subscriber;
import dev.tidemark.relay.ops.Connector;
import dev.tidemark.relay.ops.Term;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * For one term, has stored in the backlogs of new subscribers what they begin with, one after the other, on one thread.
 * Until that is done they are held back: lanes store what comes for them, and deliver nothing.
 */
final class Starts implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Starts.class);
    private static final long AGAIN_MILLIS = 1000;

    private final Parts parts;
    private final Term term;
    private final Supplier<@Nullable Run> run;
    private final Set<String> loading = ConcurrentHashMap.newKeySet();
    private final Set<String> ended = new HashSet<>(); // guarded by this, as what goes from loading to here
    private final CountDownLatch stop = new CountDownLatch(1);
    private final Thread thread = new Thread(this::work, "tidemark-starts");
    private @Nullable Connection reading; // guarded by this
    private boolean troubled; // the thread's

    /**
     * What it needs.
     *
     * @param filters of all subscribers
     * @param beginnings of a subscriber's backlog, for this term
     */
    record Parts(
            String slot,
            Map<String, Filter> filters,
            Function<String, Beginning> beginnings,
            Connector connector,
            Outbox outbox) {}

    /** The table, read by a connection with what is known of its sources now. */
    interface Outbox {
        RetainedOutbox read(Connection connection) throws SQLException;
    }

    /** @param run the run that goes on, or null between two */
    Starts(Parts parts, Term term, Supplier<@Nullable Run> run) {
        this.parts = parts;
        this.term = term;
        this.run = run;
    }

    void start() {
        thread.start();
    }

    /**
     * Takes it on, if it is not done or under way. To be called before a run begins.
     *
     * @param names as the roll has them; it may be older than the end of one
     */
    synchronized void take(Set<String> names) {
        names.stream().filter(name -> !ended.contains(name)).forEach(loading::add);
    }

    /** Whether what a subscriber begins with is not all in its backlog. Never again true once it is false. */
    boolean holdsBack(String subscriber) {
        return loading.contains(subscriber);
    }

    @Override
    public void close() {
        stop.countDown();
        abort();
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void work() {
        try {
            while (!stop.await(AGAIN_MILLIS, TimeUnit.MILLISECONDS)) {
                Optional<String> next = loading.stream().sorted().findFirst();
                if (next.isPresent() && term.held()) {
                    begin(next.get());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void begin(String subscriber) throws InterruptedException {
        try (Connection connection = parts.connector().connect()) {
            if (!mayRead(connection)) {
                return;
            }
            Filter filter = parts.filters().get(subscriber);
            Loading load = new Loading(subscriber, requireNonNull(filter, "filter"), parts.slot(), term::held, stop);
            Optional<Long> stored =
                    load.run(parts.outbox().read(connection), parts.beginnings().apply(subscriber));
            if (stored.isPresent()) {
                ended(subscriber, stored.get());
            }
        } catch (FencedException e) {
            log.debug("Another relay leads, and goes on with what {} begins with", subscriber, e);
        } catch (SQLException | BacklogException | RuntimeException e) {
            if (!troubled && stop.getCount() > 0) {
                log.warn(
                        "What subscriber {} begins with could not be stored: {}. Beginning again.",
                        subscriber,
                        e.getMessage(),
                        e);
            }
            troubled = true;
        } finally {
            mayNotRead();
        }
    }

    private void ended(String subscriber, long events) {
        troubled = false;
        log.info("Subscriber {} begins: {} events that the outbox had retained go first.", subscriber, events);
        synchronized (this) {
            ended.add(subscriber);
            loading.remove(subscriber);
        }
        Run now = run.get();
        if (now != null) {
            now.subscriber(subscriber).ifPresent(Starts::measure);
        }
    }

    /** Its backlog is larger than it had counted. */
    private static void measure(Subscriber subscriber) {
        try {
            subscriber.measure();
        } catch (BacklogException e) {
            log.debug("The backlog of {} could not be counted; it is with the next run", subscriber.name(), e);
        }
    }

    private synchronized boolean mayRead(Connection connection) {
        reading = connection;
        return stop.getCount() > 0;
    }

    private synchronized void mayNotRead() {
        reading = null;
    }

    /** The server may be sorting for minutes: nobody waits for that. */
    private synchronized void abort() {
        Connection connection = reading;
        if (connection != null) {
            try {
                connection.abort(Runnable::run);
            } catch (SQLException e) {
                log.debug("A connection could not be aborted", e);
            }
        }
    }
}
