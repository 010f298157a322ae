package dev.tidemark.relay.backlog;

import dev.tidemark.envelope.Envelope;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;

/**
 * Takes the backlog of a database that came back older than its consumers along into the new epoch of its sources. No
 * relay may lead meanwhile, and everything that the outbox has must be sent again afterwards.
 *
 * @param source to the database of the outbox, not in auto-commit mode; not committed here
 * @param backlog to that of the backlog, which may be the same connection; as that one
 * @param outbox schema and name
 */
public record Adoption(Connection source, Connection backlog, String outbox) {

    /** What is sent again must not be taken for known. */
    private static final String FORGET_SETTLED = "delete from tidemark.backlog where state = 'settled'";

    private static final String IDS = "select distinct id from tidemark.backlog where envelope is not null";

    private static final String RETAINED = "select id from %s where id = any (?)";

    /** What is not in the outbox exists here only. */
    private static final String FORGET = "delete from tidemark.backlog where envelope is not null and id = any (?)";

    private static final String OLDER = "select subscriber, id, envelope from tidemark.backlog"
            + " where envelope is not null and source = ? and sourceepoch < ?";

    private static final String RAISE =
            "update tidemark.backlog set sourceepoch = ?, envelope = ?, bytes = ? where subscriber = ? and id = ?";

    /** An envelope may have 16 MiB, or more in base64. */
    private static final int ROWS_AT_ONCE = 4;

    private static final int IDS_AT_ONCE = 10_000;

    /** The sources of which events are in the backlog. */
    public Set<String> sources() throws SQLException {
        try (Statement statement = backlog.createStatement();
                ResultSet rows =
                        statement.executeQuery("select distinct source from tidemark.backlog where source <> ''")) {
            Set<String> sources = new TreeSet<>();
            while (rows.next()) {
                sources.add(rows.getString(1));
            }
            return sources;
        }
    }

    /**
     * Does it.
     *
     * @return for how many subscribers an event that is in the backlog only was given its source's epoch
     */
    public long run() throws SQLException {
        try (Statement forget = backlog.createStatement()) {
            forget.executeUpdate(FORGET_SETTLED);
        }
        forgetRetained();
        long raised = 0;
        for (Map.Entry<String, Long> one : epochs().entrySet()) {
            raised += raise(one.getKey(), one.getValue());
        }
        return raised;
    }

    private void forgetRetained() throws SQLException {
        try (Statement query = backlog.createStatement()) {
            query.setFetchSize(IDS_AT_ONCE);
            try (ResultSet rows = query.executeQuery(IDS)) {
                Set<UUID> page = new HashSet<>();
                while (rows.next()) {
                    page.add(rows.getObject(1, UUID.class));
                    if (page.size() == IDS_AT_ONCE) {
                        forget(retained(page));
                        page.clear();
                    }
                }
                forget(retained(page));
            }
        }
    }

    private List<UUID> retained(Set<UUID> ids) throws SQLException {
        try (PreparedStatement query = source.prepareStatement(RETAINED.formatted(outbox))) {
            query.setArray(1, source.createArrayOf("uuid", ids.toArray()));
            try (ResultSet rows = query.executeQuery()) {
                List<UUID> retained = new ArrayList<>();
                while (rows.next()) {
                    retained.add(rows.getObject(1, UUID.class));
                }
                return retained;
            }
        }
    }

    private void forget(List<UUID> ids) throws SQLException {
        try (PreparedStatement delete = backlog.prepareStatement(FORGET)) {
            delete.setArray(1, backlog.createArrayOf("uuid", ids.toArray()));
            delete.executeUpdate();
        }
    }

    private Map<String, Long> epochs() throws SQLException {
        try (Statement statement = source.createStatement();
                ResultSet rows = statement.executeQuery("select name, epoch from tidemark.source")) {
            Map<String, Long> epochs = new HashMap<>();
            while (rows.next()) {
                epochs.put(rows.getString(1), rows.getLong(2));
            }
            return epochs;
        }
    }

    private long raise(String name, long epoch) throws SQLException {
        long raised = 0;
        try (PreparedStatement query = backlog.prepareStatement(OLDER);
                PreparedStatement update = backlog.prepareStatement(RAISE)) {
            query.setString(1, name);
            query.setLong(2, epoch);
            query.setFetchSize(ROWS_AT_ONCE);
            try (ResultSet rows = query.executeQuery()) {
                while (rows.next()) {
                    raised += raise(rows, epoch, update);
                }
            }
        }
        return raised;
    }

    private static int raise(ResultSet row, long epoch, PreparedStatement update) throws SQLException {
        Envelope stored = StoredEnvelope.read(row.getBytes("envelope"));
        byte[] raised =
                StoredEnvelope.write(stored.toBuilder().sourceEpoch(epoch).build());
        update.setLong(1, epoch);
        update.setBytes(2, raised);
        update.setInt(3, raised.length);
        update.setString(4, row.getString("subscriber"));
        update.setObject(5, row.getObject("id", UUID.class));
        return update.executeUpdate();
    }
}
