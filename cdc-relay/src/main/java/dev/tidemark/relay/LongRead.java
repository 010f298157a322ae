package dev.tidemark.relay;

import java.sql.Connection;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A connection on which the server may be sorting for minutes: nobody waits for that. Safe for many threads. */
final class LongRead {

    private static final Logger log = LoggerFactory.getLogger(LongRead.class);

    private @Nullable Connection reading;
    private boolean stopped;

    /** Returns false if nothing is to be read any more. */
    synchronized boolean begin(Connection connection) {
        reading = connection;
        return !stopped;
    }

    synchronized void end() {
        reading = null;
    }

    /** What is read breaks, and nothing is read any more. */
    synchronized void stop() {
        stopped = true;
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
