package dev.tidemark.relay.doctor;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Asks the database, in short. */
record Asking(Connection connection) {

    /** A row, its columns by name. SQL NULL is an empty text. */
    record Row(Map<String, String> columns) {

        String text(String column) {
            return columns.getOrDefault(column, "");
        }

        boolean is(String column) {
            return text(column).equals("t");
        }

        /** 0 for SQL NULL. */
        long number(String column) {
            String text = text(column);
            return text.isEmpty() ? 0 : Long.parseLong(text);
        }
    }

    List<Row> all(String sql, String... parameters) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                query.setString(i + 1, parameters[i]);
            }
            try (ResultSet rows = query.executeQuery()) {
                List<Row> found = new ArrayList<>();
                while (rows.next()) {
                    found.add(row(rows));
                }
                return found;
            }
        }
    }

    Optional<Row> first(String sql, String... parameters) throws SQLException {
        return all(sql, parameters).stream().findFirst();
    }

    /** For queries that always have a row. */
    Row one(String sql, String... parameters) throws SQLException {
        return first(sql, parameters).orElseThrow(() -> new SQLException("no row: " + sql));
    }

    int majorVersion() throws SQLException {
        return connection.getMetaData().getDatabaseMajorVersion();
    }

    private static Row row(ResultSet rows) throws SQLException {
        Map<String, String> columns = new HashMap<>();
        for (int i = 1; i <= rows.getMetaData().getColumnCount(); i++) {
            String value = rows.getString(i);
            if (value != null) {
                columns.put(rows.getMetaData().getColumnLabel(i), value);
            }
        }
        return new Row(columns);
    }
}
