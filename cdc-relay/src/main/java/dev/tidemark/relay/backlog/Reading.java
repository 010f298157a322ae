package dev.tidemark.relay.backlog;

import dev.tidemark.envelope.Aggregate;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** Reads waiting events of a part, by position. */
final class Reading {

    /**
     * One candidate more than asked for says whether there is more. Large envelopes stand beside the table: the
     * sums are made without them, and only those of the rows that are answered are fetched. The limit stands in the
     * text, so that the planner knows it, also when it has given up planning for each execution.
     */
    private static final String PAGE = """
            select position, envelope, committed_at, attempts, found
            from (
                select position, envelope, committed_at, attempts, row_number() over running as n,
                    sum(bytes) over running as total, count(*) over () as found
                from (
                    select b.position, b.envelope, b.committed_at, b.attempts, b.bytes
                    from tidemark.backlog b
                    where %s and b.state = 'waiting' %s %s
                    order by b.position limit %d) candidate
                window running as (order by position rows unbounded preceding)) counted
            where n = 1 or n <= %d and total <= ?
            order by position
            """;

    private static final String AFTER = " and b.position > ?";
    private static final String OF =
            " and b.hash = ? and b.source = ? and b.tenantid = ? and b.aggregatetype = ?" + " and b.aggregateid = ?";

    private final Access access;
    private final Part part;

    Reading(Access access, Part part) {
        this.access = access;
        this.part = part;
    }

    Page read(long afterPosition, Collection<Aggregate> except, PageLimit limit) throws BacklogException {
        return access.run("read events for " + part.subscriber(), tx -> {
            String sql = sql(AFTER + AggregateRows.EXCEPT, limit);
            Parameters statement = part.bind(new Parameters(tx, sql)).number(afterPosition);
            return page(AggregateRows.bindParts(statement, List.copyOf(except)), limit);
        });
    }

    Page readAggregate(Aggregate aggregate, PageLimit limit) throws BacklogException {
        return access.run("read events of " + aggregate + " for " + part.subscriber(), tx -> {
            Parameters statement = part.bind(new Parameters(tx, sql(OF, limit)))
                    .number(aggregate.hash32())
                    .text(aggregate.source())
                    .text(aggregate.tenantId())
                    .text(aggregate.type())
                    .text(aggregate.id());
            return page(statement, limit);
        });
    }

    private String sql(String which, PageLimit limit) {
        return PAGE.formatted(Part.OWNS, which, part.unblocked(), limit.events() + 1L, limit.events());
    }

    private static Page page(Parameters statement, PageLimit limit) throws SQLException, BacklogException {
        return statement.number(limit.bytes()).query(Reading::entries);
    }

    private static Page entries(ResultSet rows) throws SQLException {
        List<Entry> entries = new ArrayList<>();
        long found = 0;
        while (rows.next()) {
            found = rows.getLong(5);
            entries.add(new Entry(
                    rows.getLong(1),
                    StoredEnvelope.read(rows.getBytes(2)),
                    rows.getObject(3, OffsetDateTime.class).toInstant(),
                    rows.getInt(4)));
        }
        return new Page(entries, entries.size() == found);
    }
}
