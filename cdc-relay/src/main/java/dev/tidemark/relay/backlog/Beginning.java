package dev.tidemark.relay.backlog;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What a subscriber begins with, or gets again, while it is being put into its backlog: at positions below 0, so that it
 * comes before everything that lanes store. For one thread, while lanes deliver nothing.
 *
 * <p>Each call is one statement, or several that may be repeated, and conditional on the epoch as all writes are. After
 * a crash it goes on behind what was put there before.
 */
public final class Beginning {

    /** Far enough below 0 for all events that there will ever be. */
    static final long FIRST = -(1L << 60);

    private static final String LAST = """
            select coalesce((select position from tidemark.backlog
                             where subscriber = ? and state = 'waiting' and position < 0
                             order by position desc limit 1), ?)""";

    private static final String THERE = "select id from tidemark.backlog where subscriber = ? and id = any (?::uuid[])";
    private static final String UNSETTLED = THERE + " and state <> 'settled'";

    private static final String END = """
            , ended as (
                update tidemark.subscriber set loading = false from fence where slot = ? and name = ?)
            select count(*) from fence
            """;

    private final Access access;
    private final String slot;
    private final String subscriber;
    private final @Nullable Long redelivery;
    private final Storing storing;
    private long last;

    /**
     * One that has not begun.
     *
     * @param epoch as for {@link PostgresBacklogs}
     * @param server the same
     * @param redelivery the job that it is for: what is settled is put there again. Null for what a new one begins with
     */
    public Beginning(
            Databases databases,
            String slot,
            long epoch,
            @Nullable String server,
            String subscriber,
            @Nullable Long redelivery) {
        this.access = new Access(databases, slot, epoch, server);
        this.slot = slot;
        this.subscriber = subscriber;
        this.redelivery = redelivery;
        this.storing = new Storing(access, subscriber);
    }

    /** To be called first: looks how far an earlier try came. */
    public void resume() throws BacklogException {
        last = access.run(
                "look where the backlog of " + subscriber + " begins",
                tx -> new Parameters(tx, LAST).text(subscriber).number(FIRST).query(row -> {
                    row.next();
                    return row.getLong(1);
                }));
    }

    /** Those of some events that come anyway, or came: the backlog has their keys, and a job finds them not settled. */
    public Set<UUID> there(Collection<UUID> ids) throws BacklogException {
        return access.run(
                "look up " + ids.size() + " events for " + subscriber,
                tx -> new Parameters(tx, redelivery == null ? THERE : UNSETTLED)
                        .text(subscriber)
                        .uuids(ids)
                        .query(Beginning::ids));
    }

    /**
     * Puts events behind those that were put here before, and before all others. One whose key is there already is
     * left as it is.
     *
     * @throws FencedException if another relay leads now
     */
    public void put(List<Arrival> arrivals) throws BacklogException {
        if (redelivery != null) {
            storing.clear(arrivals);
        }
        storing.store(arrivals, new Storing.Ahead(last, redelivery));
        last += arrivals.size();
    }

    /**
     * All that a new subscriber begins with is there: from now on it may be delivered to.
     *
     * @throws FencedException if another relay leads now
     */
    public void end() throws BacklogException {
        access.run(
                "note that all is stored that " + subscriber + " begins with",
                tx -> access.fenced(tx, END).text(slot).text(subscriber).query(row -> {
                    row.next();
                    access.requireLead(row.getLong(1));
                    return true;
                }));
    }

    private static Set<UUID> ids(ResultSet rows) throws SQLException {
        Set<UUID> ids = new HashSet<>();
        while (rows.next()) {
            ids.add(rows.getObject(1, UUID.class));
        }
        return ids;
    }
}
