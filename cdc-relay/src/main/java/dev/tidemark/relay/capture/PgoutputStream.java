package dev.tidemark.relay.capture;

import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.replication.LogSequenceNumber;
import org.postgresql.replication.PGReplicationStream;

/**
 * The stream of a slot, by the driver. For one thread, but for {@link #abort}.
 *
 * <p>It tells the server only what it is told to tell: without that, the driver would go on to what other tables write.
 */
final class PgoutputStream implements AutoCloseable {

    /** The slot is still read: by a reader of before whose end the server has not noticed. */
    private static final String IN_USE = "55006";

    private static final Duration LONGEST_IN_USE = Duration.ofSeconds(5);
    private static final Duration TRY_AGAIN = Duration.ofMillis(50);

    /** For a message whose first bytes are there, and for what the driver tells by itself. */
    private static final int STATUS_MILLIS = 10_000;

    /** A look that ends sooner with nothing did not wait: there is nobody to wait for. */
    private static final long HASTY_NANOS = TimeUnit.MICROSECONDS.toNanos(500);

    private static final int MOST_HASTY = 10;
    private static final long LAST_ANSWER_NANOS = TimeUnit.MILLISECONDS.toNanos(500);

    private final Connection connection;
    private final PGReplicationStream stream;
    private int hasty;

    private PgoutputStream(Connection connection, PGReplicationStream stream) {
        this.connection = connection;
        this.stream = stream;
    }

    /**
     * Begins to read where the slot stands.
     *
     * @param streaming whether what is open comes, too, as far as it is big
     * @param stop ends the attempts
     */
    static PgoutputStream open(FeedSettings settings, boolean streaming, CountDownLatch stop)
            throws SQLException, InterruptedException {
        long end = System.nanoTime() + LONGEST_IN_USE.toNanos();
        while (true) {
            Connection connection = connect(settings);
            try {
                return new PgoutputStream(connection, begin(connection, settings, streaming));
            } catch (SQLException e) {
                close(connection, e);
                boolean passes = IN_USE.equals(e.getSQLState()) && System.nanoTime() < end;
                if (!passes || stop.await(TRY_AGAIN.toMillis(), TimeUnit.MILLISECONDS)) {
                    throw e;
                }
            }
        }
    }

    private static Connection connect(FeedSettings settings) throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", settings.user());
        properties.setProperty("password", settings.password());
        properties.setProperty("ApplicationName", "tidemark-relay");
        properties.setProperty("replication", "database");
        properties.setProperty("assumeMinServerVersion", "15");
        properties.setProperty("preferQueryMode", "simple");
        properties.setProperty("connectTimeout", "10"); // seconds
        properties.setProperty("socketTimeout", "30");
        properties.setProperty("tcpKeepAlive", "true");
        properties.setProperty("socketFactory", PatientSockets.class.getName());
        return DriverManager.getConnection(settings.jdbcUrl(), properties);
    }

    private static PGReplicationStream begin(Connection connection, FeedSettings settings, boolean streaming)
            throws SQLException {
        try (Statement statement = connection.createStatement()) {
            // how values come as text, whatever role and database have as their own
            statement.execute("set timezone = 'UTC'");
            statement.execute("set datestyle = 'ISO'");
            statement.execute("set bytea_output = 'hex'");
        }
        return connection
                .unwrap(PGConnection.class)
                .getReplicationAPI()
                .replicationStream()
                .logical()
                .withSlotName('"' + settings.slot() + '"')
                .withSlotOption("proto_version", 2)
                .withSlotOption("streaming", streaming) // PostgreSQL 14 and newer; what is older refuses
                .withSlotOption("publication_names", '"' + settings.publication() + '"')
                .withSlotOption("messages", true)
                .withStatusInterval(STATUS_MILLIS, TimeUnit.MILLISECONDS)
                .withAutomaticFlush(false)
                .start();
    }

    /** The process that serves this stream. */
    int backendPid() throws SQLException {
        return connection.unwrap(PGConnection.class).getBackendPID();
    }

    /**
     * The next message; null if none comes for a moment.
     *
     * @throws SQLException if the stream is broken, or the server has ended it
     */
    @Nullable
    ByteBuffer read() throws SQLException {
        long began = System.nanoTime();
        ByteBuffer message = look();
        if (message != null) {
            hasty = 0;
        } else if (System.nanoTime() - began < HASTY_NANOS) {
            hasty++;
            if (hasty > MOST_HASTY) {
                throw new SQLException("the server has ended the stream");
            }
            LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
        }
        return message;
    }

    /** Where in the log what was read last is; of a change, not of its commit. */
    Lsn position() {
        return new Lsn(stream.getLastReceiveLSN().asLong());
    }

    /** Everything up to {@code lsn} is done with; the server learns of it when it is told. */
    void acknowledge(long lsn) {
        LogSequenceNumber done = LogSequenceNumber.valueOf(lsn);
        stream.setAppliedLSN(done);
        stream.setFlushedLSN(done);
    }

    /** Tells the server how far everything is done with. */
    void tell() throws SQLException {
        stream.forceUpdateStatus();
    }

    /** Tells it for the last time, and reads on until it has had time to answer: what comes is thrown away. */
    void tellLast() throws SQLException {
        tell();
        long end = System.nanoTime() + LAST_ANSWER_NANOS;
        ByteBuffer message = look();
        while (message != null && System.nanoTime() < end) {
            message = look();
        }
    }

    /** Keepalives, of which a busy server sends hundreds a second, do not keep it from returning. */
    private @Nullable ByteBuffer look() throws SQLException {
        PatientSockets.beginLook();
        return stream.readPending();
    }

    /** Has whoever reads or writes fail. Safe from any thread. */
    void abort() {
        try {
            connection.abort(Runnable::run);
        } catch (SQLException e) {
            // it is closed
        }
    }

    /** Only the connection: the stream would wait for the end of a transaction that is being sent. */
    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException e) {
            abort();
        }
    }

    private static void close(Connection connection, SQLException because) {
        try {
            connection.close();
        } catch (SQLException e) {
            because.addSuppressed(e);
        }
    }
}
