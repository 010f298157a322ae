package dev.tidemark.relay.ops;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks the server how much write-ahead log it keeps for the slot, at most every 5 s. Safe for many threads. */
public final class SlotMonitor {

    static final Duration FRESH = Duration.ofSeconds(5);

    private static final Logger log = LoggerFactory.getLogger(SlotMonitor.class);
    private static final int TIMEOUT_SECONDS = 5;
    private static final String RETAINED = """
            select pg_wal_lsn_diff(
                case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end, restart_lsn)
            from pg_replication_slots where slot_name = ?""";

    private final Connector connector;
    private final String slot;
    private final LongSupplier nanoTime;
    private final ReentrantLock asking = new ReentrantLock();
    private boolean asked; // guarded by the lock, as is the next
    private long askedAt;
    private volatile double retainedBytes = Double.NaN;

    /** @param nanoTime monotonic, such as {@code System::nanoTime} */
    public SlotMonitor(Connector connector, String slot, LongSupplier nanoTime) {
        this.connector = connector;
        this.slot = slot;
        this.nanoTime = nanoTime;
    }

    /** NaN if there is no such slot, or the server does not answer. */
    public double retainedBytes() {
        if (asking.tryLock()) { // who comes while another asks gets what was known before
            try {
                if (!asked || nanoTime.getAsLong() - askedAt >= FRESH.toNanos()) {
                    retainedBytes = ask();
                    asked = true;
                    askedAt = nanoTime.getAsLong();
                }
            } finally {
                asking.unlock();
            }
        }
        return retainedBytes;
    }

    private double ask() {
        try (Connection connection = connector.connect();
                PreparedStatement query = connection.prepareStatement(RETAINED)) {
            query.setQueryTimeout(TIMEOUT_SECONDS);
            query.setString(1, slot);
            try (ResultSet row = query.executeQuery()) {
                if (!row.next()) {
                    return Double.NaN;
                }
                double bytes = row.getDouble(1);
                return row.wasNull() ? Double.NaN : bytes;
            }
        } catch (SQLException e) {
            log.debug("The size of slot {} is not known", slot, e);
            return Double.NaN;
        }
    }
}
