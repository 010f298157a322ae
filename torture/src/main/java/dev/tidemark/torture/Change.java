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

    /** Changes the row. */
    void apply(Connection tx) throws SQLException {
        try (PreparedStatement statement =
                tx.prepareStatement(value == null ? "delete from item where key = ?" : PUT)) {
            statement.setString(1, key);
            if (value != null) {
                statement.setString(2, value);
            }
            statement.executeUpdate();
        }
    }
}
