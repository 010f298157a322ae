package dev.tidemark.bench;

import dev.tidemark.testkit.Database;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** Asks a database for numbers. */
final class Asking {

    private Asking() {}

    /** The one number of a query, on a connection of its own. */
    static long number(Database database, String sql) throws SQLException {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(sql)) {
            row.next();
            return row.getLong(1);
        }
    }
}
