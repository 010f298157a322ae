package dev.tidemark.relay.capture;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import java.util.Properties;

/** What a feed asks of the database beside its stream. */
public final class Source {

    private final FeedSettings settings;

    public Source(FeedSettings settings) {
        this.settings = settings;
    }

    /**
     * Checks that somebody reads the slot.
     *
     * @throws SourceProblem if nobody does
     * @throws SQLException if the database does not answer
     */
    void checkRead() throws SourceProblem, SQLException {
        try (Connection connection = connect();
                PreparedStatement query =
                        connection.prepareStatement("select active from pg_replication_slots where slot_name = ?")) {
            query.setString(1, settings.slot());
            try (ResultSet row = query.executeQuery()) {
                if (!row.next() || !row.getBoolean(1)) {
                    throw new SourceProblem("the stream from slot " + settings.slot() + " has ended");
                }
            }
        }
    }

    /** The epoch of each source that has one above 0: raised when its database came back older than its consumers. */
    public Map<String, Long> epochs() throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("select name, epoch from tidemark.source where epoch > 0")) {
            Map<String, Long> epochs = new HashMap<>();
            while (rows.next()) {
                epochs.put(rows.getString(1), rows.getLong(2));
            }
            return epochs;
        }
    }

    Connection connect() throws SQLException {
        Properties properties = new Properties();
        properties.setProperty("user", settings.user());
        properties.setProperty("password", settings.password());
        properties.setProperty("ApplicationName", "tidemark-relay");
        properties.setProperty("connectTimeout", "10"); // seconds
        properties.setProperty("socketTimeout", "30");
        return DriverManager.getConnection(settings.jdbcUrl(), properties);
    }
}
