package dev.tidemark.inbox;

import dev.tidemark.envelope.Envelope;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/** {@code inbox_seen}: the ids of unversioned events that were handled. */
final class SeenTable {

    /** Not a caught unique violation, which would abort the transaction. */
    private static final String ADD = BoundedWait.BEGIN + """
            , added as (
                insert into inbox_seen (consumer, source, id, seenat)
                select ?, ?, ?, clock_timestamp()
                from bounded
                on conflict (consumer, source, id) do nothing
                returning id
            )
            select added.id is not null, exists (select from inbox_watermark where\s""" + AggregateKey.SQL
            + " and held), " + BoundedWait.END + " from bounded left join added on true";

    private static final String REMOVE = "delete from inbox_seen where consumer = ? and source = ? and id = ?";

    private static final String HAS =
            "select exists (select from inbox_seen where consumer = ? and source = ? and id = ?)";

    private static final String IN_FAILED_TRANSACTION = "25P02";

    private final String consumer;
    private final BoundedWait wait;

    SeenTable(String consumer, BoundedWait wait) {
        this.consumer = consumer;
        this.wait = wait;
    }

    /**
     * What came of a claim.
     *
     * @param isNew false if the event was handled before
     * @param held whether something of its aggregate is kept
     */
    record Claim(boolean isNew, boolean held) {}

    /**
     * Claims the event until the transaction ends.
     *
     * @throws InboxLocked if somebody else is handling it for too long
     */
    Claim add(Connection tx, Envelope event) throws SQLException {
        try (PreparedStatement statement = tx.prepareStatement(ADD)) {
            statement.setString(1, wait.millis());
            bindKey(statement, 2, event);
            AggregateKey.bind(statement, 5, consumer, event.aggregate());
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return new Claim(row.getBoolean(1), row.getBoolean(2));
            }
        } catch (SQLException e) {
            throw wait.explain(e, event.aggregate(), "event " + event.id());
        }
    }

    /**
     * Takes the claim back after the handler failed, so that the event does not count as handled even if the
     * caller commits. In an aborted transaction there is nothing to take back.
     */
    void remove(Connection tx, Envelope event, Throwable failure) {
        try {
            remove(tx, event);
        } catch (SQLException e) {
            if (!IN_FAILED_TRANSACTION.equals(e.getSQLState())) {
                failure.addSuppressed(e);
            }
        }
    }

    /** Takes the claim back: the event is not handled in this transaction. */
    void remove(Connection tx, Envelope event) throws SQLException {
        try (PreparedStatement statement = tx.prepareStatement(REMOVE)) {
            bindKey(statement, 1, event);
            statement.executeUpdate();
        }
    }

    boolean has(Connection tx, Envelope event) throws SQLException {
        try (PreparedStatement statement = tx.prepareStatement(HAS)) {
            bindKey(statement, 1, event);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getBoolean(1);
            }
        }
    }

    private void bindKey(PreparedStatement statement, int first, Envelope event) throws SQLException {
        statement.setString(first, consumer);
        statement.setString(first + 1, event.aggregate().source());
        statement.setObject(first + 2, event.id());
    }
}
