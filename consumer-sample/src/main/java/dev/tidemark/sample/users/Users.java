package dev.tidemark.sample.users;

import dev.tidemark.envelope.Receipt;
import dev.tidemark.outbox.Outbox;
import dev.tidemark.outbox.OutboxEvent;
import dev.tidemark.outbox.jdbi.JdbiOutbox;
import dev.tidemark.sample.agreement.SampleContracts;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jspecify.annotations.Nullable;

/**
 * The users, each change written in one transaction with its event: both, or neither.
 *
 * <p>Who changes a user may say on which version that is based. It is compared in the statement that changes the row, which
 * locks it: of two who have seen the same version one wins, and the other is told what it has not seen.
 */
final class Users {

    private static final String CHANGEABLE = " where id = ? and version = coalesce(?, version)";

    private final Jdbi jdbi;
    private final JdbiOutbox outbox = JdbiOutbox.of(
            Outbox.builder().source("users").check(SampleContracts.check()).build());

    Users(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    /** A change that was made. */
    record Written(Edition edition, Receipt receipt) {}

    Written create(String name) {
        User user = new User(UUID.randomUUID().toString(), name);
        return jdbi.inTransaction(tx -> {
            tx.execute("insert into users (id, name) values (?, ?)", user.id(), user.name());
            return append(tx, user, "user-created");
        });
    }

    /**
     * The user under the new name, or nothing if there is no such user.
     *
     * @param basedOn the version that the name was chosen for; null to overwrite whatever there is
     * @throws Outdated if the user has another version
     */
    Optional<Written> rename(String id, String name, @Nullable Long basedOn) {
        User user = new User(id, name);
        return jdbi.inTransaction(tx -> {
            if (tx.execute("update users set name = ?" + CHANGEABLE, name, id, basedOn) == 0) {
                requireAbsent(tx, id);
                return Optional.empty();
            }
            return Optional.of(append(tx, user, "user-renamed"));
        });
    }

    /**
     * What stands for the deletion, or nothing if there was no such user. The event is a tombstone: it has no payload.
     *
     * @param basedOn as in {@link #rename}
     * @throws Outdated if the user has another version
     */
    Optional<Receipt> delete(String id, @Nullable Long basedOn) {
        return jdbi.inTransaction(tx -> {
            if (tx.execute("delete from users" + CHANGEABLE, id, basedOn) == 0) {
                requireAbsent(tx, id);
                return Optional.empty();
            }
            return Optional.of(outbox.append(tx, OutboxEvent.tombstone("user", id, "user-deleted")));
        });
    }

    Optional<Edition> find(String id) {
        return jdbi.withHandle(db -> find(db, id));
    }

    private Written append(Handle tx, User user, String type) {
        Receipt receipt = outbox.append(tx, OutboxEvent.of("user", user.id(), type, user.toJson()));
        long version = receipt.version() == null ? 0 : receipt.version();
        tx.execute("update users set version = ? where id = ?", version, user.id());
        return new Written(new Edition(user, version), receipt);
    }

    private static void requireAbsent(Handle tx, String id) {
        find(tx, id).ifPresent(current -> {
            throw new Outdated(current);
        });
    }

    private static Optional<Edition> find(Handle db, String id) {
        return db.createQuery("select id, name, version from users where id = :id")
                .bind("id", id)
                .map((row, context) ->
                        new Edition(new User(row.getString("id"), row.getString("name")), row.getLong("version")))
                .findOne();
    }
}
