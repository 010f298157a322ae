package dev.tidemark.relay.migrate;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** What must be true of a server, and cannot be made true from here. */
final class Prerequisites {

    private static final int LEAST_MAJOR_VERSION = 15;

    private Prerequisites() {}

    static void check(Connection connection, boolean slot) throws SQLException, MigrationException {
        if (connection.getMetaData().getDatabaseMajorVersion() < LEAST_MAJOR_VERSION) {
            throw new MigrationException("PostgreSQL " + LEAST_MAJOR_VERSION + " or newer is needed, but this is "
                    + connection.getMetaData().getDatabaseProductVersion());
        }
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("select pg_is_in_recovery(), current_setting('wal_level')")) {
            row.next();
            if (row.getBoolean(1)) {
                throw new MigrationException("this server is a standby, which cannot be written to; name the primary");
            }
            if (slot && !row.getString(2).equals("logical")) {
                throw new MigrationException("wal_level must be logical, but is " + row.getString(2)
                        + ". As superuser run:\n  alter system set wal_level = 'logical';\nthen restart PostgreSQL, and"
                        + " run this again; or use --no-slot to apply the SQL only");
            }
        }
    }
}
