package dev.tidemark.relay.backlog;

import java.sql.Array;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The jobs by which subscribers get events again, as the relay that leads sees them. While one is {@linkplain #begin
 * being stored} the subscriber counts as loading, also for the next relay that leads.
 *
 * <p>Safe for many threads. Each call is one statement and conditional on the epoch.
 */
public final class Redeliveries {

    private static final String OPEN = """
            select id, subscriber, kind, since, aggregate, latest, aggregatetype, ids, tenantids, state,
                cancelled_at is not null as cancelled
            from tidemark.redelivery
            where slot = ? and state in ('requested', 'storing', 'delivering') order by id""";

    /** What an earlier job, or the beginning of the subscriber, has left at positions below 0. */
    private static final String LEFT = """
            select case
                when exists (select from tidemark.backlog
                             where subscriber = ? and state = 'waiting' and position < 0) then 'waiting'
                when exists (select from tidemark.backlog
                             where subscriber = ? and state = 'dead' and position < 0) then 'dead'
            end""";

    private static final String LOADING =
            "select exists (select from tidemark.subscriber where slot = ? and name = ? and loading)";

    private static final String BEGIN = """
            , begun as (
                update tidemark.redelivery r set state = 'storing', began_at = clock_timestamp(), answer = null
                from fence where r.id = ? and r.state = 'requested' returning r.slot, r.subscriber),
            held as (
                update tidemark.subscriber s set loading = true
                from begun where s.slot = begun.slot and s.name = begun.subscriber)
            select count(*) from fence""";

    private static final String PROGRESS = """
            , changed as (
                update tidemark.redelivery r set total = ?, seen = ?, stored = ? from fence where r.id = ?)
            select count(*) from fence""";

    private static final String NOTE = """
            , changed as (update tidemark.redelivery r set answer = ? from fence where r.id = ?)
            select count(*) from fence""";

    private static final String STORED = """
            , changed as (
                update tidemark.redelivery r set state = 'delivering', stored_at = clock_timestamp(), answer = null
                from fence where r.id = ? and r.state = 'storing' returning r.slot, r.subscriber),
            released as (
                update tidemark.subscriber s set loading = false
                from changed where s.slot = changed.slot and s.name = changed.subscriber)
            select count(*) from fence""";

    /** Whatever its state: what is there of it is to be dropped, by the lanes, and the subscriber goes on. */
    private static final String OVER = """
            , changed as (
                update tidemark.redelivery r set state = ?, answer = ?, done_at = clock_timestamp()
                from fence where r.id = ? and r.state in ('requested', 'storing', 'delivering')
                returning r.slot, r.subscriber, r.id, r.began_at),
            released as (
                update tidemark.subscriber s set loading = false
                from changed where s.slot = changed.slot and s.name = changed.subscriber
                  and changed.began_at is not null),
            dropping as (
                insert into tidemark.command (slot, subscriber, verb, redelivery)
                select slot, subscriber, 'drop', id from changed where began_at is not null)
            select count(*) from fence""";

    private static final String DELIVERED = """
            , changed as (
                update tidemark.redelivery r set state = 'done', done_at = clock_timestamp(), answer = (
                    select r.stored || case when r.kind = 'state' then case r.stored when 1 then ' state' else ' states' end || ' sent'
                        else case r.stored when 1 then ' event' else ' events' end || ' sent again' end || case count(*)
                        when 0 then '' else '; ' || count(*) || ' of them dead: see tidemark backlog list' end
                    from tidemark.backlog b
                    where b.redelivery = r.id and b.subscriber = r.subscriber and b.state = 'dead')
                from fence
                where r.id = ? and r.state = 'delivering' and not exists (
                    select from tidemark.backlog b
                    where b.redelivery = r.id and b.subscriber = r.subscriber and b.state = 'waiting')
                returning 1)
            select (select count(*) from fence), (select count(*) from changed)""";

    private static final String WANTED = """
            select exists (select from tidemark.redelivery where id = ? and cancelled_at is null
                and state in ('requested', 'storing', 'delivering'))""";

    private static final String STORED_SO_FAR =
            "select count(*) from tidemark.backlog where redelivery = ? and subscriber = ? and state <> 'settled'";

    private final Access access;
    private final String slot;

    /**
     * The jobs of a slot.
     *
     * @param epoch in which this relay leads the slot
     * @param server as for {@link PostgresBacklogs}
     */
    public Redeliveries(Databases databases, String slot, long epoch, @Nullable String server) {
        this.access = new Access(databases, slot, epoch, server);
        this.slot = slot;
    }

    /** Those that are not over, oldest first. What no job can be read from fails by this, and keeps no other one back. */
    public List<Redelivery> open() throws BacklogException {
        Map<Long, String> unreadable = new LinkedHashMap<>();
        List<Redelivery> open = access.run(
                "look what is to be sent again",
                tx -> new Parameters(tx, OPEN).text(slot).query(rows -> readable(rows, unreadable)));
        for (Map.Entry<Long, String> one : unreadable.entrySet()) {
            over(one.getKey(), Redelivery.Stage.FAILED, one.getValue());
        }
        return open;
    }

    /** Whether a job is not over, and nobody has asked for its end. */
    public boolean isWanted(Redelivery job) throws BacklogException {
        return access.run(
                "look whether job " + job.id() + " is wanted",
                tx -> new Parameters(tx, WANTED).number(job.id()).query(row -> {
                    row.next();
                    return row.getBoolean(1);
                }));
    }

