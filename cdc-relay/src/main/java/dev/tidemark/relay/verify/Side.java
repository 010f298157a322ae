package dev.tidemark.relay.verify;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * One of the two: a query over one database, by key. Values are compared as text, in settings that are the same on both
 * sides. For one thread, on a connection of its own in auto-commit mode.
 */
final class Side {

    private static final Set<String> NOT_CASTABLE = Set.of("22", "23"); // classes of SQLSTATEs; 23 is a domain's

    /** With its schema and quoted: {@code character} and {@code bit} alone have a length of 1, to which a cast cuts. */
    private static final String KEY_TYPE = """
            select format('%%I.%%I', n.nspname, t.typname)
            from pg_type as t join pg_namespace as n on n.oid = t.typnamespace
            where t.oid = pg_typeof((select q.%s from (%s) as q limit 1))""";

    private final Connection connection;
    private final String name;
    private final String query;
    private final String key;
    private final String versions;
    private final List<String> versionParameters;
    private final SortedSet<String> columns;
    private final String keyType;

    /**
     * Has the query explain itself.
     *
     * @param name for people: source, or replica
     * @param key the name of its key column
     * @param versions a select with the columns aggregateid and version of all aggregates, whose parameters follow
     * @throws IllegalArgumentException if it has no such column
     */
    Side(Connection connection, String name, String query, String key, String versions, List<String> versionParameters)
            throws SQLException {
        this.connection = connection;
        this.name = name;
        this.query = query;
        this.key = quoted(key);
        this.versions = versions;
        this.versionParameters = List.copyOf(versionParameters);
        try (Statement statement = connection.createStatement()) {
            statement.execute("set timezone = 'UTC'");
            statement.execute("set datestyle = 'ISO'");
            statement.execute("set intervalstyle = 'postgres'");
            statement.execute("set extra_float_digits = 1");
            statement.execute("set bytea_output = 'hex'");
        }
        this.columns = columns(key);
        this.keyType = single(KEY_TYPE.formatted(this.key, query));
    }

    /** A row as it was at one moment, with the version that it was at. */
    record Row(@Nullable Map<String, @Nullable String> values, long version) {}

    /** All but the key. */
    SortedSet<String> columns() {
        return columns;
    }

    /** How many rows the server expects, which costs nothing and may be far off. */
    long expected() throws SQLException {
        String plan = single("explain (format json) " + query);
        int at = plan.indexOf("\"Plan Rows\":") + "\"Plan Rows\":".length();
        return Long.parseLong(
                plan.substring(at, plan.indexOf('\n', at)).replace(",", "").strip());
    }

