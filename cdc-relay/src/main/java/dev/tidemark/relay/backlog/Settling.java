package dev.tidemark.relay.backlog;

import java.sql.SQLException;
import java.util.Collection;
import java.util.List;
import java.util.UUID;

/** Notes what became of waiting events of a part when they were tried. What waits no more is left as it is. */
final class Settling {

    /** How a row becomes one that only remembers its key. */
    static final String FORGET_CONTENT =
            "state = 'settled', settled_at = clock_timestamp(), envelope = null, raw = null, bytes = 0";

    private static final String CHANGE = """
            , changed as (
                update tidemark.backlog b set %s
                from fence
                where %s and b.id = any (?::uuid[]) and b.state = 'waiting')
            select count(*) from fence
            """;
    private static final String DELIVERED = CHANGE.formatted(FORGET_CONTENT + ", outcome = 'delivered'", Part.OWNS);
    private static final String BURY =
            CHANGE.formatted("state = 'dead', cause = 'rejected', attempts = ?, reason = ?", Part.OWNS);
    private static final String ATTEMPTED = CHANGE.formatted("attempts = ?, reason = ?", Part.OWNS);

    private final Access access;
    private final Part part;

    Settling(Access access, Part part) {
        this.access = access;
        this.part = part;
    }

    void delivered(Collection<UUID> ids) throws BacklogException {
        String action = "note " + ids.size() + " events as delivered to " + part.subscriber();
        access.run(action, tx -> change(access.fenced(tx, DELIVERED), ids));
    }

    void bury(UUID id, int attempts, String reason) throws BacklogException {
        note("note as dead event ", BURY, id, attempts, reason);
    }

    void attempted(UUID id, int attempts, String reason) throws BacklogException {
        note("note the attempts of event ", ATTEMPTED, id, attempts, reason);
    }

    private void note(String action, String sql, UUID id, int attempts, String reason) throws BacklogException {
        access.run(
                action + id + " for " + part.subscriber(),
                tx -> change(access.fenced(tx, sql).number(attempts).text(Storing.storable(reason)), List.of(id)));
    }

    private boolean change(Parameters statement, Collection<UUID> ids) throws SQLException, BacklogException {
        return part.bind(statement).uuids(ids).query(row -> {
            row.next();
            access.requireLead(row.getLong(1));
            return true;
        });
    }
}
