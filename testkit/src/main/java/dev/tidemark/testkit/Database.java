package dev.tidemark.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * One database of a {@link PostgresServer}, and who may do everything in it. Immutable; every connection is
 * a new one, and the caller's to close.
 *
 * @param url JDBC URL with host and port, such as {@code jdbc:postgresql://127.0.0.1:5433/orders}
 */
public record Database(String name, String url, String user, String password) {

    /** A new connection, in auto-commit mode. */
    public Connection connect() throws SQLException {
        return dataSource().getConnection();
    }

    /** Opens a connection for each call: no pool. */
    public DataSource dataSource() {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setUrl(url);
        source.setUser(user);
        source.setPassword(password);
        return source;
    }

    /** The same database as another role sees it. */
    public Database as(String user, String password) {
        return new Database(name, url, user, password);
    }

    /** Executes any number of statements on a connection of their own; together, unless they say otherwise. */
    public void run(String sql) throws SQLException {
        try (Connection connection = connect();
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    /**
     * Executes a file of the class path, such as {@code dev/tidemark/sql/V001__outbox.sql}.
     *
     * @throws IllegalArgumentException if it is not there
     */
    public void runResource(String path) throws SQLException {
        run(read(path));
    }

    private static String read(String path) {
        try (InputStream resource =
                Thread.currentThread().getContextClassLoader().getResourceAsStream(path)) {
            if (resource == null) {
                throw new IllegalArgumentException(
                        path + " is not on the class path; is the module that has it a dependency of this test?");
            }
            return new String(resource.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot read " + path + " from the class path", e);
        }
    }

    /** Without the password. */
    @Override
    public String toString() {
        return url + " as " + user;
    }
}
