package dev.tidemark.relay;

import dev.tidemark.relay.backlog.BacklogException;
import dev.tidemark.relay.backlog.FencedException;
import dev.tidemark.relay.capture.ChangeFeed;
import dev.tidemark.relay.capture.FeedException;
import dev.tidemark.relay.capture.Permit;
import dev.tidemark.relay.capture.Source;
import dev.tidemark.relay.capture.SourceProblem;
import dev.tidemark.relay.ops.Guard;
import dev.tidemark.relay.ops.HeldTerm;
import dev.tidemark.relay.ops.Leadership;
import dev.tidemark.relay.ops.SlotReader;
import dev.tidemark.relay.ops.Term;
import dev.tidemark.relay.ops.Watch;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Term after term, and in each of them run after run, on one thread: when a feed breaks, its run is ended whole, and a
 * new one begins with a new feed where the slot stands. Ends when it is stopped, or when the source has a problem that
 * waiting does not mend.
 */
final class Streaming {

    private static final Logger log = LoggerFactory.getLogger(Streaming.class);
    private static final Duration FIRST_WAIT = Duration.ofMillis(200);
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(5);

    private final Source source;
    private final Guard guard;
    private final Leadership leadership;
    private final SlotReader reader;
    private final BiFunction<Map<String, Long>, Permit, ChangeFeed> feeds;
    private final Duty duty;
    private final CountDownLatch stop = new CountDownLatch(1);

    /** What there is to do under a term. */
    interface Duty {

        Duties begin(Term term);

        /** Before a feed is made. */
        void check(Duties duties) throws SourceProblem, BacklogException;

        /** @param streaming called when the feed reads */
        Run run(Term term, Duties duties, Runnable streaming) throws SQLException;
    }

    private volatile @Nullable Term term;
    private volatile @Nullable ChangeFeed feed;
    private volatile @Nullable Run run;
    private volatile @Nullable Watch watch;
    private volatile @Nullable SourceProblem problem;
    private volatile @Nullable String trouble = "the relay is starting";

    /**
     * A loop that does not run yet.
     *
     * @param feeds makes a feed from the epochs of the sources and a permit to acknowledge
     * @param duty what there is to do under a term
     */
    Streaming(
            Source source,
            Guard guard,
            Leadership leadership,
            SlotReader reader,
            BiFunction<Map<String, Long>, Permit, ChangeFeed> feeds,
            Duty duty) {
        this.source = source;
        this.guard = guard;
        this.leadership = leadership;
        this.reader = reader;
        this.feeds = feeds;
        this.duty = duty;
    }

    /**
     * Leads and streams, or stands by, until {@link #stop}.
     *
     * @throws SourceProblem if a person must act before anything can be read
     */
    void loop() throws SourceProblem, InterruptedException {
        while (stop.getCount() > 0) {
            try {
                Optional<HeldTerm> won = leadership.acquire(stop, this::troubled);
                if (won.isPresent()) {
                    lead(won.get());
                }
            } catch (SourceProblem e) {
                problem = e; // readiness fails before anything else is done about it
                throw e;
            }
        }
    }

    private void lead(HeldTerm won) throws SourceProblem, InterruptedException {
        try (HeldTerm held = won;
                Duties duties = duty.begin(held)) {
            term = held;
            held.keep(this::closeFeed);
            duties.start();
            runs(held, duties);
        } finally {
            term = null;
        }
    }

    /** Run after run, while the term is held. */
    private void runs(HeldTerm held, Duties duties) throws SourceProblem, InterruptedException {
        Duration wait = FIRST_WAIT;
        while (goesOn(held)) {
            long began = System.nanoTime();
            boolean over = false;
            notReadingYet();
            try {
                Watch fresh = guard.begin(held, this::end);
                if (!goesOn(held)) {
                    return; // as it has just learnt: who reads now is the leader
                }
                reader.end(held.epoch());
                duty.check(duties);
                streamOnce(held, duties, fresh, feeds.apply(source.epochs(), fresh));
            } catch (SQLException e) {
                troubled("the database does not answer: " + e.getMessage());
            } catch (FencedException e) {
                troubled(e.getMessage());
                over = true;
            } catch (BacklogException e) {
                troubled(e.getMessage());
            } catch (FeedException e) {
                log.debug("The feed broke", e);
                troubled(e.getMessage());
            }
            SourceProblem found = problem;
            if (found != null) {
                throw found;
            }
            boolean lasted = System.nanoTime() - began > LONGEST_WAIT.toNanos();
            wait = lasted ? FIRST_WAIT : wait;
            if (!goesOn(held) || stop.await(wait.toMillis(), TimeUnit.MILLISECONDS) || over) {
                return;
            }
            wait = wait.multipliedBy(2).compareTo(LONGEST_WAIT) < 0 ? wait.multipliedBy(2) : LONGEST_WAIT;
        }
    }

