package dev.tidemark.sample.users;

import dev.tidemark.outbox.Outbox;
import dev.tidemark.outbox.OutboxEvent;
import dev.tidemark.outbox.jdbi.JdbiOutbox;
import dev.tidemark.sample.agreement.SampleContracts;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.mapper.reflect.ConstructorMapper;

/** The users, each change written in one transaction with its event: both, or neither. */
final class Users {

    private final Jdbi jdbi;
    private final JdbiOutbox outbox = JdbiOutbox.of(
            Outbox.builder().source("users").check(SampleContracts.check()).build());

    Users(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    User create(String name) {
        User user = new User(UUID.randomUUID().toString(), name);
        return jdbi.inTransaction(tx -> {
            tx.execute("insert into users (id, name) values (?, ?)", user.id(), user.name());
            outbox.append(tx, OutboxEvent.of("user", user.id(), "user-created", user.toJson()));
            return user;
        });
    }

    /** The user under the new name, or nothing if there is no such user. */
    Optional<User> rename(String id, String name) {
        User user = new User(id, name);
        return jdbi.inTransaction(tx -> {
            if (tx.execute("update users set name = ? where id = ?", name, id) == 0) {
                return Optional.empty();
            }
            outbox.append(tx, OutboxEvent.of("user", id, "user-renamed", user.toJson()));
            return Optional.of(user);
        });
    }

    /** Whether there was such a user. The event is a tombstone: it has no payload. */
    boolean delete(String id) {
        return jdbi.inTransaction(tx -> {
            if (tx.execute("delete from users where id = ?", id) == 0) {
                return false;
            }
            outbox.append(tx, OutboxEvent.tombstone("user", id, "user-deleted"));
            return true;
        });
    }

    Optional<User> find(String id) {
        return jdbi.withHandle(db -> db.createQuery("select id, name from users where id = :id")
                .bind("id", id)
                .map(ConstructorMapper.of(User.class))
                .findOne());
    }
}
