package dev.tidemark.inbox;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/** What a relay has put into the table {@code incoming}, as one consumer reads it. Safe for many threads. */
final class IncomingTable {

    /**
     * The oldest row that waits and is the first of its aggregate, locked. Whoever else has locked the first of an
     * aggregate is at it, and what is behind that is not first.
     */
    private static final String CLAIM = """
            select i.position, i.event::text
            from incoming i
            where i.consumer = ? and i.handledat is null and i.position <> all (?::bigint[])
                and not exists (
                    select from incoming before
                    where before.consumer = i.consumer and before.source = i.source and before.tenantid = i.tenantid
                        and before.aggregatetype = i.aggregatetype and before.aggregateid = i.aggregateid
                        and before.handledat is null and before.position < i.position)
            order by i.position
            limit 1
            for update of i skip locked
            """;

    private static final String HANDLED =
            "update incoming set handledat = clock_timestamp() where consumer = ? and position = ? and handledat is null";

    private static final String FORGET = """
            delete from incoming where ctid = any (array(
                select ctid from incoming
                where consumer = ? and handledat < clock_timestamp() - make_interval(secs => ?)
                limit 1000))
            """;

    private static final String UNDEFINED_TABLE = "42P01";
    private static final String INSUFFICIENT_PRIVILEGE = "42501";

    private final String consumer;

    IncomingTable(String consumer) {
        this.consumer = consumer;
    }

    /** A row that is locked until its transaction ends; {@code event} is a CloudEvent in JSON. */
    record Claim(long position, String event) {}

    /**
     * Locks the next one.
     *
     * @param except positions that are to wait, and what is behind them in their aggregates with them
     * @return null if there is none
     */
    @Nullable
    Claim claim(Connection tx, Collection<Long> except) throws SQLException {
        try (PreparedStatement query = tx.prepareStatement(CLAIM)) {
            query.setString(1, consumer);
            query.setArray(2, tx.createArrayOf("bigint", except.toArray()));
            try (ResultSet row = query.executeQuery()) {
                return row.next() ? new Claim(row.getLong(1), row.getString(2)) : null;
            }
        } catch (SQLException e) {
            throw explained(e);
        }
    }

    /** In the transaction that has the claim, and the effect. */
    void handled(Connection tx, Claim claim) throws SQLException {
        try (PreparedStatement update = tx.prepareStatement(HANDLED)) {
            update.setString(1, consumer);
            update.setLong(2, claim.position());
            if (update.executeUpdate() != 1) {
                throw new SQLException("the row of incoming at position " + claim.position()
                        + " was changed by somebody who had not locked it");
            }
        }
    }

    /**
     * Deletes rows that were handled long ago, a thousand at most.
     *
     * @return how many
     */
    int forget(Connection tx, Duration keep) throws SQLException {
        try (PreparedStatement delete = tx.prepareStatement(FORGET)) {
            delete.setString(1, consumer);
            delete.setDouble(2, keep.toMillis() / 1e3);
            return delete.executeUpdate();
        }
    }

    private static SQLException explained(SQLException e) {
        if (UNDEFINED_TABLE.equals(e.getSQLState())) {
            return new SQLException(
                    "the table incoming is not on the search path; apply V008__incoming.sql to this database, or put its"
                            + " schema on the search_path: " + e.getMessage(),
                    e.getSQLState(),
                    e);
        }
        if (INSUFFICIENT_PRIVILEGE.equals(e.getSQLState())) {
            return new SQLException(
                    "this role may not use the table incoming; grant it what roles.sql gives a consumer: "
                            + e.getMessage(),
                    e.getSQLState(),
                    e);
        }
        return e;
    }
}
