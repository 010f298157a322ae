package dev.tidemark.sample.demo;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;

/** Commits, and finds out what became of it where the answer was lost. */
final class Commit {

    private Commit() {}

    /** Whether the transaction of {@code tx} is committed. If the server does not say, it is asked again. */
    static boolean commit(Connection tx, DataSource database) throws SQLException {
        String transaction = id(tx);
        try {
            tx.commit();
            return true;
        } catch (SQLException unknown) {
            try (Connection other = database.getConnection()) {
                return isCommitted(other, transaction);
            } catch (SQLException stillUnknown) {
                stillUnknown.addSuppressed(unknown);
                throw stillUnknown;
            }
        }
    }

    private static String id(Connection tx) throws SQLException {
        try (Statement statement = tx.createStatement();
                ResultSet id = statement.executeQuery("select pg_current_xact_id()::text")) {
            id.next();
            return id.getString(1);
        }
    }

    private static boolean isCommitted(Connection connection, String transaction) throws SQLException {
        try (PreparedStatement statement =
                connection.prepareStatement("select pg_terminate_backend(pid, 5000) from pg_stat_activity"
                        + " where backend_xid = (?::xid8)::xid")) {
            statement.setString(1, transaction);
            statement.execute(); // as long as it is in progress it is neither
        }
        try (PreparedStatement statement = connection.prepareStatement("select pg_xact_status(?::xid8)")) {
            statement.setString(1, transaction);
            try (ResultSet status = statement.executeQuery()) {
                status.next();
                return "committed".equals(status.getString(1));
            }
        }
    }
}
