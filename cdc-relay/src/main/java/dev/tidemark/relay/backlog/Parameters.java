package dev.tidemark.relay.backlog;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.Collection;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** A statement whose parameters are set one after the other. Lives no longer than its connection. */
final class Parameters implements AutoCloseable {

    private final Connection connection;
    private final PreparedStatement statement;
    private int set;

    Parameters(Connection connection, String sql) throws SQLException {
        this.connection = connection;
        this.statement = connection.prepareStatement(sql);
    }

    Parameters text(@Nullable String value) throws SQLException {
        statement.setString(++set, value);
        return this;
    }

    Parameters number(long value) throws SQLException {
        statement.setLong(++set, value);
        return this;
    }

    Parameters number(@Nullable Long value) throws SQLException {
        statement.setObject(++set, value, Types.BIGINT);
        return this;
    }

    Parameters number(int value) throws SQLException {
        statement.setInt(++set, value);
        return this;
    }

    Parameters uuid(UUID value) throws SQLException {
        statement.setObject(++set, value);
        return this;
    }

    Parameters uuids(Collection<UUID> values) throws SQLException {
        return array("uuid", values.toArray(UUID[]::new));
    }

    /** @param type Postgres's name of the elements' type */
    Parameters array(String type, @Nullable Object[] values) throws SQLException {
        statement.setArray(++set, connection.createArrayOf(type, values));
        return this;
    }

    /** What a row is turned into. */
    interface Rows<T> {
        T read(ResultSet rows) throws SQLException, BacklogException;
    }

    /** Executes it, and closes it. */
    <T> T query(Rows<T> rows) throws SQLException, BacklogException {
        try (this;
                ResultSet found = statement.executeQuery()) {
            return rows.read(found);
        }
    }

    @Override
    public void close() throws SQLException {
        statement.close();
    }
}
