package dev.tidemark.relay.backlog;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Types;
import java.util.Collection;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Which events of a subscriber's backlog are meant: these, or those of an aggregate, with a reason, or both.
 *
 * @param ids the events; if there are some, the rest is null
 * @param aggregate such as {@code order/42}, type and id; null for any
 * @param reason a part of the reason, in the same letters; null for any
 */
public record Selection(
        Set<UUID> ids, @Nullable String aggregate, @Nullable String reason) {

    /** A condition on {@code tidemark.backlog}; {@link #bind} gives its parameters. */
    static final String SQL = """
            (?::uuid[] is null or id = any (?::uuid[]))
            and (?::text is null or aggregatetype <> '' and ?::text in (
                aggregatetype || '/' || aggregateid,
                source || '/' || case tenantid when '' then '' else tenantid || '/' end
                    || aggregatetype || '/' || aggregateid))
            and (?::text is null or position(?::text in reason) > 0)""";

    public Selection {
        ids = Set.copyOf(ids);
        if (!ids.isEmpty() && (aggregate != null || reason != null)) {
            throw new IllegalArgumentException(
                    "events are selected by id, or by aggregate and reason, but not by both");
        }
        requireAggregate(aggregate);
        if (reason != null && reason.isEmpty()) {
            throw new IllegalArgumentException("a reason must not be empty; select all instead");
        }
    }

    public static Selection all() {
        return new Selection(Set.of(), null, null);
    }

    /** @throws IllegalArgumentException if there is none: that would mean all */
    public static Selection of(Collection<UUID> ids) {
        if (ids.isEmpty()) {
            throw new IllegalArgumentException("no id is given");
        }
        return new Selection(Set.copyOf(ids), null, null);
    }

    static Selection of(Command command) {
        return new Selection(command.ids(), command.aggregate(), command.reason());
    }

    /**
     * The same rule as that of the tables, by which people insert rows themselves: something before a slash and something
     * behind it. A type has no slash, but an id may have some, also as its last letter, and so may a source before them.
     */
    static void requireAggregate(@Nullable String aggregate) {
        if (aggregate == null) {
            return;
        }
        int slash = aggregate.indexOf('/', 1);
        if (slash < 0 || slash == aggregate.length() - 1) {
            throw new IllegalArgumentException("an aggregate is type/id, such as order/42, but was: " + aggregate);
        }
    }

    /** Returns the index of the next parameter. */
    int bind(PreparedStatement statement, int from) throws SQLException {
        int at = from;
        for (int i = 0; i < 2; i++) {
            if (ids.isEmpty()) {
                statement.setNull(at++, Types.ARRAY);
            } else {
                statement.setArray(at++, array(statement.getConnection()));
            }
        }
        for (String text : new @Nullable String[] {aggregate, aggregate, reason, reason}) {
            statement.setString(at++, text);
        }
        return at;
    }

    java.sql.Array array(Connection connection) throws SQLException {
        return connection.createArrayOf("uuid", ids.toArray());
    }
}
