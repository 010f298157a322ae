package dev.tidemark.inbox;

import dev.tidemark.envelope.Aggregate;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/** How rows of one consumer and aggregate are found, in all tables of the inbox that have the aggregate. */
final class AggregateKey {

    static final String SQL = "consumer = ? and source = ? and tenantid = ? and aggregatetype = ? and aggregateid = ?";

    private AggregateKey() {}

    /** Binds its five parameters from {@code first} on; returns the next. */
    static int bind(PreparedStatement statement, int first, String consumer, Aggregate aggregate) throws SQLException {
        statement.setString(first, consumer);
        statement.setString(first + 1, aggregate.source());
        statement.setString(first + 2, aggregate.tenantId());
        statement.setString(first + 3, aggregate.type());
        statement.setString(first + 4, aggregate.id());
        return first + 5;
    }
}
