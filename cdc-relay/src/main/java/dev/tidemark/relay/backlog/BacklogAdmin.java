package dev.tidemark.relay.backlog;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.StringJoiner;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;

/**
 * Looks at the backlog, and asks the relay that leads to do something about it: {@code tidemark backlog}, in Java.
 *
 * <pre>{@code
 * BacklogAdmin backlog = new BacklogAdmin(dataSource::getConnection, "tidemark_outbox");
 * long command = backlog.request("shipping", Command.Verb.RETRY, Selection.all());
 * Optional<Answer> answer = backlog.await(command, Duration.ofSeconds(30));   // empty: no relay has carried it out
 * }</pre>
 *
 * <p>The database is that of the backlog, which is by default that of the outbox. Needs no relay for looking. Immutable
 * and safe for many threads; each call opens a connection and closes it.
 * Every method throws {@link SQLException} if the database does not answer, or does not let us.
 */
public final class BacklogAdmin {

    private static final Duration LOOK_EVERY = Duration.ofMillis(200);

    private static final String SHOW = "select " + Stored.COLUMNS + """
            , convert_from(envelope, 'UTF8') as envelope, raw,
            (select count(*) from tidemark.backlog later
             where later.subscriber = b.subscriber and later.hash = b.hash and later.position > b.position
               and later.state = 'waiting' and later.source = b.source and later.tenantid = b.tenantid
               and later.aggregatetype = b.aggregatetype and later.aggregateid = b.aggregateid
               and b.cause <> 'undecodable') as behind
            from tidemark.backlog b where subscriber = ? and id = ?""";

    private static final String REQUEST = """
            insert into tidemark.command (slot, subscriber, verb, ids, aggregate, reason)
            values (?, ?, ?, coalesce(?::uuid[], '{}'), ?, ?) returning id""";

    private final Connections connections;
    private final String slot;

    /** @param slot of the relay that has the subscribers */
    public BacklogAdmin(Connections connections, String slot) {
        this.connections = connections;
        this.slot = slot;
    }

    /** Every subscriber that is registered or has a backlog, by name. Counts all that is not settled. */
    public List<Standing> status() throws SQLException {
        try (Connection connection = connections.open()) {
            return new Standings(connection, slot).all();
        }
    }

    /** One subscriber; empty if it is neither registered nor in the backlog. */
    public Optional<Standing> status(String subscriber) throws SQLException {
        try (Connection connection = connections.open()) {
            return new Standings(connection, slot).one(subscriber);
        }
    }

    /** The names of all subscribers that are registered or in the backlog. */
    public Set<String> names() throws SQLException {
        try (Connection connection = connections.open()) {
            return new Standings(connection, slot).names().keySet();
        }
    }

    /**
     * Some events, in the order of the queue.
     *
     * @param after only events behind this position; {@link Long#MIN_VALUE} for the first ones, then the last one seen;
     *     what a subscriber began with has positions below 0
     * @param limit the most events, at least 1
     */
    public List<Stored> list(String subscriber, Set<State> states, Selection selection, long after, int limit)
            throws SQLException {
        try (Connection connection = connections.open();
                PreparedStatement query = connection.prepareStatement(listing(states))) {
            int at = 1;
            for (int i = 0; i < states.size(); i++) {
                query.setString(at++, subscriber);
                query.setLong(at++, after);
                at = selection.bind(query, at);
                query.setInt(at++, limit);
            }
            query.setInt(at, limit);
            try (ResultSet rows = query.executeQuery()) {
                List<Stored> events = new ArrayList<>();
                while (rows.next()) {
                    events.add(Stored.read(rows));
                }
                return events;
            }
        }
    }

