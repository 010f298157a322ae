package dev.tidemark.relay.sink;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.tidemark.envelope.Aggregate;
import dev.tidemark.envelope.Envelope;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Inserts envelopes into a table of the subscriber's database, {@code incoming}: a batch is one statement, and one
 * transaction, so that no connection ever has one open that nobody ends. An event that is there already is left as it
 * is, so each is there once, however often it is sent. What an error means is decided by {@link PostgresOutcome}.
 *
 * <p>When a batch fails for what may be the fault of one event, its events are inserted one by one; when it is not
 * done in time, with half as many.
 */
public final class PostgresSink implements Sink {

    private static final Logger log = LoggerFactory.getLogger(PostgresSink.class);

    private final Settings settings;
    private final HikariDataSource pool;

    /** A lane can be interrupted, a driver that waits for its server cannot. */
    private final ExecutorService drivers =
            Executors.newCachedThreadPool(work -> new Thread(work, "tidemark-postgres-sink"));

    /** A sink that connects when it is first used. */
    public PostgresSink(Settings settings) {
        this.settings = settings;
        this.pool = new HikariDataSource(pool(settings));
    }

    private static HikariConfig pool(Settings settings) {
        long seconds = Math.max(1, settings.timeout().toSeconds());
        Properties driver = new Properties();
        driver.setProperty("ApplicationName", "tidemark-" + settings.consumer());
        driver.setProperty("connectTimeout", Long.toString(seconds));
        driver.setProperty("loginTimeout", Long.toString(seconds));
        driver.setProperty("socketTimeout", Long.toString(seconds + 1)); // the server gives up before
        HikariConfig pool = new HikariConfig();
        pool.setPoolName("tidemark-" + settings.consumer());
        pool.setJdbcUrl(settings.url());
        pool.setUsername(settings.user());
        pool.setPassword(settings.password());
        pool.setDataSourceProperties(driver);
        pool.setMaximumPoolSize(settings.connections());
        pool.setMinimumIdle(0);
        pool.setConnectionTimeout(Math.max(250, settings.timeout().toMillis()));
        pool.setInitializationFailTimeout(-1); // a server that does not answer yet is no reason not to start
        pool.setTransactionIsolation("TRANSACTION_READ_COMMITTED"); // else its first connection is asked, once for ever
        // what is acknowledged must be there after a crash, whatever the server has been told
        pool.setConnectionInitSql(
                "set statement_timeout = " + settings.timeout().toMillis()
                        + "; select set_config('synchronous_commit', 'local', false)"
                        + " where current_setting('synchronous_commit') = 'off'");
        return pool;
    }

    @Override
    public List<Delivery> deliver(List<Envelope> batch) throws InterruptedException {
        if (Thread.interrupted()) {
            throw new InterruptedException("stopped before the batch was begun");
        }
        if (pool.isClosed()) {
            throw new IllegalStateException("the sink of PostgreSQL at " + settings.place() + " is closed");
        }
        Work work = new Work(batch);
        Future<List<Delivery>> outcomes = drivers.submit(work);
        try {
            return outcomes.get();
        } catch (InterruptedException e) {
            work.abandon();
            throw e;
        } catch (ExecutionException e) {
            throw rethrown(e.getCause());
        }
    }

    /** One batch, on a thread that may wait. */
    private final class Work implements Callable<List<Delivery>> {

        private final List<Envelope> batch;
        private @Nullable Connection used; // guarded by this, as is the next
        private boolean abandoned;

        private Work(List<Envelope> batch) {
            this.batch = batch;
        }

        @Override
        public List<Delivery> call() {
            try (Connection connection = pool.getConnection()) {
                return begin(connection) ? insert(connection, batch) : Pipeline.notBegun(batch, "stopped");
            } catch (SQLException e) {
                return Pipeline.notBegun(batch, place() + PostgresOutcome.said(cause(e)));
            }
        }

        private synchronized boolean begin(Connection connection) {
            used = connection;
            return !abandoned;
        }

        /** Nobody waits any more. The server may have the batch or not: it is sent again, and taken once. */
        private synchronized void abandon() {
            abandoned = true;
            if (used != null) {
                try {
                    used.abort(drivers);
                } catch (SQLException e) {
                    // it is broken already
                }
            }
        }
    }

