package dev.tidemark.relay.capture;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Beside a stream, on a thread and a connection of its own: has the slot of a quiet outbox move on, and looks whether it
 * is still this stream that reads it. A stream whose other end is gone may say nothing for long.
 */
final class Heartbeat implements AutoCloseable {

    private static final long EVERY_MILLIS = 1000;

    /** A database that is short of connections for a moment is no reason to begin anew. */
    private static final int MOST_FAILURES = 3;

    private static final String READER = "select active_pid from pg_replication_slots where slot_name = ?";

    private final Source source;
    private final String slot;
    private final int reader;
    private final Runnable onEnd;
    private final CountDownLatch stop = new CountDownLatch(1);
    private final Thread thread = new Thread(this::beat, "tidemark-heartbeat");
    private volatile @Nullable String problem;
    private @Nullable Connection connection; // the thread's own

    /**
     * A heartbeat that does not beat yet.
     *
     * @param reader the process that serves the stream
     * @param onEnd called when there is a problem
     */
    Heartbeat(FeedSettings settings, int reader, Runnable onEnd) {
        this.source = new Source(settings);
        this.slot = settings.slot();
        this.reader = reader;
        this.onEnd = onEnd;
    }

    void start() {
        thread.setDaemon(true);
        thread.start();
    }

    /** Why there is no use in reading on; null if there is. */
    @Nullable
    String problem() {
        return problem;
    }

    /** Does not wait: it may be asking a database that does not answer. */
    @Override
    public void close() {
        stop.countDown();
    }

    private void beat() {
        int failures = 0;
        try {
            while (problem == null && !stop.await(EVERY_MILLIS, TimeUnit.MILLISECONDS)) {
                try {
                    ask();
                    failures = 0;
                } catch (SQLException e) {
                    disconnect();
                    failures++;
                    if (failures >= MOST_FAILURES) {
                        end("the database does not answer: " + e.getMessage());
                    }
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException | Error e) {
            end("the heartbeat cannot go on: " + e); // or else the slot of a quiet outbox would stand still
        } finally {
            disconnect();
        }
    }

    private void ask() throws SQLException {
        Connection open = connection;
        if (open == null) {
            open = source.connect();
            connection = open;
        }
        try (PreparedStatement query = open.prepareStatement(READER)) {
            query.setString(1, slot);
            try (ResultSet row = query.executeQuery()) {
                if (!row.next() || row.getInt(1) != reader) {
                    end("the stream from slot " + slot + " has ended");
                    return;
                }
            }
        }
        try (PreparedStatement query = open.prepareStatement("select tidemark.heartbeat(?)")) {
            query.setString(1, slot);
            query.execute();
        }
    }

    private void end(String why) {
        problem = why;
        if (stop.getCount() > 0) {
            onEnd.run();
        }
    }

    private void disconnect() {
        Connection open = connection;
        connection = null;
        if (open != null) {
            try {
                open.close();
            } catch (SQLException e) {
                // it is of no use any more
            }
        }
    }
}
