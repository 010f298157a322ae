package dev.tidemark.relay.migrate;

import dev.tidemark.relay.config.SourceConfig;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;

/** Opens connections as the user of the migration, with the outbox's schema first in the search path. */
record Sessions(SourceConfig source) {

    Connection open() throws SQLException {
        return DriverManager.getConnection(source.url(), properties());
    }

    /** Speaks the replication protocol, which alone can alter a slot. */
    Connection openForReplication() throws SQLException {
        Properties properties = properties();
        properties.setProperty("replication", "database");
        properties.setProperty("preferQueryMode", "simple");
        properties.setProperty("assumeMinServerVersion", "15");
        return DriverManager.getConnection(source.url(), properties);
    }

    String schema() {
        return source.table().substring(0, source.table().indexOf('.'));
    }

    private Properties properties() {
        Properties properties = new Properties();
        properties.setProperty("user", source.user());
        properties.setProperty("password", source.password().reveal());
        properties.setProperty("ApplicationName", "tidemark-migrate");
        properties.setProperty("connectTimeout", "10"); // seconds
        properties.setProperty("currentSchema", schema());
        return properties;
    }
}
