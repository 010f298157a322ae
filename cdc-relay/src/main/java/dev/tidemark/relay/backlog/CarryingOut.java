package dev.tidemark.relay.backlog;

import dev.tidemark.envelope.Aggregate;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.Set;

/**
 * Does to a part what a command asks for: one step at a time, so that ten million events are no transaction of ten
 * million rows, and the lane delivers in between. A command that was interrupted is carried out again for what is left.
 */
final class CarryingOut {

    static final int STEP = 5000;

    private static final String RETRIED = "state = 'waiting', attempts = 0";
    private static final String GIVEN_UP = Settling.FORGET_CONTENT + ", outcome = ";

    private static final String CHANGE = """
            , chosen as (
                select b.id, b.state, b.bytes from tidemark.backlog b where %s and %s limit %d),
            changed as (
                update tidemark.backlog b set %s
                from fence, chosen
                where b.subscriber = ? and b.id = chosen.id and b.state = chosen.state
                returning chosen.state as was, chosen.bytes as held, b.source, b.tenantid, b.aggregatetype, b.aggregateid)
            select was, count(*), sum(held), source, tenantid, aggregatetype, aggregateid
            from changed group by was, source, tenantid, aggregatetype, aggregateid
            union all
            select null, count(*), null, null, null, null, null from fence
            """;

    /** With the columns that a change answers. */
    private static final String WAITING = """
            select 'waiting', count(*), 0, b.source, b.tenantid, b.aggregatetype, b.aggregateid
            from (select b.source, b.tenantid, b.aggregatetype, b.aggregateid
                from tidemark.backlog b where %s and b.state = 'waiting' limit %d) b
            group by b.source, b.tenantid, b.aggregatetype, b.aggregateid
            """;

    private final Access access;
    private final Part part;
    private long underWay = -1; // the retry that has more steps to come; of one lane's thread

    CarryingOut(Access access, Part part) {
        this.access = access;
        this.part = part;
    }

    Carried carryOut(Command command) throws BacklogException {
        if (!command.subscriber().equals(part.subscriber())) {
            throw new IllegalArgumentException("command " + command.id() + " is for " + command.subscriber()
                    + ", but this is the backlog of " + part.subscriber());
        }
        PartSelection selection = new PartSelection(part, command);
        return switch (command.verb()) {
            case RETRY -> retry(selection);
            case SKIP -> giveUp(selection, "b.state = 'dead'", "'skipped'");
            case DROP -> giveUp(selection, "b.state in ('waiting', 'dead')", "'dropped'");
        };
    }

    /**
     * What waits is tried now in any case; it is counted only where few are meant, and by the first step only: at the next
     * one what that has retried waits, too.
     */
    private Carried retry(PartSelection selection) throws BacklogException {
        Tally waiting = new Tally();
        if (selection.isNarrow()) {
            access.run(
                    "look for waiting events of " + part.subscriber(),
                    tx -> selection
                            .bind(new Parameters(tx, WAITING.formatted(selection.sql(), STEP)))
                            .query(rows -> read(rows, waiting)));
        }
        Tally tally = new Tally();
        // without an envelope there is nothing to try again
        boolean more = change(selection, "b.state = 'dead' and b.envelope is not null", RETRIED, tally);
        tally.aggregates.addAll(waiting.aggregates);
        long id = selection.command().id();
        long waited = underWay == id ? 0 : waiting.waiting;
        underWay = more ? id : -1;
        return new Carried(Math.toIntExact(waited + tally.dead), tally.aggregates, tally.dead, -tally.dead, 0, more);
    }

    private Carried giveUp(PartSelection selection, String states, String outcome) throws BacklogException {
        Tally tally = new Tally();
        boolean more = change(selection, states, GIVEN_UP + outcome, tally);
        return new Carried(
                Math.toIntExact(tally.waiting + tally.dead),
                tally.aggregates,
                -tally.waiting,
                -tally.dead,
                -tally.bytes,
                more);
    }

    /** One step; returns whether there may be more. */
    private boolean change(PartSelection selection, String states, String assignments, Tally tally)
            throws BacklogException {
        String sql = CHANGE.formatted(selection.sql(), states, STEP, assignments);
        String action = "carry out command " + selection.command().id() + " for " + part.subscriber();
        return access.run(action, tx -> step(tx, sql, selection, tally)) == STEP;
    }

    private long step(Connection connection, String sql, PartSelection selection, Tally tally)
            throws SQLException, BacklogException {
        return selection
                .bind(access.fenced(connection, sql))
                .text(part.subscriber())
                .query(rows -> read(rows, tally));
    }

    private long read(ResultSet rows, Tally tally) throws SQLException, BacklogException {
        long events = 0;
        while (rows.next()) {
            String was = rows.getString(1);
            if (was == null) {
                access.requireLead(rows.getLong(2));
            } else {
                events += rows.getLong(2);
                tally.add(Storing.state(was), rows.getLong(2), rows.getLong(3), AggregateRows.read(rows));
            }
        }
        return events;
    }

    /** What was found, or changed: counts by the state before. */
    private static final class Tally {

        private final Set<Aggregate> aggregates = new HashSet<>();
        private long waiting;
        private long dead;
        private long bytes;

        void add(State was, long events, long held, Aggregate aggregate) {
            waiting += was == State.WAITING ? events : 0;
            dead += was == State.DEAD ? events : 0;
            bytes += held;
            if (!aggregate.type().isEmpty()) { // an undecodable event has none
                aggregates.add(aggregate);
            }
        }
    }
}
