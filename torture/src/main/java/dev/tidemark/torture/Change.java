package dev.tidemark.torture;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * What a writer does to one item: a row that replicas have too, and an event that tells of it.
 *
 * @param value what the item is now; null if it is deleted
 */
record Change(String key, @Nullable String value) {

    private static final String PUT =
            "insert into item (key, value) values (?, ?) on conflict (key) do update set value = excluded.value";

    static final String PUT_TYPE = "item-put";
    static final String DELETED_TYPE = "item-deleted";

    String type() {
        return value == null ? DELETED_TYPE : PUT_TYPE;
    }

    /** Null for a deletion, whose event is a tombstone. */
    @Nullable
    String payload() {
        return value == null ? null : "{\"value\":\"" + value + "\"}";
    }

    /**
     * Changes the row, and holds it until the transaction ends: the order of two writers is then the same in the rows
     * as in the events. To be deleted it is made first, for a row that is not there cannot be held.
     */
    void apply(Connection tx) throws SQLException {
        execute(tx, PUT, key, value == null ? "" : value);
        if (value == null) {
            execute(tx, "delete from item where key = ?", key);
        }
    }

    private static void execute(Connection tx, String sql, String... parameters) throws SQLException {
        try (PreparedStatement statement = tx.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                statement.setString(i + 1, parameters[i]);
            }
            statement.executeUpdate();
        }
    }
}
