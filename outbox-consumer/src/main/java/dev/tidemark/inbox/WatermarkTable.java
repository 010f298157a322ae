package dev.tidemark.inbox;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.envelope.Envelope;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** {@code inbox_watermark}: one row for each aggregate, and the lock that lets one delivery at a time pass. */
final class WatermarkTable {

    /** The row as it is once its lock is ours; made first if there is none. Two that make it at once: one waits. */
    private static final String LOCK = BoundedWait.BEGIN + """
            , locked as (
                insert into inbox_watermark as w
                    (consumer, source, tenantid, aggregatetype, aggregateid, epoch, version, id, handledat)
                select ?, ?, ?, ?, ?, 0, 0, null, clock_timestamp()
                from bounded
                on conflict (consumer, source, tenantid, aggregatetype, aggregateid)
                    do update set handledat = w.handledat
                returning w.epoch, w.version, w.id, w.held
            )
            select locked.epoch, locked.version, locked.id, locked.held,\s""" + BoundedWait.END + " from bounded cross join locked";

    /** And tells other processes, at the commit and only if somebody waits: see {@link Bucket}. */
    private static final String ADVANCE = """
            with advanced as (
                update inbox_watermark set epoch = ?, version = ?, id = ?, handledat = clock_timestamp()
                where consumer = ? and source = ? and tenantid = ? and aggregatetype = ? and aggregateid = ?
                returning 1
            )
            select case when pg_try_advisory_xact_lock(?, ?) then null else pg_notify(?, ?)::text end
            from advanced""";

    private static final String LOOK = """
            select version from inbox_watermark
            where consumer = ? and source = ? and tenantid = ? and aggregatetype = ? and aggregateid = ?""";

    private static final String KEY = " where " + AggregateKey.SQL;

    private static final String HOLD = "update inbox_watermark set held = true" + KEY;

    private static final String LOOK_WHETHER_HELD =
            "update inbox_watermark set held = exists (select from inbox_waiting" + KEY
                    + ") or exists (select from inbox_dead" + KEY + ")" + KEY + " returning held";

    private final String consumer;
    private final BoundedWait wait;

    WatermarkTable(String consumer, BoundedWait wait) {
        this.consumer = consumer;
        this.wait = wait;
    }

    /**
     * Holds the row of the event's aggregate until the transaction ends.
     *
     * @throws InboxLocked if somebody else holds it for too long
     */
    Watermark lock(Connection tx, Envelope event) throws SQLException {
        return lock(tx, event.aggregate(), "event " + event.id());
    }

    /**
     * Holds the row of an aggregate until the transaction ends.
     *
     * @param what is to be tried again if somebody else holds it for too long
     */
    Watermark lock(Connection tx, Aggregate aggregate, String what) throws SQLException {
        try (PreparedStatement statement = tx.prepareStatement(LOCK)) {
            statement.setString(1, wait.millis());
            bindKey(statement, 2, aggregate);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return new Watermark(row.getLong(1), row.getLong(2), row.getObject(3, UUID.class), row.getBoolean(4));
            }
        } catch (SQLException e) {
            throw wait.explain(e, aggregate, what);
        }
    }

    /**
     * Makes {@code event} the newest that was handled.
     *
     * @param id of the event that must come if one with this version does; null if any may
     */
    void advance(Connection tx, Envelope event, long version, @Nullable UUID id) throws SQLException {
        try (PreparedStatement statement = tx.prepareStatement(ADVANCE)) {
            statement.setLong(1, event.sourceEpoch());
            statement.setLong(2, version);
            statement.setObject(3, id, Types.OTHER);
            bindKey(statement, 4, event.aggregate());
            int bucket = Bucket.of(event.aggregate());
            statement.setInt(9, Bucket.lockOf(consumer));
            statement.setInt(10, bucket);
            statement.setString(11, Bucket.CHANNEL);
            statement.setString(12, Bucket.notification(consumer, bucket));
            try (ResultSet advanced = statement.executeQuery()) {
                if (!advanced.next()) {
                    throw new IllegalStateException("the watermark of " + event.aggregate() + " went away while "
                            + event.id() + " was handled; a handler must leave inbox_watermark alone and must not "
                            + "commit or roll back");
                }
            }
        }
    }

    /** Something of the aggregate is kept from now on. With its lock. */
    void hold(Connection tx, Aggregate aggregate) throws SQLException {
        try (PreparedStatement statement = tx.prepareStatement(HOLD)) {
            bindKey(statement, 1, aggregate);
            statement.executeUpdate();
        }
    }

    /** Looks whether something of the aggregate is still kept. With its lock. */
    boolean holdsStill(Connection tx, Aggregate aggregate) throws SQLException {
        try (PreparedStatement statement = tx.prepareStatement(LOOK_WHETHER_HELD)) {
            bindKey(statement, bindKey(statement, bindKey(statement, 1, aggregate), aggregate), aggregate);
            try (ResultSet row = statement.executeQuery()) {
                return row.next() && row.getBoolean(1);
            }
        }
    }

    /** The newest version that is handled; 0 if none is. Takes no lock. */
    long version(Connection connection, Aggregate aggregate) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(LOOK)) {
            bindKey(statement, 1, aggregate);
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? row.getLong(1) : 0;
            }
        }
    }

    private int bindKey(PreparedStatement statement, int first, Aggregate aggregate) throws SQLException {
        return AggregateKey.bind(statement, first, consumer, aggregate);
    }
}
