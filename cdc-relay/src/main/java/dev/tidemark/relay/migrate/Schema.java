package dev.tidemark.relay.migrate;

import dev.tidemark.relay.config.SourceConfig;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.stream.Collectors;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.flywaydb.core.api.output.MigrateOutput;
import org.flywaydb.core.api.output.MigrateResult;

/** Applies the SQL of the class path, with a history of its own beside the user's. */
record Schema(SourceConfig source, Sessions sessions) {

    private static final String LOCATION = "dev/tidemark/sql";
    private static final String HISTORY = "tidemark_schema_history";

    /** Returns what was done, for people. */
    String migrate() throws MigrationException {
        try {
            return said(flyway().migrate());
        } catch (FlywayException e) {
            throw Failures.explain("apply the SQL to schema " + sessions.schema(), source, e);
        }
    }

    Flyway flyway() {
        return Flyway.configure(Schema.class.getClassLoader())
                .dataSource(source.url(), source.user(), source.password().reveal())
                .locations("classpath:" + LOCATION)
                .failOnMissingLocations(true)
                .defaultSchema(sessions.schema())
                .table(HISTORY)
                // a schema with tables of the user's is no reason to skip our first version
                .baselineOnMigrate(true)
                .baselineVersion("0")
                .load();
    }

    private String said(MigrateResult result) {
        String schema = "Schema " + sessions.schema() + ": ";
        if (result.migrationsExecuted == 0) {
            return schema + "up to date.";
        }
        return schema
                + result.migrations.stream()
                        .map((MigrateOutput applied) -> "V" + applied.version)
                        .collect(Collectors.joining(", ", "", " applied."));
    }

    /** Returns what was done, for people. */
    String grantRoles() throws MigrationException {
        try (Connection connection = sessions.open();
                Statement statement = connection.createStatement()) {
            statement.execute(roles());
        } catch (SQLException e) {
            throw Failures.explain("apply roles.sql", source, e);
        }
        return "Roles tidemark_writer, tidemark_relay, tidemark_consumer and tidemark_operator: granted.";
    }

    private static String roles() {
        try (InputStream file = Schema.class.getClassLoader().getResourceAsStream(LOCATION + "/roles.sql")) {
            if (file == null) {
                throw new IllegalStateException("the jar sql is not on the class path");
            }
            return new String(file.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("roles.sql cannot be read from the class path", e);
        }
    }
}
