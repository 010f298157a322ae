package dev.tidemark.relay.backlog;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Asks the relay that leads to send a subscriber again what the outbox has retained, or what aggregates are now, and looks
 * how far it is: {@code tidemark replay} and {@code tidemark bootstrap}, in Java.
 *
 * <p>The database is that of the backlog, which is by default that of the outbox. Immutable and safe for many threads;
 * each call opens a connection and closes it. Every method throws {@link SQLException} if the database does not answer, or
 * does not let us.
 */
public final class RedeliveryAdmin {

    private static final String REQUEST = """
            insert into tidemark.redelivery
                (slot, subscriber, kind, since, aggregate, latest, aggregatetype, ids, tenantids)
            values (?, ?, ?, ?, ?, ?, ?, ?, ?) returning id""";

    private static final String LOOK = """
            select r.*, r.cancelled_at is not null as cancelled, (
                select count(*) from tidemark.backlog b
                where r.state in ('storing', 'delivering', 'done') and b.redelivery = r.id and b.subscriber = r.subscriber
                  and b.state = 'waiting') as waiting, (
                select count(*) from tidemark.backlog b
                where r.state in ('storing', 'delivering', 'done') and b.redelivery = r.id and b.subscriber = r.subscriber
                  and b.state = 'dead') as dead
            from tidemark.redelivery r where r.slot = ?""";

    private static final String CANCEL = """
            update tidemark.redelivery set cancelled_at = clock_timestamp()
            where slot = ? and id = ? and cancelled_at is null and state in ('requested', 'storing', 'delivering')""";

    private final Connections connections;
    private final String slot;

    /**
     * What is known of a job.
     *
     * @param requestedBy the role
     * @param total rows that there are to be looked at; null until they are counted
     * @param seen of those
     * @param stored events that were put into the backlog
     * @param waiting of those
     * @param dead of those
     * @param answer for people: what it waits for, or what became of it; null if there is nothing to say
     * @param doneAt null while it goes on
     */
    public record Look(
            Redelivery job,
            String requestedBy,
            Instant requestedAt,
            @Nullable Long total,
            long seen,
            long stored,
            long waiting,
            long dead,
            @Nullable String answer,
            @Nullable Instant doneAt) {}

    /** @param slot of the relay that has the subscribers */
    public RedeliveryAdmin(Connections connections, String slot) {
        this.connections = connections;
        this.slot = slot;
    }

    /**
     * Asks for events again, or for states. It is durable when this returns; the relay that leads begins within seconds,
     * or the next one that does.
     *
     * @return the job's id
     */
    public long request(String subscriber, Redelivery.Wanted wanted) throws SQLException {
        try (Connection connection = connections.open();
                PreparedStatement insert = connection.prepareStatement(REQUEST)) {
            insert.setString(1, slot);
            insert.setString(2, subscriber);
            Redelivery.Which which = wanted instanceof Redelivery.Which events ? events : Redelivery.Which.all();
            Instant since = which.since();
            insert.setTimestamp(4, since == null ? null : Timestamp.from(since));
            insert.setString(5, which.aggregate());
            insert.setBoolean(6, which.latest());
            if (wanted instanceof Redelivery.States states) {
                insert.setString(3, "state");
                insert.setString(7, states.aggregateType());
                List<String> ids = states.ids();
                insert.setArray(8, ids == null ? null : connection.createArrayOf("text", ids.toArray()));
                insert.setArray(
                        9,
                        ids == null
                                ? null
                                : connection.createArrayOf(
                                        "text", states.tenantIds().toArray()));
            } else {
                insert.setString(3, "replay");
                insert.setString(7, null);
                insert.setArray(8, null);
                insert.setArray(9, null);
            }
            try (ResultSet row = insert.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        }
    }

    /** One job; empty if there is none with this id. Counts what waits of it. */
    public Optional<Look> look(long job) throws SQLException {
        try (Connection connection = connections.open();
                PreparedStatement query = connection.prepareStatement(LOOK + " and r.id = ?")) {
            query.setString(1, slot);
            query.setLong(2, job);
            return looks(query).stream().findFirst();
        }
    }

    /**
     * The last jobs, newest first.
     *
     * @param limit the most, at least 1
     */
    public List<Look> list(int limit) throws SQLException {
        try (Connection connection = connections.open();
                PreparedStatement query = connection.prepareStatement(LOOK + " order by r.id desc limit ?")) {
            query.setString(1, slot);
            query.setInt(2, limit);
            return looks(query);
        }
    }

    /**
     * Asks for the end of a job: what is not delivered yet is dropped, by the relay that leads.
     *
     * @return false if it is over already, somebody has asked before, or there is none with this id
     */
    public boolean cancel(long job) throws SQLException {
        try (Connection connection = connections.open();
                PreparedStatement update = connection.prepareStatement(CANCEL)) {
            update.setString(1, slot);
            update.setLong(2, job);
            return update.executeUpdate() == 1;
        }
    }

    private static List<Look> looks(PreparedStatement query) throws SQLException {
        try (ResultSet rows = query.executeQuery()) {
            List<Look> looks = new ArrayList<>();
            while (rows.next()) {
                Timestamp doneAt = rows.getTimestamp("done_at");
                looks.add(new Look(
                        Redeliveries.read(rows),
                        rows.getString("requested_by"),
                        rows.getTimestamp("requested_at").toInstant(),
                        rows.getObject("total", Long.class),
                        rows.getLong("seen"),
                        rows.getLong("stored"),
                        rows.getLong("waiting"),
                        rows.getLong("dead"),
                        rows.getString("answer"),
                        doneAt == null ? null : doneAt.toInstant()));
            }
            return looks;
        }
    }
}
