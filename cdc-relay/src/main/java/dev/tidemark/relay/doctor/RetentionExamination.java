package dev.tidemark.relay.doctor;

import dev.tidemark.relay.config.Sizes;
import dev.tidemark.relay.config.SourceConfig;
import java.sql.SQLException;

/** How much of the log a slot may hold back, and what the disk has to do with it. */
record RetentionExamination(SourceConfig source) implements Examination {

    private static final String CHECK = "max_slot_wal_keep_size";
    private static final long LEAST_BYTES = 1L << 30;
    private static final String RELOAD = "; select pg_reload_conf();";

    private static final String LIMITS = """
            select (select setting from pg_settings where name = 'max_slot_wal_keep_size') as most_mib,
                   coalesce((select setting from pg_settings where name = 'idle_replication_slot_timeout'), '0') as idle,
                   coalesce((select case when pg_is_in_recovery() then 0
                             else pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::bigint end
                             from pg_replication_slots where slot_name = ?), 0) as retained""";

    @Override
    public String theme() {
        return CHECK;
    }

    @Override
    public void examine(Asking database, Findings findings) throws SQLException {
        Asking.Row limits = database.one(LIMITS, source.slot());
        long retained = limits.number("retained");
        long most = limits.number("most_mib") << 20;
        if (limits.number("most_mib") < 0) {
            findings.warning(
                    CHECK,
                    "is not limited: a slot that is behind may fill the disk and stop the database. The free disk cannot"
                            + " be asked here: look at it with df, where pg_wal is",
                    "alter system set max_slot_wal_keep_size = '<well below the free disk, such as 50GB>'" + RELOAD);
        } else if (most < LEAST_BYTES) {
            findings.warning(
                    CHECK,
                    "is only " + Sizes.show(most) + ": a short pause of the relay loses the slot, and events with it",
                    "alter system set max_slot_wal_keep_size = '<well below the free disk, such as 50GB>'" + RELOAD);
        } else if (retained > most / 2) {
            findings.warning(
                    CHECK,
                    "is " + Sizes.show(most) + ", of which the slot holds " + Sizes.show(retained)
                            + " already; above it, it is lost",
                    "have the relay catch up; or raise it, if the disk has room" + RELOAD);
        } else {
            findings.ok(
                    CHECK,
                    Sizes.show(most) + ", of which the slot holds " + Sizes.show(retained)
                            + "; where pg_wal is, df must show more than that free");
        }
        if (limits.number("idle") > 0) {
            findings.warning(
                    "idle_replication_slot_timeout",
                    "is " + limits.text("idle") + " s: the slot is lost when no relay has read it for that long",
                    "alter system set idle_replication_slot_timeout = 0" + RELOAD);
        }
    }
}
