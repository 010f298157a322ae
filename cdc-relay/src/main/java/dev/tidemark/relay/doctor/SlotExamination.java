package dev.tidemark.relay.doctor;

import dev.tidemark.relay.config.Sizes;
import dev.tidemark.relay.config.SourceConfig;
import java.sql.SQLException;
import java.util.Optional;

/** The slot: whether it is there, fits, is registered, healthy, and how far behind. */
record SlotExamination(SourceConfig source) implements Examination {

    static final String CHECK = "slot";

    private static final long FAR_BEHIND_BYTES = 1L << 30;

    /** By way of JSON, for older servers do not have all of the columns. */
    private static final String SLOT = """
            select coalesce(plugin, '') = 'pgoutput' and database = current_database() and not temporary as fits,
                   active, wal_status, to_jsonb(s) ->> 'invalidation_reason' as invalidated,
                   coalesce(to_jsonb(s) ->> 'conflicting', 'false') = 'true' as conflicting,
                   case when pg_is_in_recovery() then 0
                        else pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn)::bigint end as retained,
                   confirmed_flush_lsn
            from pg_replication_slots s where slot_name = ?""";

    private static final String REGISTERED = """
            select r.publication, r.outbox,
                   r.system_identifier = (select system_identifier::text from pg_control_system()) as here
            from tidemark.relay r where slot = ?""";

    @Override
    public String theme() {
        return CHECK;
    }

    @Override
    public void examine(Asking database, Findings findings) throws SQLException {
        Optional<Asking.Row> found = database.first(SLOT, source.slot());
        if (found.isEmpty()) {
            findings.problem(
                    CHECK,
                    "slot " + source.slot() + " does not exist: nothing keeps the events that are written",
                    "tidemark migrate, which makes it and sends what the outbox has");
            return;
        }
        if (isUsable(found.get(), findings)) {
            health(found.get(), findings);
            registration(database, findings);
        }
    }

    private boolean isUsable(Asking.Row slot, Findings findings) {
        String drop = "select pg_drop_replication_slot('" + source.slot() + "')";
        if (!slot.is("fits")) {
            findings.problem(
                    CHECK,
                    "slot " + source.slot() + " is not a lasting slot of the plugin pgoutput in this database",
                    "another name in source.slot; or: " + drop + "; then: tidemark migrate");
            return false;
        }
        if (slot.text("wal_status").equals("lost") || !slot.text("invalidated").isEmpty() || slot.is("conflicting")) {
            String why =
                    slot.text("invalidated").isEmpty() ? "WAL that it needed was removed" : slot.text("invalidated");
            findings.problem(
                    CHECK,
                    "slot " + source.slot() + " is lost (" + why + "): events may be missing after "
                            + slot.text("confirmed_flush_lsn"),
                    drop + "; then: tidemark migrate, which makes a new one and sends what the outbox still has");
            return false;
        }
        return true;
    }

    private void health(Asking.Row slot, Findings findings) {
        long retained = slot.number("retained");
        String message = source.slot() + (slot.is("active") ? " is being read" : " is read by nobody now")
                + "; it holds back " + Sizes.show(retained) + " of the log";
        String mend = slot.is("active")
                ? "see tidemark backlog status, and which subscriber is late in /metrics"
                : "start the relay; if nobody needs the slot any more: select pg_drop_replication_slot('"
                        + source.slot() + "')";
        if (slot.text("wal_status").equals("unreserved")) {
            findings.problem(CHECK, message + ", and loses it at the next checkpoint", mend);
        } else if (slot.text("wal_status").equals("extended") || retained > FAR_BEHIND_BYTES) {
            findings.warning(CHECK, message, mend);
        } else {
            findings.ok(CHECK, message);
        }
    }

    private void registration(Asking database, Findings findings) throws SQLException {
        Asking.Row row = database.first(REGISTERED, source.slot()).orElse(null);
        if (row == null) {
            findings.problem(
                    "registration",
                    "slot " + source.slot() + " is not in tidemark.relay: upkeep and the relay do not know it",
                    "tidemark migrate, which registers it");
        } else if (!row.text("publication").equals(source.publication())
                || !row.text("outbox").equals(source.table())) {
            findings.warning(
                    "registration",
                    "the slot was registered with publication " + row.text("publication") + " and outbox "
                            + row.text("outbox"),
                    "source.publication and source.table, if those are right");
        } else if (!row.is("here")) {
            findings.problem(
                    "registration",
                    "the slot was made on another server: this database was upgraded, copied or restored, and events"
                            + " may be missing or come again",
                    "tidemark migrate --repair, if it came with all it had; tidemark adopt-restore, if it is older"
                            + " than what consumers have");
        } else {
            findings.ok("registration", "the slot belongs to this server, publication and outbox");
        }
    }
}