    /**
     * Takes nothing more, waits until what was taken is settled, acknowledges it and lets {@link #loop} end.
     *
     * @return whether everything that was taken is settled
     */
    boolean stop(Duration deadline) throws InterruptedException {
        stop.countDown();
        try {
            Run running = run;
            return running == null || running.drain(deadline);
        } finally {
            Watch watching = watch;
            if (watching != null) {
                watching.hurry();
            }
            closeFeed();
        }
    }

    /** Waits until it is told to stop, or until the time is over. */
    void awaitStop(Duration atMost) {
        try {
            stop.await(atMost.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The run that goes on, or null between two. */
    @Nullable
    Run run() {
        return run;
    }

    /** The term in which this relay leads, or null if it does not. */
    @Nullable
    Term term() {
        Term now = term;
        return now != null && now.held() ? now : null;
    }

    /** Whether another relay leads, and this one waits. */
    boolean standingBy() {
        return leadership.standingBy();
    }

    /** Why nothing is being read, or null if it is, or if that is another relay's business. */
    @Nullable
    String trouble() {
        SourceProblem found = problem;
        if (found != null) {
            return found.getMessage();
        }
        Watch watching = watch;
        String blind = watching == null ? null : watching.blind();
        if (leadership.standingBy()) {
            return null;
        }
        String known = trouble == null ? blind : trouble;
        return known == null && term() == null ? "this relay has lost the lead" : known;
    }

    /** How long ago the feed's loop last turned; zero if none is running. */
    Duration sinceLastTurn() {
        ChangeFeed reading = feed;
        long turned = reading == null ? 0 : reading.lastTurnNanos();
        return turned == 0 ? Duration.ZERO : Duration.ofNanos(System.nanoTime() - turned);
    }

    private void streamOnce(HeldTerm held, Duties duties, Watch watching, ChangeFeed made)
            throws FeedException, SQLException, BacklogException, InterruptedException {
        try (watching;
                Run fresh = duty.run(held, duties, this::recovered)) {
            fresh.start();
            run = fresh;
            feed = made;
            watch = watching;
            watching.start();
            if (goesOn(held)) {
                made.run(fresh);
            }
        } finally {
            feed = null;
            run = null;
            watch = null;
            made.close();
        }
    }

    /** Whoever ends a stream first ends what goes on, and then closes the feed: it is made before this is asked. */
    private boolean goesOn(Term held) {
        return stop.getCount() > 0 && held.held();
    }

    /** Lets the run end: the thread that streams does the rest. Readiness has failed before. */
    private void end(@Nullable SourceProblem reason) {
        if (reason != null) {
            problem = reason;
        }
        closeFeed();
    }

    private void closeFeed() {
        ChangeFeed reading = feed;
        if (reading != null) {
            reading.close();
        }
    }

    private synchronized void troubled(@Nullable String reason) {
        String because = reason == null ? "unknown" : reason;
        if (trouble == null || !trouble.equals(because)) {
            log.warn("Reading stopped: {}. Trying again from where the slot stands.", because);
        }
        trouble = because;
    }

    /** A term that was lost ends a run without trouble, and the next one is not ready before it reads. */
    private synchronized void notReadingYet() {
        trouble = trouble == null ? "the relay begins to read" : trouble;
    }

    private synchronized void recovered() {
        if (trouble != null) {
            log.info("Reading from the slot.");
            trouble = null;
        }
    }
}