    /** One event with all that is kept of it; empty if the subscriber's backlog does not have it. */
    public Optional<Exhibit> show(String subscriber, UUID id) throws SQLException {
        try (Connection connection = connections.open();
                PreparedStatement query = connection.prepareStatement(SHOW)) {
            query.setString(1, subscriber);
            query.setObject(2, id);
            try (ResultSet row = query.executeQuery()) {
                return row.next()
                        ? Optional.of(new Exhibit(
                                Stored.read(row),
                                row.getLong("behind"),
                                row.getString("envelope"),
                                row.getString("raw")))
                        : Optional.empty();
            }
        }
    }

    /** How many events of these states are selected. */
    public long count(String subscriber, Collection<State> states, Selection selection) throws SQLException {
        String sql = "select count(*) from tidemark.backlog where subscriber = ? and state in (" + names(states)
                + ") and " + Selection.SQL;
        try (Connection connection = connections.open();
                PreparedStatement query = connection.prepareStatement(sql)) {
            query.setString(1, subscriber);
            selection.bind(query, 2);
            try (ResultSet row = query.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        }
    }

    /**
     * Asks for something. It is durable when this returns, and carried out by the relay that leads, or by the next
     * one to lead.
     *
     * @return the command's id, for {@link #await}
     */
    public long request(String subscriber, Command.Verb verb, Selection selection) throws SQLException {
        try (Connection connection = connections.open();
                PreparedStatement insert = connection.prepareStatement(REQUEST)) {
            insert.setString(1, slot);
            insert.setString(2, subscriber);
            insert.setString(3, verb.name().toLowerCase(Locale.ROOT));
            insert.setArray(4, selection.array(connection));
            insert.setString(5, selection.aggregate());
            insert.setString(6, selection.reason());
            try (ResultSet row = insert.executeQuery()) {
                row.next();
                return row.getLong(1);
            }
        }
    }

    /**
     * Waits for what becomes of a command.
     *
     * @return empty if no relay has carried it out by then; it stays requested
     * @throws IllegalArgumentException if there is no such command
     */
    public Optional<Answer> await(long command, Duration atMost) throws SQLException, InterruptedException {
        long end = System.nanoTime() + atMost.toNanos();
        try (Connection connection = connections.open()) {
            while (true) {
                Optional<Answer> answer = answer(connection, command);
                long left = end - System.nanoTime();
                if (answer.isPresent() || left <= 0) {
                    return answer;
                }
                LockSupport.parkNanos(Math.min(left, LOOK_EVERY.toNanos()));
                if (Thread.interrupted()) {
                    throw new InterruptedException("while waiting for command " + command);
                }
            }
        }
    }

    private Optional<Answer> answer(Connection connection, long command) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement("select state, coalesce(events, 0) as events,"
                + " coalesce(answer, '') as answer from tidemark.command where id = ? and slot = ?")) {
            query.setLong(1, command);
            query.setString(2, slot);
            try (ResultSet row = query.executeQuery()) {
                if (!row.next()) {
                    throw new IllegalArgumentException("command " + command + " of slot " + slot + " does not exist");
                }
                String state = row.getString("state");
                return state.equals("requested")
                        ? Optional.empty()
                        : Optional.of(new Answer(
                                command, state.equals("done"), row.getInt("events"), row.getString("answer")));
            }
        }
    }

    /** One part for each state, so that each is read by its own index, and only as far as needed. */
    private static String listing(Set<State> states) {
        StringJoiner parts = new StringJoiner(" union all ", "select * from (", ") as part order by position limit ?");
        for (State state : states) {
            parts.add("(select " + Stored.COLUMNS + " from tidemark.backlog where subscriber = ? and state = '"
                    + name(state) + "' and position > ? and " + Selection.SQL + " order by position limit ?)");
        }
        return parts.toString();
    }

    private static String names(Collection<State> states) {
        StringJoiner names = new StringJoiner("', '", "'", "'");
        states.forEach(state -> names.add(name(state)));
        return names.toString();
    }

    private static String name(State state) {
        return state.name().toLowerCase(Locale.ROOT);
    }
}
