package dev.tidemark.relay.ops;

import dev.tidemark.relay.capture.Lsn;
import dev.tidemark.relay.config.SourceConfig;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Tells from a {@link Look} whether every event that is not settled can still be read: one rule after another, the
 * first that is broken is the verdict. Says in each case what repairs it.
 *
 * @param remembered what this process has seen itself
 */
record Judgement(SourceConfig source, Look look, Memory remembered) {

    private static final String REPAIR =
            "tidemark migrate --repair, which makes a new slot and sends what the outbox still has";
    private static final String ADOPT =
            "tidemark adopt-restore, which makes a new slot and tells consumers that history has changed";

    /**
     * What a process knows beyond what is in the database, which may be an older copy by now.
     *
     * @param settled up to there everything is settled, as it did itself or saw on record
     * @param endOfLog up to there the log was on disk
     * @param timeline of {@code endOfLog}
     */
    record Memory(@Nullable Lsn settled, @Nullable Lsn endOfLog, int timeline) {

        static final Memory NONE = new Memory(null, null, 0);

        Memory with(@Nullable Lsn alsoSettled, Look look) {
            boolean same = timeline == look.timeline();
            return new Memory(
                    later(later(settled, alsoSettled), look.registered().acknowledged()),
                    same ? later(endOfLog, look.endOfLog()) : look.endOfLog(),
                    look.timeline());
        }
    }

    /** Why nothing may be read or acknowledged any more, and what to do; null if all is well. */
    @Nullable
    String problem() {
        String problem = ofServer();
        problem = problem == null ? ofTable() : problem;
        problem = problem == null ? ofPublication() : problem;
        return problem == null ? ofSlot() : problem;
    }

    /** Whether a standby was promoted since, with the slot on it. */
    boolean failedOver() {
        return look.timeline() != look.registered().timeline();
    }

    /** Whether the slot stands before what is settled: what is between comes again. */
    boolean wentBack() {
        Look.Slot slot = look.slot();
        return slot != null && isBefore(slot.confirmed(), look.registered().acknowledged());
    }

    /**
     * Up to where everything is settled, as it must be on record before anything is read. The bound of what a slot that
     * came along has confirmed is a row later in the log, which the standby may not have had when it was promoted; the
     * slot's own word is all there is then.
     */
    @Nullable
    Lsn bound() {
        Lsn known = look.registered().acknowledged();
        Look.Slot slot = look.slot();
        return slot != null && (known == null || failedOver()) ? later(known, slot.confirmed()) : known;
    }

    private @Nullable String ofServer() {
        Look.Registered was = look.registered();
        if (!look.walLevel().equals("logical")) {
            return "wal_level must be logical, but is " + look.walLevel()
                    + "; run: alter system set wal_level = 'logical'; then restart Postgres";
        }
        if (!was.systemIdentifier().equals(look.systemIdentifier())) {
            return "this is another server: slot " + source.slot() + " was made on system " + was.systemIdentifier()
                    + ", but this is " + look.systemIdentifier() + ", so " + unsent()
                    + "; if the database came here with all it had, as by pg_upgrade, run: " + REPAIR
                    + "; if it is a copy that is older than what consumers have, run: " + ADOPT;
        }
        boolean sameTimeline = remembered.timeline() == look.timeline();
        boolean shorter = sameTimeline && isBefore(look.endOfLog(), remembered.endOfLog());
        if (shorter || isBefore(look.endOfLog(), settled())) {
            return "the database went back: its log ends at " + look.endOfLog() + ", but reached "
                    + later(settled(), remembered.endOfLog()) + " before, so consumers of slot " + source.slot()
                    + " have events that it has not; run: " + ADOPT;
        }
        return null;
    }

