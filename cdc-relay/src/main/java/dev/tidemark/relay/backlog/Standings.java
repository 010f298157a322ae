package dev.tidemark.relay.backlog;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Counts what is not settled, for each subscriber. */
record Standings(Connection connection, String slot) {

    private static final String UNREGISTERED = "";

    /** Goes from name to name by the key, and does not read all of a large backlog. */
    private static final String NAMES = """
            with recursive found (name) as (
                (select subscriber from tidemark.backlog order by subscriber limit 1)
                union all
                select (select subscriber from tidemark.backlog where subscriber > found.name order by subscriber limit 1)
                from found where found.name is not null)
            select name, '' as state from found where name is not null
            union all
            select name, case when state = 'active' and loading then 'loading' else state end
            from tidemark.subscriber where slot = ?
            order by state""";

    private static final String COUNT = """
            select subscriber, state, cause, count(*) as events, sum(bytes) as bytes,
                   extract(epoch from clock_timestamp() - min(committed_at))::bigint as oldest_seconds
            from (select * from tidemark.backlog where state = 'waiting'
                  union all select * from tidemark.backlog where state = 'dead') as unsettled
            where ?::text is null or subscriber = ?::text
            group by 1, 2, 3""";

    List<Standing> all() throws SQLException {
        return List.copyOf(count(names(), null).values());
    }

    Optional<Standing> one(String subscriber) throws SQLException {
        Map<String, String> names = names();
        names.keySet().retainAll(List.of(subscriber));
        return names.isEmpty()
                ? Optional.empty()
                : Optional.ofNullable(count(names, subscriber).get(subscriber));
    }

    /** Each with the state in which it is registered, or empty if it is not. */
    Map<String, String> names() throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(NAMES)) {
            query.setString(1, slot);
            try (ResultSet rows = query.executeQuery()) {
                Map<String, String> names = new TreeMap<>();
                while (rows.next()) {
                    names.put(rows.getString("name"), rows.getString("state")); // a registered one comes last
                }
                return names;
            }
        }
    }

    private Map<String, Standing> count(Map<String, String> names, @Nullable String only) throws SQLException {
        Map<String, Standing> standings = new TreeMap<>();
        names.forEach((name, state) -> standings.put(name, empty(name, state)));
        try (PreparedStatement query = connection.prepareStatement(COUNT)) {
            query.setString(1, only);
            query.setString(2, only);
            try (ResultSet rows = query.executeQuery()) {
                while (rows.next()) {
                    String name = rows.getString("subscriber");
                    Standing before = standings.getOrDefault(name, empty(name, UNREGISTERED));
                    standings.put(
                            name,
                            before.plus(
                                    rows.getString("state"),
                                    rows.getString("cause"),
                                    rows.getLong("events"),
                                    rows.getLong("bytes"),
                                    Duration.ofSeconds(Math.max(0, rows.getLong("oldest_seconds")))));
                }
            }
        }
        return standings;
    }

    private static Standing empty(String name, String state) {
        return new Standing(name, state.equals(UNREGISTERED) ? null : state, 0, 0, 0, null, Map.of());
    }
}
