package dev.tidemark.relay.backlog;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.envelope.Envelope;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/** Answers what a part holds and remembers. */
final class Remembering {

    private static final String OPEN = """
            select exists (select from tidemark.backlog b where %1$s and b.state = 'waiting' %2$s),
                greatest(
                    (select b.position from tidemark.backlog b where %1$s and b.state = 'waiting'
                     order by b.position desc limit 1),
                    (select max(b.position) from tidemark.backlog b where %1$s and b.state = 'dead'),
                    0),
                not exists (select from tidemark.backlog where subscriber = ?)
            """;
    private static final String DEAD = """
            select distinct b.source, b.tenantid, b.aggregatetype, b.aggregateid from tidemark.backlog b
            where %s and b.state = 'dead' and b.cause <> 'undecodable' limit ?
            """.formatted(Part.OWNS);
    private static final String IDS = "select id from tidemark.backlog where subscriber = ? and id = any (?::uuid[])";
    private static final String NEWEST = """
            select a.source, a.tenantid, a.aggregatetype, a.aggregateid, newest.sourceepoch, newest.aggregateversion
            from %s cross join lateral (
                select b.sourceepoch, b.aggregateversion from tidemark.backlog b
                where b.subscriber = ? and %s and b.aggregateversion is not null
                order by b.sourceepoch desc, b.aggregateversion desc limit 1) newest
            """.formatted(AggregateRows.ASKED, AggregateRows.SAME);

    /** With offset 0 each aggregate is looked up: there may be millions of rows, but only some are asked for. */
    private static final String BLOCKED = """
            select a.source, a.tenantid, a.aggregatetype, a.aggregateid from %1$s
            where exists (select from tidemark.backlog b where b.subscriber = ? and b.state = 'waiting' and %2$s offset 0)
               or ? = 1
              and exists (select from tidemark.backlog b where b.subscriber = ? and b.state = 'dead' and %2$s offset 0)
            """.formatted(AggregateRows.ASKED, AggregateRows.SAME);

    private final Access access;
    private final Part part;

    Remembering(Access access, Part part) {
        this.access = access;
        this.part = part;
    }

    Opening open(int mostBlocked) throws BacklogException {
        return access.run("open the backlog of " + part.subscriber(), tx -> {
            access.awaitStatementsUnderWay(tx); // of an earlier run: what is not there now never was
            Set<Aggregate> dead = part.deadBlocks() ? dead(tx, mostBlocked + 1L) : Set.of();
            boolean complete = dead.size() <= mostBlocked;
            Parameters statement = new Parameters(tx, OPEN.formatted(Part.OWNS, part.unblocked()));
            part.bind(part.bind(part.bind(statement))).text(part.subscriber());
            return statement.query(row -> {
                row.next();
                return new Opening(
                        row.getBoolean(1), complete ? dead : Set.of(), complete, row.getLong(2), row.getBoolean(3));
            });
        });
    }

    private Set<Aggregate> dead(Connection connection, long most) throws SQLException, BacklogException {
        return part.bind(new Parameters(connection, DEAD)).number(most).query(Remembering::aggregates);
    }

    Known known(Collection<Envelope> maybeResent) throws BacklogException {
        List<UUID> ids = maybeResent.stream().map(Envelope::id).toList();
        List<Aggregate> aggregates =
                maybeResent.stream().map(Envelope::aggregate).distinct().toList();
        return access.run("look up " + ids.size() + " events for " + part.subscriber(), tx -> {
            Set<UUID> found =
                    new Parameters(tx, IDS).text(part.subscriber()).uuids(ids).query(Remembering::ids);
            return AggregateRows.bindAsked(new Parameters(tx, NEWEST), aggregates)
                    .text(part.subscriber())
                    .query(rows -> new Known(found, marks(rows)));
        });
    }

    Set<Aggregate> blocked(Collection<Aggregate> aggregates) throws BacklogException {
        List<Aggregate> asked = aggregates.stream().distinct().toList();
        return access.run(
                "look up " + asked.size() + " aggregates for " + part.subscriber(),
                tx -> AggregateRows.bindAsked(new Parameters(tx, BLOCKED), asked)
                        .text(part.subscriber())
                        .number(part.deadBlocks() ? 1 : 0)
                        .text(part.subscriber())
                        .query(Remembering::aggregates));
    }

    private static Set<UUID> ids(ResultSet rows) throws SQLException {
        Set<UUID> ids = new HashSet<>();
        while (rows.next()) {
            ids.add(rows.getObject(1, UUID.class));
        }
        return ids;
    }

    private static Map<Aggregate, Known.Mark> marks(ResultSet rows) throws SQLException {
        Map<Aggregate, Known.Mark> marks = new HashMap<>();
        while (rows.next()) {
            marks.put(AggregateRows.read(rows), new Known.Mark(rows.getLong(5), rows.getLong(6)));
        }
        return marks;
    }

    private static Set<Aggregate> aggregates(ResultSet rows) throws SQLException {
        Set<Aggregate> aggregates = new HashSet<>();
        while (rows.next()) {
            aggregates.add(AggregateRows.read(rows));
        }
        return aggregates;
    }
}
