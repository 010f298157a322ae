package dev.tidemark.relay.migrate;

import dev.tidemark.relay.config.SourceConfig;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/** What to do about an error of the server, told by its SQLSTATE. */
final class Failures {

    private Failures() {}

    /** @param attempt what could not be done, after "could not" */
    static MigrationException explain(String attempt, SourceConfig source, Exception failure) {
        SQLException cause = sqlException(failure);
        String state = cause == null ? "" : String.valueOf(cause.getSQLState());
        String said = cause == null ? firstLine(failure) : firstLine(cause);
        return new MigrationException("could not " + attempt + ": " + said + advice(state, source), failure);
    }

    private static String advice(String state, SourceConfig source) {
        String user = quoted(source.user());
        String schema = source.table().substring(0, source.table().indexOf('.'));
        return switch (state) {
            case "42501" -> """

                Run it as the owner of the database, or as superuser run:
                  grant create on database %s to %s;
                  grant usage, create on schema %s to %s;
                  alter role %s replication;   -- to make the slot
                roles.sql (--roles) takes a superuser.""".formatted(quoted(source.database()), user, schema, user, user);
            case "53400" ->
                "\nAs superuser run:\n  alter system set max_replication_slots = 20;\nand restart PostgreSQL; or drop a"
                        + " slot that nobody reads (select slot_name, active from pg_replication_slots)";
            case "28P01", "28000" -> "\nSee the user, the password and pg_hba.conf";
            default -> "";
        };
    }

    private static String quoted(String name) {
        return name.matches("[a-z_][a-z0-9_]*") ? name : '"' + name.replace("\"", "\"\"") + '"';
    }

    private static String firstLine(Throwable failure) {
        return String.valueOf(failure.getMessage())
                .lines()
                .findFirst()
                .orElse(failure.getClass().getSimpleName());
    }

    private static @Nullable SQLException sqlException(Throwable failure) {
        Throwable cause = failure;
        while (cause != null) {
            if (cause instanceof SQLException found) {
                return found;
            }
            cause = cause.getCause();
        }
        return null;
    }
}
