package dev.tidemark.torture;

import dev.tidemark.testkit.Database;
import dev.tidemark.torture.Ledger.Taken;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Looks all the time at what a slot has confirmed, and at what stood in the backlog then. One thread of its own; safe
 * for many others.
 */
final class SlotWatch implements AutoCloseable {

    /**
     * One look.
     *
     * @param before when the question was asked, by {@link System#nanoTime}
     * @param after when the answer was there
     * @param confirmed in bytes from the beginning of the log
     */
    record Look(long before, long after, long confirmed) {}

    private static final long EVERY_MILLIS = 20;

    /** With the oldest transaction that runs: rows of older ones are seen by the query after this one. */
    private static final String SLOT = "select confirmed_flush_lsn - '0/0', pg_snapshot_xmin(pg_current_snapshot())"
            + "::text::bigint from pg_replication_slots where slot_name = ?";

    /** Settled ones, too: a row stays until the slot has durably passed its event. */
    private static final String BACKLOG = "select subscriber, id from tidemark.backlog where xmin::text::bigint >= ?";

    private final Database database;
    private final String slot;
    private final List<Look> looks = new ArrayList<>();
    private final Map<Taken, Long> stored = new HashMap<>();
    private final CountDownLatch stop = new CountDownLatch(1);
    private final Thread thread;

    SlotWatch(Database database, String slot) {
        this.database = database;
        this.slot = slot;
        this.thread = new Thread(this::watch, "slot-watch");
    }

    void start() {
        thread.start();
    }

    private void watch() {
        try {
            while (!stop.await(EVERY_MILLIS, TimeUnit.MILLISECONDS)) {
                try (Connection connection = database.connect();
                        PreparedStatement slotQuery = connection.prepareStatement(SLOT);
                        PreparedStatement backlogQuery = connection.prepareStatement(BACKLOG)) {
                    slotQuery.setString(1, slot);
                    long oldest = 0; // a server that crashed gives numbers of transactions again
                    while (!stop.await(EVERY_MILLIS, TimeUnit.MILLISECONDS)) {
                        oldest = look(slotQuery, backlogQuery, oldest);
                    }
                } catch (SQLException e) {
                    // the database is down: again
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * The slot first, and the backlog in a statement after it: what is confirmed because it was stored is seen there.
     * Of looks that see the same confirmed, the first is enough: until then the least was delivered and stored.
     *
     * @param oldest transaction whose rows may be new
     * @return the same for the next look
     */
    private long look(PreparedStatement slotQuery, PreparedStatement backlogQuery, long oldest) throws SQLException {
        long before = System.nanoTime();
        try (ResultSet row = slotQuery.executeQuery()) {
            if (!row.next() || row.getLong(1) == confirmed()) {
                return oldest;
            }
            Look look = new Look(before, System.nanoTime(), row.getLong(1));
            List<Taken> rows = backlog(backlogQuery, oldest);
            add(look, rows);
            return row.getLong(2);
        }
    }

    private static List<Taken> backlog(PreparedStatement query, long oldest) throws SQLException {
        query.setLong(1, oldest);
        List<Taken> found = new ArrayList<>();
        try (ResultSet rows = query.executeQuery()) {
            while (rows.next()) {
                found.add(new Taken(rows.getString(1), rows.getObject(2, UUID.class)));
            }
        }
        return found;
    }

    private synchronized void add(Look look, List<Taken> rows) {
        rows.forEach(row -> stored.putIfAbsent(row, look.after()));
        looks.add(look);
    }

    /** What was ever seen in the backlog, and at the end of which look first, by {@link System#nanoTime}. */
    synchronized Map<Taken, Long> stored() {
        return Map.copyOf(stored);
    }

    /** The looks that saw something new, in their order. */
    synchronized List<Look> looks() {
        return List.copyOf(looks);
    }

    /** What was confirmed when last looked at; 0 if it never was. */
    synchronized long confirmed() {
        return looks.isEmpty() ? 0 : looks.get(looks.size() - 1).confirmed();
    }

    @Override
    public void close() {
        stop.countDown();
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
