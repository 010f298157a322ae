package dev.tidemark.relay.backlog;

import dev.tidemark.envelope.Aggregate;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.function.Function;

/** Aggregates as parameters and as columns. */
final class AggregateRows {

    /** With the hash, for those that are looked up; numbered from 1. */
    static final String ASKED = "unnest(?::int[], ?::text[], ?::text[], ?::text[], ?::text[]) with ordinality"
            + " as a (hash, source, tenantid, aggregatetype, aggregateid, n)";

    /** That row {@code b} is of aggregate {@code a}. */
    static final String SAME = "b.hash = a.hash and b.source = a.source and b.tenantid = a.tenantid"
            + " and b.aggregatetype = a.aggregatetype and b.aggregateid = a.aggregateid";

    /** That row {@code b} is of none of some aggregates: a hash table, made once for each statement. */
    static final String EXCEPT = " and (b.source, b.tenantid, b.aggregatetype, b.aggregateid)"
            + " not in (select * from unnest(?::text[], ?::text[], ?::text[], ?::text[]))";

    private AggregateRows() {}

    /** Sets the parameters of {@link #ASKED}. */
    static Parameters bindAsked(Parameters parameters, List<Aggregate> aggregates) throws SQLException {
        parameters.array("int4", column(aggregates, Aggregate::hash32));
        return bindParts(parameters, aggregates);
    }

    /** Sets the parameters of {@link #EXCEPT}. */
    static Parameters bindParts(Parameters parameters, List<Aggregate> aggregates) throws SQLException {
        return parameters
                .array("text", column(aggregates, Aggregate::source))
                .array("text", column(aggregates, Aggregate::tenantId))
                .array("text", column(aggregates, Aggregate::type))
                .array("text", column(aggregates, Aggregate::id));
    }

    /** From the columns source, tenantid, aggregatetype and aggregateid. */
    static Aggregate read(ResultSet row) throws SQLException {
        return new Aggregate(
                row.getString("source"),
                row.getString("tenantid"),
                row.getString("aggregatetype"),
                row.getString("aggregateid"));
    }

    private static Object[] column(List<Aggregate> aggregates, Function<Aggregate, Object> part) {
        return aggregates.stream().map(part).toArray();
    }
}