    /**
     * Whether something stands ahead of a subscriber's live events that was put there before: a further job would get
     * behind it, and swap events of one aggregate.
     *
     * @return {@link State#WAITING} if that is so, {@link State#DEAD} if all that is left is dead, else empty
     */
    public Optional<State> left(String subscriber) throws BacklogException {
        return access.run(
                "look what goes ahead for " + subscriber,
                tx -> new Parameters(tx, LEFT).text(subscriber).text(subscriber).query(row -> {
                    row.next();
                    return Optional.ofNullable(row.getString(1)).map(Storing::state);
                }));
    }

    /** Whether a subscriber is held back, by a job or by what it begins with. */
    public boolean isLoading(String subscriber) throws BacklogException {
        return access.run(
                "look whether " + subscriber + " is held back",
                tx -> new Parameters(tx, LOADING).text(slot).text(subscriber).query(row -> {
                    row.next();
                    return row.getBoolean(1);
                }));
    }

    /** It is being stored from now on, and the subscriber is held back. */
    public void begin(Redelivery job) throws BacklogException {
        fenced("begin job " + job.id(), BEGIN, statement -> statement.number(job.id()));
    }

    /** How many events of it the backlog has, that are not settled: after a crash, those that were stored before. */
    public long storedSoFar(Redelivery job) throws BacklogException {
        return access.run(
                "count what job " + job.id() + " has stored",
                tx -> new Parameters(tx, STORED_SO_FAR)
                        .number(job.id())
                        .text(job.subscriber())
                        .query(row -> {
                            row.next();
                            return row.getLong(1);
                        }));
    }

    /**
     * How far it is.
     *
     * @param total rows that there are to be looked at
     * @param seen of those
     * @param stored events that were put into the backlog
     */
    public void progress(Redelivery job, long total, long seen, long stored) throws BacklogException {
        fenced(
                "note how far job " + job.id() + " is",
                PROGRESS,
                statement -> statement.number(total).number(seen).number(stored).number(job.id()));
    }

    /** Says, to those who wait for it, what it waits for. */
    public void note(Redelivery job, String waitsFor) throws BacklogException {
        fenced(
                "note what job " + job.id() + " waits for",
                NOTE,
                statement -> statement.text(waitsFor).number(job.id()));
    }

    /** All of it is in the backlog: the subscriber may be delivered to. */
    public void stored(Redelivery job) throws BacklogException {
        fenced("note that job " + job.id() + " is stored", STORED, statement -> statement.number(job.id()));
    }

    /** Looks whether all of a job that was stored is delivered, or dead; if so, it is done, and it says so. */
    public boolean isDelivered(Redelivery job) throws BacklogException {
        return access.run(
                "look whether job " + job.id() + " is delivered",
                tx -> access.fenced(tx, DELIVERED).number(job.id()).query(row -> {
                    row.next();
                    access.requireLead(row.getLong(1));
                    return row.getLong(2) == 1;
                }));
    }

    /** Somebody asked for its end: what is left of it is to be dropped, and the subscriber goes on. */
    public void cancelled(Redelivery job) throws BacklogException {
        over(job.id(), Redelivery.Stage.CANCELLED, "cancelled; what was not delivered by then is dropped");
    }

    /** It cannot be done. What is there of it is dropped. */
    public void failed(Redelivery job, String why) throws BacklogException {
        over(job.id(), Redelivery.Stage.FAILED, why);
    }

    private void over(long job, Redelivery.Stage stage, String answer) throws BacklogException {
        fenced(
                "end job " + job,
                OVER,
                statement ->
                        statement.text(Storing.lowerCase(stage)).text(answer).number(job));
    }

    private interface Binding {
        Parameters bind(Parameters statement) throws SQLException;
    }

    private void fenced(String action, String sql, Binding binding) throws BacklogException {
        access.run(
                action,
                tx -> binding.bind(access.fenced(tx, sql)).query(row -> {
                    row.next();
                    access.requireLead(row.getLong(1));
                    return true;
                }));
    }

    private static List<Redelivery> readable(ResultSet rows, Map<Long, String> unreadable) throws SQLException {
        List<Redelivery> readable = new ArrayList<>();
        while (rows.next()) {
            try {
                readable.add(read(rows));
            } catch (IllegalArgumentException e) {
                unreadable.put(rows.getLong("id"), "it is no job: " + e.getMessage());
            }
        }
        return readable;
    }

    static Redelivery read(ResultSet row) throws SQLException {
        return new Redelivery(
                row.getLong("id"),
                row.getString("subscriber"),
                row.getString("kind").equals("state") ? states(row) : which(row),
                Redelivery.Stage.valueOf(row.getString("state").toUpperCase(Locale.ROOT)),
                row.getBoolean("cancelled"));
    }

    private static Redelivery.Which which(ResultSet row) throws SQLException {
        Timestamp since = row.getTimestamp("since");
        return new Redelivery.Which(
                since == null ? null : since.toInstant(), row.getString("aggregate"), row.getBoolean("latest"));
    }

    private static Redelivery.States states(ResultSet row) throws SQLException {
        List<String> ids = texts(row.getArray("ids"));
        List<String> tenantIds = texts(row.getArray("tenantids"));
        return new Redelivery.States(
                row.getString("aggregatetype"),
                ids,
                ids == null ? List.of() : tenantIds == null ? Collections.nCopies(ids.size(), "") : tenantIds);
    }

    private static @Nullable List<String> texts(@Nullable Array array) throws SQLException {
        return array == null ? null : List.of((String[]) array.getArray());
    }
}
