package dev.tidemark.relay.sink;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Properties;

/**
 * What the doctor sees of a database that a sink inserts into. No event is sent.
 *
 * @param unreachable why it does not answer; empty if it does
 * @param unfit why nothing could be inserted; empty if it could
 */
public record PostgresLook(String unreachable, String unfit) {

    /** Connects, and has the server plan what the sink would insert. */
    public static PostgresLook at(PostgresSink.Settings settings, Duration timeout) {
        String seconds = Long.toString(Math.max(1, timeout.toSeconds()));
        Properties driver = new Properties();
        driver.setProperty("user", settings.user());
        driver.setProperty("password", settings.password());
        driver.setProperty("connectTimeout", seconds);
        driver.setProperty("loginTimeout", seconds);
        driver.setProperty("socketTimeout", seconds);
        try (Connection connection = DriverManager.getConnection(settings.url(), driver)) {
            return new PostgresLook("", unfit(connection, settings));
        } catch (SQLException e) {
            return new PostgresLook(PostgresOutcome.said(e), "");
        }
    }

    private static String unfit(Connection connection, PostgresSink.Settings settings) {
        try {
            Incoming.look(connection, settings);
            return "";
        } catch (SQLException e) {
            return PostgresOutcome.said(e);
        }
    }
}
