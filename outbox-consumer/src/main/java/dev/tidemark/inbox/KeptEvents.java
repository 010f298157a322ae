package dev.tidemark.inbox;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.envelope.CloudEventsJson;
import dev.tidemark.envelope.Envelope;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code inbox_waiting} and {@code inbox_dead}: events whose turn has not come, and events that cannot be handled. What is
 * kept of an aggregate is read and changed with the lock on its watermark, which says in {@code held} whether there is any.
 */
final class KeptEvents {

    private static final String COLUMNS = "consumer, source, tenantid, aggregatetype, aggregateid, epoch, version,"
            + " delivery, type, wanted, event";

    private static final String WAIT = "insert into inbox_waiting (" + COLUMNS
            + ") values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)" + " on conflict (consumer, source, delivery) do nothing";

    private static final String BURY = "insert into inbox_dead as d (" + COLUMNS + ", attempts, reason)"
            + " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) on conflict (consumer, source, delivery) do update"
            + " set attempts = d.attempts + excluded.attempts, reason = excluded.reason, retry = false";

    private static final String FORGET_WAITING =
            "delete from inbox_waiting where consumer = ? and source = ? and delivery = ?";

    private static final String FORGET_DEAD =
            "delete from inbox_dead where consumer = ? and source = ? and delivery = ?";

    private static final String PLACE = "select exists (select from inbox_dead where consumer = ? and source = ?"
            + " and delivery = ?), exists (select from inbox_dead where " + AggregateKey.SQL
            + " and (? = 0 or (epoch, version) < (?, ?))) or exists (select from inbox_waiting where "
            + AggregateKey.SQL
            + " and (? = 0 or epoch = ? and version < ?))";

    /** What {@link #PLACE} calls behind, and which it is. */
    private static final String BEFORE =
            "(select true as dead, delivery, epoch, version, position from inbox_dead where "
                    + AggregateKey.SQL
                    + " and (epoch, version) < (?, ?) order by epoch, version, position limit 1) union all"
                    + " (select false, delivery, epoch, version, position from inbox_waiting where " + AggregateKey.SQL
                    + " and epoch = ? and version < ? order by epoch, version, position limit 1)"
                    + " order by epoch, version, dead desc limit 1";

    private static final String FIRST = "(select true as dead, epoch, version, position, event, wanted, attempts, retry"
            + " from inbox_dead where " + AggregateKey.SQL + " order by epoch, version, position limit 1) union all"
            + " (select false, epoch, version, position, event, wanted, 0, false from inbox_waiting where "
            + AggregateKey.SQL
            + " order by epoch, version, position limit 1) order by epoch, version, dead desc limit 1";

    /** A dead event comes before a waiting one of its version; see {@link #FIRST}. */
    private static final String READY = """
            select w.source, w.tenantid, w.aggregatetype, w.aggregateid
            from inbox_watermark w
            left join lateral (
                select d.epoch, d.version, d.retry, d.wanted, d.type from inbox_dead d
                where d.consumer = w.consumer and d.source = w.source and d.tenantid = w.tenantid
                    and d.aggregatetype = w.aggregatetype and d.aggregateid = w.aggregateid
                order by d.epoch, d.version, d.position limit 1) dead on true
            left join lateral (
                select q.epoch, q.version, q.wanted, q.type from inbox_waiting q
                where q.consumer = w.consumer and q.source = w.source and q.tenantid = w.tenantid
                    and q.aggregatetype = w.aggregatetype and q.aggregateid = w.aggregateid
                order by q.epoch, q.version, q.position limit 1) waiting on true
            where w.consumer = ? and w.held
                and (w.source, w.tenantid, w.aggregatetype, w.aggregateid) > (?, ?, ?, ?)
                and case
                    when dead.version is not null
                            and (waiting.version is null or (dead.epoch, dead.version) <= (waiting.epoch, waiting.version))
                        then dead.retry and (not dead.wanted or dead.type = any (?))
                            or dead.version > 0 and (dead.epoch, dead.version) <= (w.epoch, w.version)
                    when waiting.version is null then true
                    else (not waiting.wanted or waiting.type = any (?))
                            and (? or waiting.version = 0 or waiting.version = w.version + 1
                                or w.version > 0 and waiting.epoch > w.epoch or w.version = 0 and ?)
                        or waiting.version > 0 and (waiting.epoch, waiting.version) <= (w.epoch, w.version)
                    end
            order by w.source, w.tenantid, w.aggregatetype, w.aggregateid
            limit ?""";

