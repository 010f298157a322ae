package dev.tidemark.relay.backlog;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * Forgets the keys of settled events that Postgres can never send again. For one thread, which calls it every few
 * seconds.
 *
 * <p>The position that a slot has confirmed goes back when Postgres crashes: it is saved only when the slot's
 * {@code restart_lsn} moves on, and not even by a checkpoint if nothing else of the slot has changed. What is saved
 * is never before the {@code restart_lsn} that is saved with it, so the keys below a saved {@code restart_lsn} are not
 * needed again. That it is saved is certain when a checkpoint that began after it was seen has ended, and it did not
 * go back meanwhile.
 */
public final class Forgetting {

    static final int STEP = 5000;
    private static final int MOST_STEPS = 10; // in a run: whoever calls it has other things to do

    private static final String LOOK = """
            select s.restart_lsn, pg_current_wal_insert_lsn() as now,
                (select redo_lsn from pg_control_checkpoint()) >= ?::pg_lsn and s.restart_lsn >= ?::pg_lsn as saved,
                s.restart_lsn < ?::pg_lsn as back
            from pg_replication_slots s where s.slot_name = ? and s.restart_lsn is not null
            """;

    /** Keys of subscribers that another slot feeds are not ours to judge. */
    private static final String FORGET = """
            , gone as (
                delete from tidemark.backlog using fence
                where ctid = any (array(
                    select b.ctid from tidemark.backlog b
                    where b.state = 'settled' and b.passed_lsn <= ?::pg_lsn
                      and b.subscriber not in (select s.name from tidemark.subscriber s where s.slot <> ?)
                    order by b.passed_lsn limit %d))
                returning 1)
            select (select count(*) from fence), (select count(*) from gone)
            """.formatted(STEP);

    private final Access access;
    private final String slot;
    private @Nullable Seen seen;
    private @Nullable String durable;

    /** What is waited for to be saved: {@code restart}, by a checkpoint that begins at {@code now} or later. */
    private record Seen(String restart, String now) {}

    /**
     * Knows nothing yet. What the slot has passed may be forgotten on any server.
     *
     * @param epoch as for {@link PostgresBacklogs}
     */
    public Forgetting(Databases databases, String slot, long epoch) {
        this.access = new Access(databases, slot, epoch, null);
        this.slot = slot;
    }

    /**
     * Looks at the slot, and deletes what may be forgotten by now, {@value #STEP} rows in a transaction, ten
     * times at most.
     *
     * @return how many keys were forgotten
     * @throws FencedException if another relay leads; nothing more is to be done here
     */
    public long runOnce() throws BacklogException {
        access.ask("look at slot " + slot, this::look);
        String below = durable;
        if (below == null) {
            return 0;
        }
        long forgotten = 0;
        long step = STEP;
        for (int steps = 0; step == STEP && steps < MOST_STEPS; steps++) {
            step = access.run("forget settled events", tx -> forget(tx, below));
            forgotten += step;
        }
        return forgotten;
    }

    /** The position below which nothing is sent again, such as {@code 16/B374D848}; null while none is known. */
    @Nullable
    String durable() {
        return durable;
    }

    private boolean look(Connection connection) throws SQLException, BacklogException {
        Seen before = seen;
        return new Parameters(connection, LOOK)
                .text(before == null ? null : before.now)
                .text(before == null ? null : before.restart)
                .text(before == null ? null : before.restart)
                .text(slot)
                .query(row -> {
                    note(row, before);
                    return true;
                });
    }

    private void note(ResultSet row, @Nullable Seen before) throws SQLException {
        if (!row.next()) {
            seen = null; // the slot is gone: others see to that
            return;
        }
        boolean saved = row.getBoolean("saved");
        if (before != null && saved) {
            durable = before.restart;
        }
        if (before == null || saved || row.getBoolean("back")) {
            seen = new Seen(row.getString("restart_lsn"), row.getString("now"));
        }
    }

    private long forget(Connection connection, String below) throws SQLException, BacklogException {
        return access.fenced(connection, FORGET).text(below).text(slot).query(row -> {
            row.next();
            access.requireLead(row.getLong(1));
            return row.getLong(2);
        });
    }
}
