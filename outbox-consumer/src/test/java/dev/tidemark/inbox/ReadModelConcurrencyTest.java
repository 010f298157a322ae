package dev.tidemark.inbox;

import static dev.tidemark.inbox.Fixtures.begin;
import static dev.tidemark.inbox.Fixtures.query;
import static dev.tidemark.inbox.Fixtures.user;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.testkit.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A creation and a deletion of one key in flight together, while there is no row that could be locked. The second
 * begins before the first commits, so it catches whatever looks before it has the lock.
 */
final class ReadModelConcurrencyTest {

    private final ReadModel users =
            ReadModel.table("user_replica").key("user_id").version("version").build();
    private final ExecutorService threads = Executors.newSingleThreadExecutor();
    private Database database;

    @BeforeEach
    void createDatabase() throws SQLException {
        database = Fixtures.database();
    }

    @AfterEach
    void stop() {
        threads.shutdownNow();
    }

    @Test
    void aCreationInFlightWithALaterDeletionIsDeleted() throws Exception {
        assertThat(secondWhileFirstIsOpen(
                        tx -> users.apply(tx, user("42", 1).build(), Map.of("name", "Ada")),
                        tx -> users.delete(tx, user("42", 2).build())))
                .isTrue();
        assertThat(query(database, "select user_id from user_replica")).isEmpty();
    }

    @Test
    void aDeletionInFlightWithAnEarlierCreationKeepsItOut() throws Exception {
        assertThat(secondWhileFirstIsOpen(
                        tx -> users.delete(tx, user("42", 2).build()),
                        tx -> users.apply(tx, user("42", 1).build(), Map.of("name", "Ada"))))
                .isFalse();
        assertThat(query(database, "select user_id from user_replica")).isEmpty();
    }

    @Test
    void otherKeysDoNotWait() throws Exception {
        try (Connection first = begin(database);
                Connection second = begin(database)) {
            users.delete(first, user("42", 2).build());
            query(second, "select set_config('lock_timeout', '1s', true)");
            assertThat(users.apply(second, user("43", 1).build(), Map.of("name", "Bob")))
                    .isTrue();
        }
    }

    private boolean secondWhileFirstIsOpen(Write first, Write second) throws Exception {
        try (Connection open = begin(database);
                Connection other = begin(database)) {
            String pid = query(other, "select pg_backend_pid()").get(0);
            assertThat(first.run(open)).isTrue();
            Future<Boolean> applied = threads.submit(() -> {
                boolean result = second.run(other);
                other.commit();
                return result;
            });
            awaitBlockedOrDone(pid, applied);
            open.commit();
            return applied.get();
        }
    }

    private void awaitBlockedOrDone(String pid, Future<?> done) throws SQLException {
        List<String> blocked = List.of();
        while (!done.isDone() && !blocked.equals(List.of("t"))) {
            blocked = query(database, "select cardinality(pg_blocking_pids(" + pid + ")) > 0");
        }
    }

    private interface Write {
        boolean run(Connection tx) throws SQLException;
    }
}
