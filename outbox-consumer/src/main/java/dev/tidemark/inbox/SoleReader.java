package dev.tidemark.inbox;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import javax.sql.DataSource;

/**
 * The right to be the only one who reads a sequence: a lock in the database of the inbox, in a transaction that stays open.
 * For brokers that would share a sequence out among all who ask, so that a later event could overtake an earlier one.
 *
 * <p>Who does not ask {@link #require} for some seconds has lost it, as the server ends transactions that are idle; so
 * nobody waits for a process that is frozen. For one thread.
 */
final class SoleReader implements AutoCloseable {

    private static final Duration NEXT_TRY = Duration.ofMillis(500);
    private static final Duration IDLE = Duration.ofSeconds(10);

    private final Connection tx;

    private SoleReader(Connection tx) {
        this.tx = tx;
    }

    /**
     * Waits until nobody else has the right to {@code sequence}.
     *
     * @throws InterruptedException if the term is to stop before
     */
    static SoleReader await(DataSource dataSource, String sequence, Term term)
            throws SQLException, InterruptedException {
        do {
            Connection tx = dataSource.getConnection();
            try {
                tx.setAutoCommit(false);
                if (locked(tx, sequence)) {
                    return new SoleReader(tx);
                }
                tx.rollback();
                tx.close();
            } catch (SQLException e) {
                end(tx);
                throw e;
            }
        } while (!term.pause(NEXT_TRY));
        throw new InterruptedException("stopped while another process read");
    }

    private static boolean locked(Connection tx, String sequence) throws SQLException {
        try (Statement idle = tx.createStatement();
                PreparedStatement lock =
                        tx.prepareStatement("select pg_try_advisory_xact_lock(hashtextextended(?, 0))")) {
            idle.execute("set local idle_in_transaction_session_timeout = " + IDLE.toMillis());
            lock.setString(1, "tidemark reads " + sequence);
            try (ResultSet result = lock.executeQuery()) {
                return result.next() && result.getBoolean(1);
            }
        }
    }

    /**
     * To be asked after each read and before anything of it is handled, and at least every few seconds.
     *
     * @throws SQLException if somebody else may have the right by now
     */
    void require() throws SQLException {
        try (Statement statement = tx.createStatement()) {
            statement.execute("select 1");
        }
    }

    @Override
    public void close() {
        end(tx);
    }

    private static void end(Connection tx) {
        try (tx) {
            tx.rollback();
        } catch (SQLException e) {
            // the server has ended it, and with it the lock
        }
    }
}
