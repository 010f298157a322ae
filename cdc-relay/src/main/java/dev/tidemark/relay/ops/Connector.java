package dev.tidemark.relay.ops;

import dev.tidemark.relay.config.SourceConfig;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.Properties;

/** Opens connections for occasional work beside the stream. The caller closes them. */
@FunctionalInterface
public interface Connector {

    Connection connect() throws SQLException;

    /** To the relay's own source, with its user; gives up after 5 s without an answer. */
    static Connector to(SourceConfig source) {
        Properties properties = new Properties();
        properties.setProperty("user", source.user());
        properties.setProperty("password", source.password().reveal());
        properties.setProperty("ApplicationName", "tidemark-ops");
        properties.setProperty("connectTimeout", "5"); // seconds
        properties.setProperty("socketTimeout", "60");
        return () -> DriverManager.getConnection(source.url(), properties);
    }
}