    private static final String OVERDUE = """
            select waiting.event, w.version + 1
            from inbox_watermark w
            cross join lateral (
                select q.epoch, q.version, q.event, q.since from inbox_waiting q
                where q.consumer = w.consumer and q.source = w.source and q.tenantid = w.tenantid
                    and q.aggregatetype = w.aggregatetype and q.aggregateid = w.aggregateid
                order by q.epoch, q.version, q.position limit 1) waiting
            where w.consumer = ? and w.held and waiting.since < clock_timestamp() - make_interval(secs => ?)
                and (waiting.epoch = w.epoch or waiting.epoch > w.epoch and w.version = 0)
                and waiting.version > w.version + 1
                and not exists (
                    select from inbox_dead d
                    where d.consumer = w.consumer and d.source = w.source and d.tenantid = w.tenantid
                        and d.aggregatetype = w.aggregatetype and d.aggregateid = w.aggregateid)
            order by waiting.since
            limit 100""";

    private final String consumer;

    KeptEvents(String consumer) {
        this.consumer = consumer;
    }

    /**
     * One of them, the first of its aggregate.
     *
     * @param wanted whether its subscription had a handler for the type
     * @param attempts that failed before it was dead
     * @param retry whether somebody has asked to try once more what is dead
     */
    record Kept(boolean dead, long position, Envelope event, boolean wanted, int attempts, boolean retry) {}

    /**
     * Where an event stands to what is kept of its aggregate.
     *
     * @param dead whether it is dead itself
     * @param behind whether something is kept that comes before it
     */
    record Place(boolean dead, boolean behind) {}

    /** One that is kept and comes before another of its aggregate. */
    record Earlier(boolean dead, String delivery, long version) {}

    /** An event that waits for too long. */
    record Overdue(Envelope event, long expectedVersion) {}

    /** Where the search for aggregates goes on. */
    static final Aggregate FROM_THE_BEGINNING = new Aggregate("", "", "", "");

    Place placeOf(Connection tx, Envelope event) throws SQLException {
        long version = versionOf(event);
        try (PreparedStatement query = tx.prepareStatement(PLACE)) {
            int next = bindDelivery(query, event);
            next = bindKey(query, next, event.aggregate());
            next = bindVersion(query, next, event, version);
            next = bindKey(query, next, event.aggregate());
            bindVersion(query, next, event, version);
            try (ResultSet row = query.executeQuery()) {
                row.next();
                return new Place(row.getBoolean(1), row.getBoolean(2));
            }
        }
    }

    /** The first that is kept of its aggregate and comes before a versioned event; null if none does. */
    @Nullable
    Earlier before(Connection tx, Envelope event) throws SQLException {
        long version = versionOf(event);
        try (PreparedStatement query = tx.prepareStatement(BEFORE)) {
            int next = bindKey(query, 1, event.aggregate());
            query.setLong(next++, event.sourceEpoch());
            query.setLong(next++, version);
            next = bindKey(query, next, event.aggregate());
            query.setLong(next++, event.sourceEpoch());
            query.setLong(next, version);
            try (ResultSet row = query.executeQuery()) {
                return row.next()
                        ? new Earlier(row.getBoolean("dead"), row.getString("delivery"), row.getLong("version"))
                        : null;
            }
        }
    }

    private static int bindVersion(PreparedStatement query, int first, Envelope event, long version)
            throws SQLException {
        query.setLong(first, version);
        query.setLong(first + 1, event.sourceEpoch());
        query.setLong(first + 2, version);
        return first + 3;
    }

    /** Has {@code event} wait; nothing new if it does. */
    void letWait(Connection tx, Envelope event, boolean wanted) throws SQLException {
        try (PreparedStatement insert = tx.prepareStatement(WAIT)) {
            bindRow(insert, event, wanted);
            insert.executeUpdate();
        }
    }

    /** It cannot be handled; adds to the attempts if it was dead before. */
    void bury(Connection tx, Envelope event, boolean wanted, int attempts, String reason) throws SQLException {
        try (PreparedStatement insert = tx.prepareStatement(BURY);
                PreparedStatement delete = tx.prepareStatement(FORGET_WAITING)) {
            int next = bindRow(insert, event, wanted);
            insert.setInt(next, attempts);
            insert.setString(next + 1, reason);
            insert.executeUpdate();
            bindDelivery(delete, event);
            delete.executeUpdate();
        }
    }

