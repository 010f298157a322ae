package dev.tidemark.bench;

import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * System E: what people write who have no relay: takes rows out of the outbox, locked so that several could do it, and
 * deletes them in the same transaction. Waits when it has found less than it takes at once.
 */
final class PollingPublisher implements AutoCloseable {

    private static final int AT_ONCE = 1000;
    private static final String TAKE = """
            with taken as (select id from outbox order by id limit ? for update skip locked)
            delete from outbox where id in (select id from taken)
            returning id, payload""";

    private final Connection connection;
    private final Arrivals arrivals;
    private final long intervalMillis;
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread thread = new Thread(this::poll, "polling-publisher");

    private PollingPublisher(Connection connection, Arrivals arrivals, long intervalMillis) {
        this.connection = connection;
        this.arrivals = arrivals;
        this.intervalMillis = intervalMillis;
    }

    /** The interval in milliseconds stands behind the kind. */
    static PollingPublisher start(Measured measured, Arrivals arrivals) throws SQLException {
        Connection connection = DriverManager.getConnection(measured.url(), measured.user(), measured.password());
        connection.setAutoCommit(false);
        long interval = Long.parseLong(measured.kind().replaceAll("\\D", ""));
        PollingPublisher system = new PollingPublisher(connection, arrivals, interval);
        system.thread.start();
        return system;
    }

    private void poll() {
        try (PreparedStatement take = connection.prepareStatement(TAKE)) {
            take.setInt(1, AT_ONCE);
            boolean over = false;
            while (!over) {
                int found = takeSome(take);
                over = closing.await(found < AT_ONCE ? intervalMillis : 0, TimeUnit.MILLISECONDS);
            }
        } catch (SQLException e) {
            throw new IllegalStateException("polling failed", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private int takeSome(PreparedStatement take) throws SQLException {
        java.util.TreeMap<String, byte[]> rows = new java.util.TreeMap<>();
        try (ResultSet found = take.executeQuery()) {
            while (found.next()) {
                rows.put(found.getString(1), found.getString(2).getBytes(StandardCharsets.UTF_8));
            }
        }
        rows.values().forEach(payload -> arrivals.arrived(Workload.numberIn(payload, 0)));
        connection.commit();
        return rows.size();
    }

    @Override
    public void close() throws SQLException {
        closing.countDown();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        connection.close();
    }
}
