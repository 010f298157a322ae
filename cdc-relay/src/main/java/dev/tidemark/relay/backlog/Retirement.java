package dev.tidemark.relay.backlog;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Map;

/**
 * Gives a subscriber up: the relay may start without it from now on.
 *
 * @param source to the database of the outbox
 * @param backlog to the database of the backlog, which may be the same
 * @param slot of the relay that has it
 */
public record Retirement(Connections source, Connections backlog, String slot) {

    private static final String COUNT = """
            select (select count(*) from tidemark.backlog where subscriber = ? and state = 'waiting'),
                   (select count(*) from tidemark.backlog where subscriber = ? and state = 'dead')""";

    /** Its keys stay, as those of all settled events do, until the slot has durably passed them. */
    private static final String DROP = """
            update tidemark.backlog set state = 'settled', outcome = 'dropped', envelope = null, raw = null, bytes = 0,
                   settled_at = clock_timestamp()
            where subscriber = ? and state in ('waiting', 'dead')""";

    private static final String FORGET_COMMANDS = """
            update tidemark.command set state = 'failed', events = 0, answer = 'the subscriber was retired',
                   done_at = clock_timestamp()
            where slot = ? and subscriber = ? and state = 'requested'""";

    private static final String RETIRE =
            "update tidemark.subscriber set state = 'retired', loading = false where slot = ? and name = ?";

    /**
     * What was done.
     *
     * @param before whether it had been retired before
     * @param waiting events that were dropped
     * @param dead events that were dropped
     * @param slotIsRead whether a relay reads the slot now: it may know the subscriber still
     */
    public record Retired(boolean before, long waiting, long dead, boolean slotIsRead) {}

    /**
     * Retires it.
     *
     * @param dropBacklog whether events that it has not got yet are given up
     * @throws IllegalArgumentException if nobody knows it; the message names those who are known
     * @throws IllegalStateException if its backlog has events, and they may not be dropped; nothing was changed
     */
    public Retired retire(String subscriber, boolean dropBacklog) throws SQLException {
        try (Connection connection = backlog.open()) {
            connection.setAutoCommit(false); // closed without a commit, it leaves nothing behind
            boolean before = isRetired(connection, subscriber);
            Retired retired = dropped(connection, subscriber, dropBacklog, before);
            update(connection, FORGET_COMMANDS, slot, subscriber);
            update(connection, RETIRE, slot, subscriber);
            connection.commit();
            return retired;
        }
    }

    private boolean isRetired(Connection connection, String subscriber) throws SQLException {
        Map<String, String> names = new Standings(connection, slot).names();
        String state = names.get(subscriber);
        if (state == null) {
            throw new IllegalArgumentException("there is no subscriber " + subscriber + " of slot " + slot
                    + (names.isEmpty()
                            ? "; none is registered yet"
                            : "; known are: " + String.join(", ", names.keySet())));
        }
        return state.equals("retired");
    }

    private Retired dropped(Connection connection, String subscriber, boolean dropBacklog, boolean before)
            throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(COUNT)) {
            query.setString(1, subscriber);
            query.setString(2, subscriber);
            try (ResultSet row = query.executeQuery()) {
                row.next();
                long waiting = row.getLong(1);
                long dead = row.getLong(2);
                if (waiting + dead > 0) {
                    if (!dropBacklog) {
                        throw new IllegalStateException("the backlog of " + subscriber + " has " + waiting
                                + " waiting and " + dead
                                + " dead events, which nobody would deliver any more. Have them"
                                + " delivered first, or give them up with --drop-backlog");
                    }
                    update(connection, DROP, subscriber);
                }
                return new Retired(before, waiting, dead, isRead());
            }
        }
    }

    private boolean isRead() throws SQLException {
        try (Connection connection = source.open();
                PreparedStatement query =
                        connection.prepareStatement("select active from pg_replication_slots where slot_name = ?")) {
            query.setString(1, slot);
            try (ResultSet row = query.executeQuery()) {
                return row.next() && row.getBoolean(1);
            }
        }
    }

    private static void update(Connection connection, String sql, String... parameters) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                statement.setString(i + 1, parameters[i]);
            }
            statement.executeUpdate();
        }
    }
}
