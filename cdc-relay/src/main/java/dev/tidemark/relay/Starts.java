package dev.tidemark.relay;

import static java.util.Objects.requireNonNull;

import dev.tidemark.relay.backlog.BacklogException;
import dev.tidemark.relay.backlog.Beginning;
import dev.tidemark.relay.backlog.FencedException;
import dev.tidemark.relay.backlog.Redeliveries;
import dev.tidemark.relay.backlog.Redelivery;
import dev.tidemark.relay.backlog.State;
import dev.tidemark.relay.capture.CurrentStates;
import dev.tidemark.relay.capture.RetainedOutbox;
import dev.tidemark.relay.deliver.Filter;
import dev.tidemark.relay.deliver.Subscriber;
import dev.tidemark.relay.ops.Connector;
import dev.tidemark.relay.ops.Term;
import dev.tidemark.relay.ops.VitalThread;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * For one term, has stored in the backlogs of subscribers what goes ahead of their live events: what new ones begin with,
 * and what somebody asked for again; one after the other, on one thread. Until that is done a subscriber is held back:
 * its lanes store what comes for it, and deliver nothing.
 */
final class Starts implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Starts.class);
    private static final long AGAIN_MILLIS = 1000;

    /** Classes of SQLSTATEs: more than one row, a value, a constraint, the statement, a limit, raised by a function. */
    private static final Set<String> OF_THE_QUERY = Set.of("21", "22", "23", "42", "54", "P0");

    private final Parts parts;
    private final Term term;
    private final Supplier<@Nullable Run> run;
    private final Set<String> loading = ConcurrentHashMap.newKeySet();
    private final Set<String> ended = new HashSet<>(); // guarded by this, as what goes from loading to here
    private final CountDownLatch stop = new CountDownLatch(1);
    private final Attempts attempts = new Attempts(stop); // the thread's
    private final Thread thread;
    private final LongRead reading = new LongRead();
    private volatile boolean called; // the roll: before, the backlog may not be led yet
    private @Nullable Redeliveries jobs; // the thread's

    /**
     * What it needs.
     *
     * @param filters of all subscribers
     * @param beginnings of subscribers' backlogs, for this term
     * @param redeliveries of this term; to be asked for once it leads in the database of the backlog, too
     */
    record Parts(
            String slot,
            Map<String, Filter> filters,
            Beginnings beginnings,
            Supplier<Redeliveries> redeliveries,
            Connector connector,
            Outbox outbox,
            States states) {}

    /** Where what goes ahead is put. */
    interface Beginnings {

        /** @param job null for what a new subscriber begins with */
        Beginning of(String subscriber, @Nullable Long job);
    }

    /** The table, read by a connection with what is known of its sources now. */
    interface Outbox {
        RetainedOutbox read(Connection connection) throws SQLException;
    }

    /** What aggregates are now. */
    interface States {

        /** @throws IllegalArgumentException if the configuration has no query for them, or not a good one */
        CurrentStates read(Connection connection, String aggregateType, long job) throws SQLException;
    }

    /**
     * Starts that nobody attends to yet.
     *
     * @param run the run that goes on, or null between two
     * @param onBug called if the thread cannot go on; it is to stop the relay, and must not wait
     */
    Starts(Parts parts, Term term, Supplier<@Nullable Run> run, Consumer<Throwable> onBug) {
        this.parts = parts;
        this.term = term;
        this.run = run;
        this.thread = VitalThread.of("tidemark-starts", this::work, onBug);
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
        called = true;
    }

    /** Whether what goes ahead for a subscriber is not all in its backlog. */
    boolean holdsBack(String subscriber) {
        return loading.contains(subscriber);
    }

    @Override
    public void close() {
        stop.countDown();
        reading.stop();
        VitalThread.awaitEnd(thread);
    }

    private void work() {
        try {
            while (!stop.await(AGAIN_MILLIS, TimeUnit.MILLISECONDS)) {
                if (called && term.held()) {
                    attend();
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Each has its turn, whatever becomes of the others. */
    private void attend() throws InterruptedException {
        try {
            List<Redelivery> requested = new ArrayList<>();
            attempts.attempt("Jobs could not be looked for", () -> requested.addAll(look(null)));
            for (String subscriber : loading.stream().sorted().toList()) {
                if (stop.getCount() > 0 && term.held()) {
                    attempt(subscriber);
                }
            }
            for (Redelivery job : requested) {
                if (stop.getCount() > 0 && term.held() && !loading.contains(job.subscriber())) {
                    attempts.attempt(goingOn(job), () -> begin(job));
                    if (loading.contains(job.subscriber())) {
                        attempt(job.subscriber());
                    }
                }
            }
        } catch (FencedException e) {
            log.debug("Another relay leads, and goes on with what is to go ahead", e);
        }
    }

    /**
     * Looks at every job, but begins none: who has one is held back when its turn has come, and not before.
     *
     * @param underWay which is looked after by itself; null if none is
     * @return those that are to begin, oldest first
     */
    private List<Redelivery> look(@Nullable Redelivery underWay) throws BacklogException, InterruptedException {
        jobs = parts.redeliveries().get();
        List<Redelivery> requested = new ArrayList<>();
        for (Redelivery job : redeliveries().open()) {
            if (underWay == null || job.id() != underWay.id()) {
                attempts.attempt(goingOn(job), () -> look(job, requested));
            }
        }
        return requested;
    }

    /** The others' jobs can be cancelled, or come to their end, while one is stored, which may take its time. */
    private Waits.Wish mindingOthers(Waits.Wish wish, @Nullable Redelivery underWay) {
        long[] lookedAt = {System.nanoTime()};
        return () -> {
            if (System.nanoTime() - lookedAt[0] >= TimeUnit.MILLISECONDS.toNanos(AGAIN_MILLIS)) {
                attempts.attempt("Jobs could not be looked for", () -> look(underWay));
                lookedAt[0] = System.nanoTime();
            }
            return wish.isWanted();
        };
    }

    private static String goingOn(Redelivery job) {
        return "Job " + job.id() + " could not be gone on with";
    }

    private void attempt(String subscriber) throws FencedException, InterruptedException {
        Optional<String> trouble = attempts.attempt(
                "What is to go ahead for subscriber " + subscriber + " could not be stored",
                () -> load(subscriber, storing(subscriber)));
        Run now = run.get();
        if (now != null) {
            now.subscriber(subscriber).ifPresent(one -> one.cannotGoAhead(trouble.orElse(null)));
        }
        if (trouble.isPresent() && stop.getCount() > 0) {
            attempts.attempt("The job of subscriber " + subscriber + " could not be told what it waits for", () -> {
                Redelivery job = storing(subscriber);
                if (job != null) {
                    redeliveries()
                            .note(
                                    job,
                                    "the last try failed: " + trouble.get()
                                            + ". It is tried again, until it is cancelled");
                }
            });
        }
    }

    private Redeliveries redeliveries() {
        return requireNonNull(jobs, "jobs");
    }

    private void look(Redelivery job, List<Redelivery> requested) throws BacklogException {
        if (!parts.filters().containsKey(job.subscriber())) {
            redeliveries().failed(job, "the relay that leads has no subscriber " + job.subscriber());
            return;
        }
        if (job.cancelled()) {
            cancel(job);
            return;
        }
        switch (job.stage()) {
            case REQUESTED -> requested.add(job);
            case STORING -> hold(job.subscriber()); // of an earlier term, or it has failed and is tried again
            case DELIVERING -> {
                if (redeliveries().isDelivered(job)) {
                    log.info("Job {} for subscriber {} is done.", job.id(), job.subscriber());
                }
            }
            default -> throw new IllegalStateException("job " + job.id() + " is over, and not open: " + job.stage());
        }
    }

    private void cancel(Redelivery job) throws BacklogException {
        redeliveries().cancelled(job);
        log.info("Job {} for subscriber {} is cancelled.", job.id(), job.subscriber());
        if (job.stage() == Redelivery.Stage.STORING) {
            ended(job.subscriber());
        }
    }

    private void begin(Redelivery job) throws BacklogException {
        Redeliveries redeliveries = redeliveries();
        if (!redeliveries.isWanted(job)) {
            return; // it was cancelled while others had their turn
        }
        Optional<State> left = redeliveries.left(job.subscriber());
        if (left.isEmpty()) {
            redeliveries.begin(job);
            hold(job.subscriber());
            log.info(
                    "Job {} for subscriber {} begins; it is held back until all of it is stored.",
                    job.id(),
                    job.subscriber());
        } else if (left.get() == State.DEAD) {
            redeliveries.failed(
                    job,
                    "events that an earlier job sent again, or that the subscriber began with, are dead, and this one would"
                            + " get ahead of them; retry, skip or drop them first: tidemark backlog list --state dead"
                            + " --subscriber " + job.subscriber());
        } else {
            redeliveries.note(job, "waits until what an earlier job sent again is delivered");
        }
    }

    /** Lanes see it at their next turn, and a run that begins later from its start. */
    private synchronized void hold(String subscriber) {
        ended.remove(subscriber);
        loading.add(subscriber);
        Run now = run.get();
        if (now != null) {
            now.subscriber(subscriber).ifPresent(Subscriber::nudge);
        }
    }

    /** The job that holds a subscriber back; null if it is new. */
    private @Nullable Redelivery storing(String subscriber) throws BacklogException {
        return redeliveries().open().stream()
                .filter(job -> job.stage() == Redelivery.Stage.STORING
                        && job.subscriber().equals(subscriber))
                .findFirst()
                .orElse(null);
    }

    /** @param redelivery null for what it begins with */
    private void load(String subscriber, @Nullable Redelivery redelivery)
            throws SQLException, BacklogException, InterruptedException {
        if (redelivery == null && !redeliveries().isLoading(subscriber)) {
            ended(subscriber); // it had ended, and the answer to that was lost
            return;
        }
        Job job = redelivery == null ? null : new Job(redelivery, redeliveries());
        try (Connection connection = parts.connector().connect()) {
            if (!reading.begin(connection)) {
                return;
            }
            Beginning beginning = parts.beginnings().of(subscriber, redelivery == null ? null : redelivery.id());
            if (put(connection, subscriber, job, beginning)) {
                end(subscriber, redelivery, beginning);
            } else if (job != null && !job.isWanted()) {
                cancel(job.redelivery());
            }
        } catch (SQLException | IllegalArgumentException e) {
            if (redelivery == null || !isOfTheQuery(e)) {
                throw e;
            }
            redeliveries()
                    .failed(redelivery, "it cannot be read: " + e.getMessage() + "; once that is mended, ask again");
            ended(subscriber);
        } finally {
            reading.end();
        }
    }

    /** Whether the same would happen again: the query is wrong, or not allowed, or what it reads is. */
    private static boolean isOfTheQuery(Exception failure) {
        return failure instanceof SQLException refused
                ? OF_THE_QUERY.stream().anyMatch(String.valueOf(refused.getSQLState())::startsWith)
                : failure instanceof IllegalArgumentException;
    }

    /** Returns whether all is stored that is to go ahead. */
    private boolean put(Connection connection, String subscriber, @Nullable Job job, Beginning beginning)
            throws SQLException, BacklogException, InterruptedException {
        Filter filter = requireNonNull(parts.filters().get(subscriber), "filter");
        Holding holding = new Holding(subscriber, () -> isHeld(subscriber));
        RetainedOutbox outbox = parts.outbox().read(connection);
        if (job != null && job.redelivery().wanted() instanceof Redelivery.States states) {
            Waits waits = new Waits(job.name(), term::held, stop, mindingOthers(job, job.redelivery()));
            CurrentStates current = parts.states()
                    .read(connection, states.aggregateType(), job.redelivery().id());
            return new StateLoading(job, states, filter, holding, waits).run(outbox, current, beginning);
        }
        Loading.Purpose purpose = job != null && job.redelivery().wanted() instanceof Redelivery.Which which
                ? new ReplayPurpose(job, which)
                : new StartPurpose(subscriber);
        Redelivery underWay = job == null ? null : job.redelivery();
        Waits waits = new Waits(purpose.name(), term::held, stop, mindingOthers(purpose, underWay));
        return new Loading(filter, parts.slot(), purpose, holding, waits).run(outbox, beginning);
    }

    private void end(String subscriber, @Nullable Redelivery job, Beginning beginning) throws BacklogException {
        if (job == null) {
            beginning.end();
            log.info("Subscriber {} begins: what the outbox had retained goes first.", subscriber);
        } else {
            redeliveries().stored(job);
            log.info("Job {} for subscriber {}: all of it is stored, and goes first.", job.id(), subscriber);
        }
        ended(subscriber);
    }

    private boolean isHeld(String subscriber) {
        Run now = run.get();
        return now != null && now.subscriber(subscriber).map(Subscriber::isHeld).orElse(false);
    }

    private void ended(String subscriber) {
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
}
