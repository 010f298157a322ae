package dev.tidemark.relay.doctor;

import dev.tidemark.relay.config.SourceConfig;
import java.sql.SQLException;

/** Whether there is a replication slot and a sender left. */
record CapacityExamination(SourceConfig source) implements Examination {

    private static final String USED = """
            select current_setting('max_replication_slots') as slots, current_setting('max_wal_senders') as senders,
                   (select count(*) from pg_replication_slots) as slots_used,
                   (select count(*) from pg_stat_replication) as senders_used,
                   coalesce((select true from pg_replication_slots where slot_name = ?), false) as exists,
                   coalesce((select active from pg_replication_slots where slot_name = ?), false) as active""";

    @Override
    public String theme() {
        return "replication slots and senders";
    }

    @Override
    public void examine(Asking database, Findings findings) throws SQLException {
        Asking.Row used = database.one(USED, source.slot(), source.slot());
        look("max_replication_slots", used.number("slots_used"), used.number("slots"), used.is("exists"), findings);
        look("max_wal_senders", used.number("senders_used"), used.number("senders"), used.is("active"), findings);
    }

    private static void look(String setting, long used, long most, boolean ours, Findings findings) {
        String message = used + " of " + most + " are used" + (ours ? ", one of them by this relay" : "");
        String mend = "alter system set " + setting + " = " + Math.max(20, 2 * most) + ";   -- then restart PostgreSQL";
        if (used < most) {
            findings.ok(setting, message);
        } else if (ours) {
            findings.warning(setting, message + ": none is left for a standby or a repair", mend);
        } else {
            findings.problem(setting, message + ": none is left for this relay", mend);
        }
    }
}
