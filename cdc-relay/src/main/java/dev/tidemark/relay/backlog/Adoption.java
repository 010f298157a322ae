package dev.tidemark.relay.backlog;

import dev.tidemark.envelope.Envelope;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.UUID;

/**
 * Takes the backlog of a database that came back older than its consumers along into the new epoch of its sources. No
 * relay may lead meanwhile, and everything that the outbox has must be sent again afterwards.
 *
 * @param connection not in auto-commit mode; not committed here
 * @param outbox schema and name
 */
public record Adoption(Connection connection, String outbox) {

    /** What is sent again must not be taken for known. What is not in the outbox exists here only. */
    private static final String FORGET = "delete from tidemark.backlog b where b.state = 'settled'"
            + " or (b.envelope is not null and exists (select from %s o where o.id = b.id))";

    private static final String OLDER = "select b.subscriber, b.id, b.envelope, s.epoch from tidemark.backlog b"
            + " join tidemark.source s on s.name = b.source where b.envelope is not null and b.sourceepoch < s.epoch";

    private static final String RAISE =
            "update tidemark.backlog set sourceepoch = ?, envelope = ?, bytes = ?" + " where subscriber = ? and id = ?";

    /** An envelope may have 16 MiB, or more in base64. */
    private static final int ROWS_AT_ONCE = 4;

    /**
     * Does it.
     *
     * @return for how many subscribers an event that is in the backlog only was given its source's epoch
     */
    public long run() throws SQLException {
        try (Statement forget = connection.createStatement()) {
            forget.executeUpdate(FORGET.formatted(outbox));
        }
        long raised = 0;
        try (PreparedStatement query = connection.prepareStatement(OLDER);
                PreparedStatement update = connection.prepareStatement(RAISE)) {
            query.setFetchSize(ROWS_AT_ONCE);
            try (ResultSet rows = query.executeQuery()) {
                while (rows.next()) {
                    raised += raise(rows, update);
                }
            }
        }
        return raised;
    }

    private static int raise(ResultSet row, PreparedStatement update) throws SQLException {
        long epoch = row.getLong("epoch");
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