    private @Nullable String ofTable() {
        String table = source.table();
        if (look.outbox().oid() == null) {
            return "table " + table + " does not exist" + (look.registered().outboxOid() == null ? "" : " any more")
                    + ", so " + unsent() + "; if it was renamed, give it its name back; or else run: " + REPAIR;
        }
        if (!look.outbox().readable()) {
            return source.user() + " may not read " + table + "; run: grant select on " + table + " to " + source.user()
                    + ", or apply roles.sql";
        }
        if (differs(look.registered().outboxOid(), look.outbox().oid())) {
            return "table " + table + " is not the one it was (oid "
                    + look.outbox().oid() + ", was "
                    + look.registered().outboxOid() + "), so " + unsent()
                    + "; if it was renamed, give both their names back; or else run: " + REPAIR;
        }
        if (!look.missingColumns().isEmpty()) {
            return "table " + table + " has no column " + look.missingColumns()
                    + ", without which events cannot be read, and " + unsent() + "; add it again, then run: " + REPAIR;
        }
        return null;
    }

    private @Nullable String ofPublication() {
        String name = source.publication();
        Look.Published now = look.published();
        if (now.as() == null) {
            return "publication " + name + " does not exist, so inserts since it was dropped are not in slot "
                    + source.slot() + ", and " + unsent() + "; run: " + REPAIR;
        }
        if (!now.whole()) {
            return "publication " + name + " must publish all inserts of " + source.table() + " via its root, but has: "
                    + now.as() + "; " + unsent() + "; run: " + REPAIR;
        }
        if (differs(look.registered().publishedAs(), now.as())) {
            return "publication " + name + " was dropped, made anew or altered (was: "
                    + look.registered().publishedAs() + "; is: " + now.as()
                    + "), so inserts meanwhile may not be in slot "
                    + source.slot() + ", and " + unsent() + "; run: " + REPAIR;
        }
        return null;
    }

    private @Nullable String ofSlot() {
        Look.Slot slot = look.slot();
        String name = "slot " + source.slot();
        if (slot == null && failedOver()) {
            return promoted() + ", and " + name + " did not come along, so " + unsent() + "; run: " + ADOPT;
        }
        if (slot == null) {
            return name + " does not exist, so nothing keeps the events written since it was dropped, and " + unsent()
                    + "; run: " + REPAIR;
        }
        if (slot.broken() != null) {
            return name + " is lost (" + slot.broken() + "): Postgres does not keep what it still needed, see"
                    + " max_slot_wal_keep_size, and " + unsent() + "; run: " + REPAIR;
        }
        if (!slot.fits()) {
            return name + " must be a lasting logical slot of the plugin pgoutput in this database; name another in"
                    + " source.slot, or drop it and run: " + REPAIR;
        }
        if (failedOver() && !slot.synced()) {
            return promoted() + ", and " + name + " at " + slot.confirmed() + " was not synchronised with the"
                    + " one before, so " + unsent() + "; run: " + ADOPT;
        }
        if (!failedOver() && isBefore(settled(), slot.confirmed())) { // or else, see bound()
            return name + " was moved or made anew: it stands at " + slot.confirmed() + ", but only what is up to "
                    + settled() + " was settled, so events between " + settled() + " and " + slot.confirmed()
                    + " may be missing; run: " + REPAIR;
        }
        return null;
    }

    private String promoted() {
        return "the server was promoted or recovered (timeline "
                + look.registered().timeline() + ", now " + look.timeline() + ")";
    }

    /** The range of which nobody knows. */
    private String unsent() {
        Lsn from = settled();
        return from == null
                ? "of slot " + source.slot() + ", events up to " + look.endOfLog() + " may be missing"
                : "of slot " + source.slot() + ", events between " + from + " and " + look.endOfLog()
                        + " may be missing";
    }

    private @Nullable Lsn settled() {
        return later(look.registered().acknowledged(), remembered.settled());
    }

    private static boolean differs(@Nullable String was, @Nullable String is) {
        return was != null && !Objects.equals(was, is);
    }

    private static boolean isBefore(@Nullable Lsn one, @Nullable Lsn other) {
        return one != null && other != null && one.compareTo(other) < 0;
    }

    private static @Nullable Lsn later(@Nullable Lsn one, @Nullable Lsn other) {
        if (one == null || other == null) {
            return one == null ? other : one;
        }
        return isBefore(one, other) ? other : one;
    }
}
