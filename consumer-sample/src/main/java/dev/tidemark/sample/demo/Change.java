package dev.tidemark.sample.demo;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/**
 * What a writer does to one user.
 *
 * @param name null if the user is deleted
 * @param padding characters by which the payload is made longer
 */
record Change(Kind kind, String id, @Nullable String name, int padding) {

    /** The statement for the row and the type of the event. */
    enum Kind {
        CREATE("insert into users (name, id) values (?, ?)", "user-created"),
        RENAME("update users set name = ? where id = ?", "user-renamed"),
        DELETE("delete from users where ?::text is null and id = ?", "user-deleted");

        private final String sql;
        private final String eventType;

        Kind(String sql, String eventType) {
            this.sql = sql;
            this.eventType = eventType;
        }
    }

    private static final ObjectMapper JSON = new ObjectMapper();

    String eventType() {
        return kind.eventType;
    }

    /** Null for a deletion, whose event is a tombstone. */
    @Nullable
    String payload() {
        if (kind == Kind.DELETE) {
            return null;
        }
        ObjectNode user = JSON.createObjectNode().put("id", id).put("name", name);
        return (padding == 0 ? user : user.put("about", "≈".repeat(padding))).toString();
    }

    /** Changes the row. */
    void apply(Connection tx) throws SQLException {
        try (PreparedStatement statement = tx.prepareStatement(kind.sql)) {
            statement.setString(1, name);
            statement.setString(2, id);
            if (statement.executeUpdate() != 1) {
                throw new IllegalStateException("the workload is wrong: there is no user " + id + " to " + kind);
            }
        }
    }
}
