package dev.tidemark.inbox;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/** The connection on which one process hears others, and by whose locks they know that it does. For one thread. */
final class RemoteSession {

    private final DataSource dataSource;
    private final String consumer;
    private final int lock;
    private final Set<Integer> held = new HashSet<>();
    private @Nullable Connection connection;

    RemoteSession(DataSource dataSource, String consumer) {
        this.dataSource = dataSource;
        this.consumer = consumer;
        this.lock = Bucket.lockOf(consumer);
    }

    /**
     * Makes it known that these are waited for, and no others. A bucket whose lock somebody has who is about to commit is
     * to be tried again.
     *
     * @return those for which it was not known before; what is handled from now on is notified
     * @throws SQLException if there is no connection any more; close
     */
    Set<Integer> hold(Set<Integer> buckets) throws SQLException {
        Connection open = connection();
        Set<Integer> begun = new HashSet<>();
        for (int bucket : buckets) {
            if (!held.contains(bucket) && call(open, "select pg_try_advisory_lock_shared(?, ?)", bucket)) {
                held.add(bucket);
                begun.add(bucket);
            }
        }
        Set<Integer> ended = new HashSet<>(held);
        ended.removeAll(buckets);
        for (int bucket : ended) {
            call(open, "select pg_advisory_unlock_shared(?, ?)", bucket);
            held.remove(bucket);
        }
        return begun;
    }

    /** Makes it known that nothing is waited for, and keeps the connection. */
    void release() throws SQLException {
        if (!held.isEmpty()) {
            hold(Set.of());
        }
    }

    private boolean call(Connection open, String sql, int bucket) throws SQLException {
        try (PreparedStatement statement = open.prepareStatement(sql)) {
            statement.setInt(1, lock);
            statement.setInt(2, bucket);
            try (ResultSet result = statement.executeQuery()) {
                return result.next() && result.getBoolean(1);
            }
        }
    }

    /**
     * Waits for notifications.
     *
     * @return the buckets of those
     * @throws SQLException if there is no connection any more; close
     */
    Set<Integer> await(Duration atMost) throws SQLException {
        PGNotification[] told = connection().unwrap(PGConnection.class).getNotifications((int) atMost.toMillis());
        Set<Integer> buckets = new HashSet<>();
        if (told != null) {
            for (PGNotification one : told) {
                buckets.add(Bucket.notified(consumer, one.getParameter()));
            }
        }
        return buckets;
    }

    private Connection connection() throws SQLException {
        Connection open = connection;
        if (open == null) {
            open = dataSource.getConnection();
            connection = open;
            open.setAutoCommit(true);
            try (Statement statement = open.createStatement()) {
                statement.execute("listen " + Bucket.CHANNEL);
            }
        }
        return open;
    }

    /** Gives the connection back as it was. Idempotent. */
    void close() {
        Connection last = connection;
        connection = null;
        held.clear();
        if (last == null) {
            return;
        }
        try (last;
                Statement statement = last.createStatement()) {
            statement.execute("unlisten *");
            statement.execute("select pg_advisory_unlock_all()");
        } catch (SQLException e) {
            // it is broken, and the pool finds out; the server has ended what it held
        }
    }
}
