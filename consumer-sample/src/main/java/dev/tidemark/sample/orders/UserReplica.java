package dev.tidemark.sample.orders;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.inbox.Inbox;
import dev.tidemark.inbox.ReadModel;
import dev.tidemark.inbox.directory.Copy;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Map;
import java.util.Optional;
import javax.sql.DataSource;
import org.jdbi.v3.core.Jdbi;

/** What orders knows of users: written by events only. */
final class UserReplica {

    private final Jdbi jdbi;
    private final ReadModel model;

    UserReplica(Inbox inbox, DataSource database) {
        this.jdbi = Jdbi.create(database);
        this.model = ReadModel.table("user_replica")
                .key("user_id")
                .version("version")
                .epoch("epoch")
                .follows("users", "user")
                .inbox(inbox)
                .dataSource(database)
                .build();
    }

    ReadModel model() {
        return model;
    }

    static Aggregate aggregate(String userId) {
        return new Aggregate("users", "", "user", userId);
    }

    void put(Connection tx, Envelope event, String name) throws SQLException {
        model.apply(tx, event, Map.of("name", name));
    }

    void remove(Connection tx, Envelope event) throws SQLException {
        model.delete(tx, event);
    }

    Optional<Copy<String>> name(String userId) {
        return jdbi.withHandle(db -> db.createQuery("select name, version from user_replica where user_id = :id")
                .bind("id", userId)
                .map((row, context) -> new Copy<>(row.getString("name"), row.getLong("version")))
                .findOne());
    }
}