    /** What is to be looked at next of an aggregate; null if nothing of it is kept. */
    @Nullable
    Kept first(Connection tx, Aggregate aggregate) throws SQLException {
        try (PreparedStatement query = tx.prepareStatement(FIRST)) {
            bindKey(query, bindKey(query, 1, aggregate), aggregate);
            try (ResultSet row = query.executeQuery()) {
                return row.next()
                        ? new Kept(
                                row.getBoolean("dead"),
                                row.getLong("position"),
                                read(row.getString("event")),
                                row.getBoolean("wanted"),
                                row.getInt("attempts"),
                                row.getBoolean("retry"))
                        : null;
            }
        }
    }

    void forgetDead(Connection tx, Envelope event) throws SQLException {
        try (PreparedStatement delete = tx.prepareStatement(FORGET_DEAD)) {
            bindDelivery(delete, event);
            delete.executeUpdate();
        }
    }

    /** Whether it waits or is dead. */
    void forget(Connection tx, Envelope event) throws SQLException {
        for (String statement : List.of(FORGET_WAITING, FORGET_DEAD)) {
            try (PreparedStatement delete = tx.prepareStatement(statement)) {
                bindDelivery(delete, event);
                delete.executeUpdate();
            }
        }
    }

    void forget(Connection tx, Kept kept) throws SQLException {
        try (PreparedStatement delete = tx.prepareStatement(kept.dead() ? FORGET_DEAD : FORGET_WAITING)) {
            bindDelivery(delete, kept.event());
            delete.executeUpdate();
        }
    }

    /**
     * Aggregates of which something can be done now.
     *
     * @param after only those behind it, in their own order
     * @param types that there are handlers for
     * @param policy whether what waits is to wait for what is missing
     * @param atMost how many
     */
    List<Aggregate> ready(Connection connection, Aggregate after, Collection<String> types, Gaps policy, int atMost)
            throws SQLException {
        Object[] handled = types.toArray();
        try (PreparedStatement query = connection.prepareStatement(READY)) {
            int next = bindKey(query, 1, after);
            query.setArray(next++, connection.createArrayOf("text", handled));
            query.setArray(next++, connection.createArrayOf("text", handled));
            query.setBoolean(next++, policy.gapPolicy() == GapPolicy.REPORT);
            query.setBoolean(next++, policy.firstEvent() == FirstEvent.FIRST_SEEN);
            query.setInt(next, atMost);
            List<Aggregate> ready = new ArrayList<>();
            try (ResultSet rows = query.executeQuery()) {
                while (rows.next()) {
                    ready.add(
                            new Aggregate(rows.getString(1), rows.getString(2), rows.getString(3), rows.getString(4)));
                }
            }
            return ready;
        }
    }

    /** The first that waits of each aggregate, if it waits for what is missing, and for so long; a hundred at most. */
    List<Overdue> overdue(Connection connection, double seconds) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(OVERDUE)) {
            query.setString(1, consumer);
            query.setDouble(2, seconds);
            List<Overdue> overdue = new ArrayList<>();
            try (ResultSet rows = query.executeQuery()) {
                while (rows.next()) {
                    overdue.add(new Overdue(read(rows.getString(1)), rows.getLong(2)));
                }
            }
            return overdue;
        }
    }

    /** 0 for an unversioned one. */
    static long versionOf(Envelope event) {
        Long version = event.aggregateVersion();
        return version == null ? 0 : version;
    }

    static Envelope read(String event) {
        return CloudEventsJson.read(event.getBytes(StandardCharsets.UTF_8));
    }

    private int bindRow(PreparedStatement statement, Envelope event, boolean wanted) throws SQLException {
        int next = bindKey(statement, 1, event.aggregate());
        statement.setLong(next++, event.sourceEpoch());
        statement.setLong(next++, versionOf(event));
        statement.setString(next++, event.deduplicationId());
        statement.setString(next++, event.type());
        statement.setBoolean(next++, wanted);
        statement.setString(next++, new String(CloudEventsJson.write(event), StandardCharsets.UTF_8));
        return next;
    }

    private int bindDelivery(PreparedStatement statement, Envelope event) throws SQLException {
        statement.setString(1, consumer);
        statement.setString(2, event.aggregate().source());
        statement.setString(3, event.deduplicationId());
        return 4;
    }

    private int bindKey(PreparedStatement statement, int first, Aggregate aggregate) throws SQLException {
        return AggregateKey.bind(statement, first, consumer, aggregate);
    }
}
