package dev.tidemark.inbox;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Arrays;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/** Listens to one channel over a connection of its own. For one thread. */
final class Notifications {

    private final DataSource dataSource;
    private final String channel;
    private final String consumer;
    private @Nullable Connection listening;

    /** @param consumer whose notifications count: the text of those */
    Notifications(DataSource dataSource, String channel, String consumer) {
        this.dataSource = dataSource;
        this.channel = channel;
        this.consumer = consumer;
    }

    /**
     * Waits until something is notified, or for {@code atMost}. Connects first if there is no connection: what was
     * notified before is not heard.
     *
     * @return whether something was, or may have been
     * @throws SQLException if there is no connection any more; the next call makes another
     */
    boolean await(Duration atMost) throws SQLException {
        if (listening == null) {
            listening = listen();
            return true;
        }
        try {
            PGNotification[] told = listening.unwrap(PGConnection.class).getNotifications((int) atMost.toMillis());
            return told != null
                    && Arrays.stream(told).anyMatch(one -> one.getParameter().equals(consumer));
        } catch (SQLException e) {
            close();
            throw e;
        }
    }

    private Connection listen() throws SQLException {
        Connection connection = dataSource.getConnection();
        try (Statement statement = connection.createStatement()) {
            connection.setAutoCommit(true);
            statement.execute("listen " + channel);
            return connection;
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    /** Listens no more: whoever gets the connection from the pool is not told. */
    void close() {
        Connection last = listening;
        listening = null;
        if (last == null) {
            return;
        }
        try (last;
                Statement statement = last.createStatement()) {
            statement.execute("unlisten *");
        } catch (SQLException e) {
            // it is broken, and the pool finds out
        }
    }
}
