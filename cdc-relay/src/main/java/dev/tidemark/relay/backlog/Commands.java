package dev.tidemark.relay.backlog;

import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * What people asked for, as the relay that leads sees it. It carries each command out in the lanes of its subscriber,
 * oldest first, and then says so here. After a crash in between the command comes again: carrying it out twice does
 * no harm, it concerns fewer events then.
 *
 * <p>Safe for many threads; each call opens a connection and closes it.
 */
public final class Commands {

    private static final String REQUESTED = """
            select id, subscriber, verb, ids, aggregate, reason, redelivery from tidemark.command
            where slot = ? and state = 'requested' order by id""";

    /** Holds back the next leader while it writes. A command that is not requested any more stays as it is. */
    private static final String FINISH = """
            with lead as materialized (
                select from tidemark.relay where slot = ? and epoch = ? for share),
            finished as (
                update tidemark.command set state = ?, events = ?, answer = ?, done_at = clock_timestamp()
                where id = ? and state = 'requested' and exists (select from lead))
            select exists (select from lead)""";

    private static final String LEFT = "select count(*) from tidemark.backlog where subscriber = ? and state = 'dead'"
            + " and cause = 'undecodable' and " + Selection.SQL;

    private final Connections connections;
    private final String slot;
    private final long epoch;

    /** @param epoch in which this relay leads the slot */
    public Commands(Connections connections, String slot, long epoch) {
        this.connections = connections;
        this.slot = slot;
        this.epoch = epoch;
    }

    /** What is still to be done, oldest first. What no command can be read from fails by this, and keeps no other one back. */
    public List<Command> requested() throws BacklogException {
        Map<Long, String> unreadable = new LinkedHashMap<>();
        List<Command> requested = requested(unreadable);
        for (Map.Entry<Long, String> one : unreadable.entrySet()) {
            finish(one.getKey(), "failed", 0, one.getValue());
        }
        return requested;
    }

    private List<Command> requested(Map<Long, String> unreadable) throws BacklogException {
        try (Connection connection = connections.open();
                PreparedStatement query = connection.prepareStatement(REQUESTED)) {
            query.setString(1, slot);
            try (ResultSet rows = query.executeQuery()) {
                List<Command> commands = new ArrayList<>();
                while (rows.next()) {
                    try {
                        commands.add(read(rows));
                    } catch (IllegalArgumentException e) {
                        unreadable.put(rows.getLong("id"), "it is no command: " + e.getMessage());
                    }
                }
                return commands;
            }
        } catch (SQLException e) {
            throw new BacklogException(
                    "commands could not be read: " + e.getMessage()
                            + ("42703".equals(e.getSQLState())
                                    ? "; apply V009__redelivery.sql by \"tidemark migrate\""
                                    : ""),
                    e);
        }
    }

    /**
     * It was carried out. The answer says what was done, and names undecodable events that a retry has left.
     *
     * @param events that it concerned, over all lanes
     * @throws FencedException if another relay leads now
     */
    public void done(Command command, int events) throws BacklogException {
        finish(command.id(), "done", events, said(command, events) + left(command));
    }

    /**
     * It cannot be carried out, and will not be tried again.
     *
     * @param why for people, such as that no such subscriber is configured
     * @throws FencedException if another relay leads now
     */
    public void failed(Command command, String why) throws BacklogException {
        finish(command.id(), "failed", 0, why);
    }

    private void finish(long command, String state, int events, String answer) throws BacklogException {
        try (Connection connection = connections.open();
                PreparedStatement statement = connection.prepareStatement(FINISH)) {
            statement.setString(1, slot);
            statement.setLong(2, epoch);
            statement.setString(3, state);
            statement.setInt(4, events);
            statement.setString(5, answer);
            statement.setLong(6, command);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                if (!row.getBoolean(1)) {
                    throw new FencedException("slot " + slot + " is led by another relay than that of epoch " + epoch
                            + "; command " + command + " is left to it");
                }
            }
        } catch (SQLException e) {
            throw new BacklogException(
                    "the answer to command " + command + " could not be stored: " + e.getMessage(), e);
        }
    }

    private static String said(Command command, int events) {
        String what = events == 1 ? "1 event" : events + " events";
        return switch (command.verb()) {
            case RETRY -> what + " to be tried again, and what waits is tried now";
            case SKIP -> what + " skipped; what waited behind goes on";
            case DROP -> what + " dropped";
        };
    }

    private String left(Command command) throws BacklogException {
        if (command.verb() != Command.Verb.RETRY) {
            return "";
        }
        try (Connection connection = connections.open();
                PreparedStatement query = connection.prepareStatement(LEFT)) {
            query.setString(1, command.subscriber());
            Selection.of(command).bind(query, 2);
            try (ResultSet row = query.executeQuery()) {
                row.next();
                long count = row.getLong(1);
                return count == 0
                        ? ""
                        : "; " + count + " that cannot be decoded " + (count == 1 ? "is" : "are")
                                + " left dead, for there is nothing to deliver: skip or drop "
                                + (count == 1 ? "it" : "them");
            }
        } catch (SQLException e) {
            throw new BacklogException("undecodable events could not be counted: " + e.getMessage(), e);
        }
    }

    private static Command read(ResultSet row) throws SQLException {
        Array ids = row.getArray("ids");
        try {
            Command command = new Command(
                    row.getLong("id"),
                    row.getString("subscriber"),
                    Command.Verb.valueOf(row.getString("verb").toUpperCase(Locale.ROOT)),
                    Set.copyOf(Arrays.asList((UUID[]) ids.getArray())),
                    row.getString("aggregate"),
                    row.getString("reason"),
                    row.getObject("redelivery", Long.class));
            Selection.of(command);
            return command;
        } finally {
            ids.free();
        }
    }
}
