package dev.tidemark.relay.capture;

import java.sql.SQLException;
import java.time.Duration;

/**
 * Looks now and then whether the slot is still there and read. The engine tells of a stream that broke only when it is
 * polled, and not at all of one that ended without a word. For one thread.
 */
final class Probe {

    private static final long EVERY_NANOS = Duration.ofSeconds(4).toNanos();

    /** A database that is short of connections for a moment is no reason to begin anew. */
    private static final int MOST_FAILURES = 3;

    private final Source source;
    private long lookedNanos = System.nanoTime();
    private int failures;

    Probe(Source source) {
        this.source = source;
    }

    /** @throws IllegalStateException if nobody reads the slot: it ends the engine, and the relay looks closer */
    void look() {
        look(false);
    }

    /**
     * As {@link #look}, by who does not poll the engine now.
     *
     * @throws IllegalStateException also if the database does not answer
     */
    void lookWhileNothingIsPolled() {
        look(true);
    }

    private void look(boolean mustAnswer) {
        if (System.nanoTime() - lookedNanos < EVERY_NANOS) {
            return;
        }
        try {
            source.checkRead();
            failures = 0;
        } catch (SourceProblem e) {
            throw new IllegalStateException(e.getMessage(), e);
        } catch (SQLException e) {
            failures++;
            if (mustAnswer && failures >= MOST_FAILURES) {
                throw new IllegalStateException("the database does not answer: " + e.getMessage(), e);
            }
        }
        lookedNanos = System.nanoTime();
    }
}
