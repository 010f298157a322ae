package dev.tidemark.relay;

import dev.tidemark.relay.capture.ChangeFeed;
import dev.tidemark.relay.capture.FeedException;
import dev.tidemark.relay.capture.Source;
import dev.tidemark.relay.capture.SourceProblem;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Run after run, on one thread: when a feed breaks, its run is ended whole, and a new one begins with a new
 * feed where the slot stands. Ends when it is stopped, or when the source has a problem that waiting does
 * not mend.
 */
final class Streaming {

    private static final Logger log = LoggerFactory.getLogger(Streaming.class);
    private static final Duration FIRST_WAIT = Duration.ofMillis(200);
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(5);

    private final Source source;
    private final Function<Map<String, Long>, ChangeFeed> feeds;
    private final Function<Runnable, Run> runs;
    private final CountDownLatch stop = new CountDownLatch(1);

    private volatile @Nullable ChangeFeed feed;
    private volatile @Nullable Run run;
    private volatile @Nullable String trouble = "the relay is starting";

    /**
     * A loop that does not run yet.
     *
     * @param feeds makes a feed from the epochs of the sources
     * @param runs makes a run from what is to be called when its feed reads
     */
    Streaming(Source source, Function<Map<String, Long>, ChangeFeed> feeds, Function<Runnable, Run> runs) {
        this.source = source;
        this.feeds = feeds;
        this.runs = runs;
    }

    /**
     * Streams until {@link #stop}.
     *
     * @throws SourceProblem if a person must act before anything can be read
     */
    void loop() throws SourceProblem, InterruptedException {
        Duration wait = FIRST_WAIT;
        while (stop.getCount() > 0) {
            long began = System.nanoTime();
            try {
                source.check();
                streamOnce(feeds.apply(source.epochs()));
            } catch (SQLException e) {
                troubled("the database does not answer: " + e.getMessage());
            } catch (FeedException e) {
                log.debug("The feed broke", e);
                troubled(e.getMessage());
            }
            boolean lasted = System.nanoTime() - began > LONGEST_WAIT.toNanos();
            wait = lasted ? FIRST_WAIT : wait;
            if (stop.await(wait.toMillis(), TimeUnit.MILLISECONDS)) {
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
            ChangeFeed reading = feed;
            if (reading != null) {
                reading.close();
            }
        }
    }

    /** The run that goes on, or null between two. */
    @Nullable
    Run run() {
        return run;
    }

    /** Why nothing is being read, or null if it is. */
    @Nullable
    String trouble() {
        return trouble;
    }

    /** How long ago the feed's loop last turned; zero if none is running. */
    Duration sinceLastTurn() {
        ChangeFeed reading = feed;
        long turned = reading == null ? 0 : reading.lastTurnNanos();
        return turned == 0 ? Duration.ZERO : Duration.ofNanos(System.nanoTime() - turned);
    }

    private void streamOnce(ChangeFeed made) throws FeedException, InterruptedException {
        try (Run fresh = runs.apply(this::recovered)) {
            fresh.start();
            run = fresh;
            feed = made;
            if (stop.getCount() == 0) {
                return;
            }
            made.run(fresh);
        } finally {
            feed = null;
            run = null;
            made.close();
        }
    }

    private synchronized void troubled(@Nullable String reason) {
        String because = reason == null ? "unknown" : reason;
        if (trouble == null || !trouble.equals(because)) {
            log.warn("Reading stopped: {}. Nothing is lost, the slot waits; trying again.", because);
        }
        trouble = because;
    }

    private synchronized void recovered() {
        if (trouble != null) {
            log.info("Reading from the slot.");
            trouble = null;
        }
    }
}