    /** The next keys in the order that this side has, with the hashes of their rows; none when that was all. */
    Map<String, Long> next(@Nullable String after, int most) throws SQLException {
        String sql = "select q." + key + "::text, " + hash() + " from (" + query + ") as q"
                + (after == null ? "" : " where q." + key + " > ?::text::" + keyType)
                + " order by q." + key + " limit " + most;
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            if (after != null) {
                statement.setString(1, after);
            }
            return hashes(statement);
        }
    }

    /** How many of these rows are there, and the sum of their hashes: such as {@code 300/-5}. */
    String sum(Collection<String> keys) throws SQLException {
        return byKeys(keys, "select count(*) || '/' || coalesce(sum(" + hash() + "), 0)", statement -> {
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                return row.getString(1);
            }
        });
    }

    /** The hashes of these rows, as far as they are there. */
    Map<String, Long> hashes(Collection<String> keys) throws SQLException {
        return byKeys(keys, "select q." + key + "::text, " + hash(), Side::hashes);
    }

    /** These rows with their versions, all of one moment; a row without values for each that is not there. */
    Map<String, Row> rows(Collection<String> keys) throws SQLException {
        String select =
                columns.stream().map(column -> "q." + quoted(column) + "::text").collect(Collectors.joining(", "));
        String start = "select k.key, q." + key + " is not null, coalesce(v.version, 0)"
                + (select.isEmpty() ? "" : ", " + select) + " from unnest(?::text[]) as k (key)";
        String versioned = " left join (" + versions + ") as v on v.aggregateid = k.key";
        try {
            return rows(
                    keys, start + " left join (" + query + ") as q on q." + key + " = k.key::" + keyType + versioned);
        } catch (SQLException e) {
            requireNotCastable(e);
            return rows(keys, start + " left join (" + query + ") as q on q." + key + "::text = k.key" + versioned);
        }
    }

    private Map<String, Row> rows(Collection<String> keys, String sql) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setArray(1, connection.createArrayOf("text", keys.toArray()));
            for (int i = 0; i < versionParameters.size(); i++) {
                statement.setString(2 + i, versionParameters.get(i));
            }
            try (ResultSet rows = statement.executeQuery()) {
                Map<String, Row> read = new HashMap<>();
                while (rows.next()) {
                    String at = rows.getString(1);
                    Row before = read.put(at, new Row(values(rows), rows.getLong(3)));
                    if (before != null) {
                        throw new IllegalArgumentException("the query of the " + name + " gives key " + at
                                + " more than once; keys must be unique");
                    }
                }
                return read;
            }
        }
    }

    private @Nullable Map<String, @Nullable String> values(ResultSet row) throws SQLException {
        if (!row.getBoolean(2)) {
            return null;
        }
        Map<String, @Nullable String> values = new HashMap<>();
        int at = 4;
        for (String column : columns) {
            values.put(column, row.getString(at++));
        }
        return values;
    }

    private interface Reading<T> {
        T read(PreparedStatement statement) throws SQLException;
    }

    private <T> T byKeys(Collection<String> keys, String select, Reading<T> reading) throws SQLException {
        String from = select + " from (" + query + ") as q where ";
        try {
            return ask(keys, from + "q." + key + " = any (?::text[]::" + keyType + "[])", reading);
        } catch (SQLException e) {
            requireNotCastable(e);
            return ask(keys, from + "q." + key + "::text = any (?::text[])", reading);
        }
    }

    private <T> T ask(Collection<String> keys, String sql, Reading<T> reading) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setArray(1, connection.createArrayOf("text", keys.toArray()));
            return reading.read(statement);
        }
    }

    /** Some key of the other side can be none of this one's type. */
    private static void requireNotCastable(SQLException failure) throws SQLException {
        if (!NOT_CASTABLE.contains(String.valueOf(failure.getSQLState()).substring(0, 2))) {
            throw failure;
        }
    }

    private static Map<String, Long> hashes(PreparedStatement statement) throws SQLException {
        try (ResultSet rows = statement.executeQuery()) {
            Map<String, Long> hashes = new LinkedHashMap<>();
            while (rows.next()) {
                String key = rows.getString(1);
                if (key == null) {
                    throw new IllegalArgumentException("a query gives a row without a key; leave such rows out");
                }
                hashes.put(key, rows.getLong(2));
            }
            return hashes;
        }
    }

    /** 64 bits of the md5 of the row as text. */
    private String hash() {
        String row =
                columns.stream().map(column -> "q." + quoted(column) + "::text").collect(Collectors.joining(", "));
        return "('x' || left(md5(row(" + row + ")::text), 16))::bit(64)::bigint";
    }

    private SortedSet<String> columns(String keyColumn) throws SQLException {
        List<String> found = new ArrayList<>();
        try (Statement statement = connection.createStatement();
                ResultSet none = statement.executeQuery("select * from (" + query + ") as q limit 0")) {
            ResultSetMetaData data = none.getMetaData();
            for (int i = 1; i <= data.getColumnCount(); i++) {
                found.add(data.getColumnLabel(i));
            }
        }
        if (!found.remove(keyColumn)) {
            throw new IllegalArgumentException(
                    "the query of the " + name + " has no column " + keyColumn + " for the key, but " + found);
        }
        return new TreeSet<>(found);
    }

    private String single(String sql) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getString(1);
        }
    }

    private static String quoted(String identifier) {
        return "\"" + identifier.replace("\"", "\"\"") + "\"";
    }
}
