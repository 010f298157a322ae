package dev.tidemark.relay.ops;

import dev.tidemark.relay.capture.SourceProblem;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.OptionalLong;

/**
 * The session whose advisory lock is the leadership. The server ends it, and with it the lock, when it has heard
 * nothing for the lease: a frozen process keeps its connection, so nothing else would. For one thread at a time.
 */
final class LockSession implements AutoCloseable {

    private static final String TRY_LOCK = "select pg_try_advisory_lock(hashtextextended('tidemark.relay:' || ?, 0))";
    private static final String EPOCH = "select epoch from tidemark.relay where slot = ?";
    private static final String RAISE_EPOCH =
            "update tidemark.relay set epoch = epoch + 1 where slot = ? returning epoch";

    private final Connection connection;
    private final String slot;

    private LockSession(Connection connection, String slot) {
        this.connection = connection;
        this.slot = slot;
    }

    /** Opens a session that the server ends when it is silent for {@code lease}. */
    static LockSession open(Connector connector, String slot, Duration lease) throws SQLException {
        Connection connection = connector.connect();
        try (Statement statement = connection.createStatement()) {
            connection.setNetworkTimeout(Runnable::run, (int) (lease.toMillis() / 2));
            statement.execute("set idle_session_timeout = " + lease.toMillis());
            statement.execute("set synchronous_commit = local"); // an epoch that a crash takes back is no epoch
            return new LockSession(connection, slot);
        } catch (SQLException e) {
            connection.close();
            throw e;
        }
    }

    void show(Leadership.Eye eye) throws SQLException, SourceProblem {
        eye.look(connection);
    }

    boolean tryLock() throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(TRY_LOCK)) {
            statement.setString(1, slot);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getBoolean(1);
            }
        }
    }

    /** The epoch of whoever leads; empty if the slot is not registered. */
    OptionalLong epoch() throws SQLException {
        return number(EPOCH);
    }

    /** Returns the new epoch, durably; empty if the slot is not registered. */
    OptionalLong raiseEpoch() throws SQLException {
        return number(RAISE_EPOCH);
    }

    void ping() throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("select 1");
        }
    }

    /** Gives up the lock. */
    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException e) {
            // the server ends it after the lease
        }
    }

    private OptionalLong number(String sql) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setString(1, slot);
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? OptionalLong.of(row.getLong(1)) : OptionalLong.empty();
            }
        }
    }
}
