package dev.tidemark.inbox;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import javax.sql.DataSource;

/**
 * The right to be the only one who reads some sequences: locks in the database of the inbox, in a transaction that stays
 * open. For brokers that would share a sequence out among all who ask, so that a later event could overtake an earlier one.
 *
 * <p>Who does not ask {@link #require} for some seconds has lost it, as the server ends transactions that are idle; so
 * nobody waits for a process that is frozen. For one thread.
 */
final class SoleReader implements AutoCloseable {

    private static final Duration NEXT_TRY = Duration.ofMillis(500);
    private static final Duration IDLE = Duration.ofSeconds(10);
    private static final Duration ANSWER = Duration.ofSeconds(5);

    private final Connection tx;
    private final int networkTimeout; // that the connection had

    private SoleReader(Connection tx, int networkTimeout) {
        this.tx = tx;
        this.networkTimeout = networkTimeout;
    }

    /**
     * Waits until nobody else has the right to one of {@code sequences}. That is no trouble of the term: another process
     * reads.
     *
     * @throws InterruptedException if the term is to stop before
     */
    static SoleReader await(DataSource dataSource, List<String> sequences, Term term)
            throws SQLException, InterruptedException {
        do {
            SoleReader reader = open(dataSource);
            try {
                if (reader.lock(sequences)) {
                    return reader;
                }
            } catch (Throwable e) { // whatever it is: the connection is the pool's
                reader.close();
                throw e;
            }
            reader.close();
            term.reads();
        } while (!term.pause(NEXT_TRY));
        throw new InterruptedException("stopped while another process read");
    }

    private static SoleReader open(DataSource dataSource) throws SQLException {
        Connection tx = dataSource.getConnection();
        try {
            return new SoleReader(tx, tx.getNetworkTimeout());
        } catch (Throwable e) {
            close(tx, e);
            throw e;
        }
    }

    private static void close(Connection tx, Throwable failure) {
        try {
            tx.close();
        } catch (SQLException | RuntimeException e) {
            failure.addSuppressed(e);
        }
    }

    private boolean lock(List<String> sequences) throws SQLException {
        tx.setNetworkTimeout(Runnable::run, (int) ANSWER.toMillis());
        tx.setAutoCommit(false);
        try (Statement settings = tx.createStatement();
                PreparedStatement lock =
                        tx.prepareStatement("select pg_try_advisory_xact_lock(hashtextextended(?, 0))")) {
            // any other level would keep a snapshot, and vacuum from its work
            settings.execute("set transaction isolation level read committed");
            settings.execute("set local idle_in_transaction_session_timeout = " + IDLE.toMillis());
            for (String sequence : sequences.stream().sorted().toList()) {
                lock.setString(1, "tidemark reads " + sequence);
                try (ResultSet result = lock.executeQuery()) {
                    if (!result.next() || !result.getBoolean(1)) {
                        return false;
                    }
                }
            }
        }
        return true;
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
        try (tx) {
            tx.rollback();
            tx.setNetworkTimeout(Runnable::run, networkTimeout);
        } catch (SQLException e) {
            // the server has ended it, and with it the lock
        }
    }
}
