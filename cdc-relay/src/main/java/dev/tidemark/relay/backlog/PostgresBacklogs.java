package dev.tidemark.relay.backlog;

import org.jspecify.annotations.Nullable;

/**
 * The backlog in the table {@code tidemark.backlog}, as a leader of one epoch writes it. Safe for many threads; a
 * part is for one.
 *
 * <p>Each call takes a connection for a moment, and each statement is a transaction of its own. Every write is
 * conditional on the epoch in {@code tidemark.relay}.
 */
public final class PostgresBacklogs implements Backlogs {

    private static final String SIZE = """
            select coalesce(sum(events) filter (where state = 'waiting'), 0),
                coalesce(sum(events) filter (where state = 'dead'), 0), coalesce(sum(bytes), 0)
            from (
                select 'waiting' as state, count(*) as events, sum(bytes) as bytes
                from tidemark.backlog where subscriber = ? and state = 'waiting'
                union all
                select 'dead', count(*), sum(bytes) from tidemark.backlog where subscriber = ? and state = 'dead') held
            """;

    /** A sum over ten million rows takes longer than the connections' own patience, and without it there is no limit. */
    private static final int COUNT_MILLIS = 600_000;

    private final Access access;

    /**
     * Opens nothing yet.
     *
     * @param epoch of {@code tidemark.relay}, as this leader raised it
     * @param server that the backlog was on then; null if it is in the database of the outbox
     */
    public PostgresBacklogs(Databases databases, String slot, long epoch, @Nullable String server) {
        this.access = new Access(databases, slot, epoch, server);
    }

    @Override
    public Size size(String subscriber) throws BacklogException {
        return access.run("measure the backlog of " + subscriber, tx -> {
            int usual = tx.getNetworkTimeout();
            tx.setNetworkTimeout(Runnable::run, COUNT_MILLIS);
            Size size = new Parameters(tx, SIZE)
                    .text(subscriber)
                    .text(subscriber)
                    .query(row -> {
                        row.next();
                        return new Size(row.getLong(1), row.getLong(2), row.getLong(3));
                    });
            tx.setNetworkTimeout(Runnable::run, usual);
            return size;
        });
    }

    @Override
    public Backlog part(String subscriber, int lane, int lanes, boolean deadBlocks) {
        return new PostgresBacklog(access, new Part(subscriber, lane, lanes, deadBlocks));
    }
}