    private List<Delivery> insert(Connection connection, List<Envelope> batch) {
        try {
            Incoming.insert(connection, settings, batch);
            return Collections.nCopies(batch.size(), Delivery.delivered());
        } catch (SQLException e) {
            Pipeline.Outcome outcome = outcome(connection, e);
            if (batch.size() > 1 && (!outcome.halts() || PostgresOutcome.mayBeOfOneEvent(e))) {
                return insertEach(connection, batch);
            }
            if (batch.size() > 1 && PostgresOutcome.isTooSlow(e)) {
                return insertFirstHalf(connection, batch, outcome.delivery());
            }
            List<Delivery> outcomes = new ArrayList<>(Collections.nCopies(batch.size(), Delivery.notAttempted()));
            outcomes.set(0, outcome.delivery());
            return List.copyOf(outcomes);
        }
    }

    /**
     * As many at once may be more than the server manages in time, and would be so each time.
     *
     * @param late for the first of the others, if nothing else has failed: they are tried again
     */
    private List<Delivery> insertFirstHalf(Connection connection, List<Envelope> batch, Delivery late) {
        List<Delivery> outcomes = new ArrayList<>(insert(connection, batch.subList(0, batch.size() / 2)));
        boolean arrived = outcomes.stream().allMatch(Delivery.Delivered.class::isInstance);
        outcomes.add(arrived ? late : Delivery.notAttempted());
        outcomes.addAll(Collections.nCopies(batch.size() - outcomes.size(), Delivery.notAttempted()));
        return List.copyOf(outcomes);
    }

    /** Nothing of an aggregate behind one that failed; nothing at all behind a failure that is not the event's. */
    private List<Delivery> insertEach(Connection connection, List<Envelope> batch) {
        List<Delivery> outcomes = new ArrayList<>();
        Set<Aggregate> failed = new HashSet<>();
        boolean halted = false;
        for (Envelope envelope : batch) {
            if (halted || failed.contains(envelope.aggregate())) {
                outcomes.add(Delivery.notAttempted());
                continue;
            }
            try {
                Incoming.insert(connection, settings, List.of(envelope));
                outcomes.add(Delivery.delivered());
            } catch (SQLException e) {
                Pipeline.Outcome outcome = outcome(connection, e);
                outcomes.add(outcome.delivery());
                failed.add(envelope.aggregate());
                halted = outcome.halts();
            }
        }
        return List.copyOf(outcomes);
    }

    /** A server that is not asked may take a queue for full though all who listen have read it. */
    private static void haveNotificationsLookedAt(Connection connection) {
        try (Statement statement = connection.createStatement()) {
            statement.execute("select pg_notification_queue_usage()");
        } catch (SQLException e) {
            log.debug("The queue of notifications could not be looked at", e); // the next attempt says what is wrong
        }
    }

    private Pipeline.Outcome outcome(Connection connection, SQLException e) {
        if (PostgresOutcome.isReadOnly(e)) {
            pool.evictConnection(connection); // another server may have the name by now
        } else if (PostgresOutcome.isOfTheNotifications(e)) {
            haveNotificationsLookedAt(connection);
        }
        return PostgresOutcome.of(e, "insert into " + settings.table() + " at " + settings.place());
    }

    private String place() {
        return "PostgreSQL at " + settings.place() + ": ";
    }

    /** What the pool met when it last tried to connect. */
    private static SQLException cause(SQLException e) {
        return e.getCause() instanceof SQLException deeper ? cause(deeper) : e;
    }

    private static RuntimeException rethrown(@Nullable Throwable bug) {
        if (bug instanceof Error error) {
            throw error;
        }
        return bug instanceof RuntimeException exception ? exception : new IllegalStateException(bug);
    }

    /** Idempotent. */
    @Override
    public void close() {
        pool.close();
        drivers.shutdownNow();
    }

    /**
     * How the sink is set up.
     *
     * @param url of the JDBC driver
     * @param place host, port and database, for people
     * @param table schema and name, such as {@code public.incoming}
     * @param consumer for whom the rows are: the name of the subscriber
     * @param channel that is notified of new rows; empty for none
     * @param timeout for a connection, and for each statement; at least a second
     * @param connections the most at once: one for each lane
     */
    public record Settings(
            String url,
            String user,
            String password,
            String place,
            String table,
            String consumer,
            String channel,
            Duration timeout,
            int connections) {

        /** Without secrets. */
        @Override
        public String toString() {
            return "PostgreSQL at " + place + ", table " + table + ", consumer " + consumer + ", timeout " + timeout;
        }
    }
}
