package dev.tidemark.relay.capture;

import java.sql.SQLException;
import java.time.Duration;

/**
 * Looks whether the slot is still there and read, while the feed waits for room: the engine tells of a stream
 * that broke only when it is polled, and it is not polled then. For one thread.
 */
final class Probe {

    private static final long EVERY_NANOS = Duration.ofSeconds(2).toNanos();

    /** A database that is short of connections for a moment is no reason to begin anew. */
    private static final int MOST_FAILURES = 3;

    private final Source source;
    private long lookedNanos = System.nanoTime();
    private int failures;

    Probe(Source source) {
        this.source = source;
    }

    /** @throws IllegalStateException if there is no use in waiting: it ends the engine, and the relay looks closer */
    void look() {
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
            if (failures >= MOST_FAILURES) {
                throw new IllegalStateException("the database does not answer: " + e.getMessage(), e);
            }
        }
        lookedNanos = System.nanoTime();
    }
}
