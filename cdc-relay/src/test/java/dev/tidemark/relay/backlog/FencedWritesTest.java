package dev.tidemark.relay.backlog;

import static dev.tidemark.relay.backlog.BacklogContract.SUBSCRIBER;
import static dev.tidemark.relay.backlog.StoredEvents.waiting;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.tidemark.relay.Patience;
import dev.tidemark.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How writes meet a change of the leader, and failures of the database. */
final class FencedWritesTest {

    private PostgresLeader leader;
    private Backlog backlog;

    @BeforeEach
    void lead() throws SQLException {
        leader = PostgresLeader.on(PostgresServer.shared());
        backlog = leader.backlogs().part(SUBSCRIBER, 0, 1, true);
    }

    @AfterEach
    void close() {
        leader.close();
    }

    /**
     * The interleaving: a new leader has raised the epoch and not yet committed when an old one writes. A fence that
     * reads the epoch without a lock would let the write through.
     */
    @Test
    void aWriteWaitsForAChangeOfTheEpochThatIsUnderWay() throws SQLException {
        try (Connection other = open()) {
            run(other, "update tidemark.relay set epoch = epoch + 1");
            CompletableFuture<Void> late = CompletableFuture.runAsync(this::store);
            awaitSomebodyWaits();
            run(other, "commit");
            assertThatThrownBy(late::join)
                    .isInstanceOf(CompletionException.class)
                    .hasRootCauseInstanceOf(FencedException.class);
        }
    }

    /** The other way round: what was begun before is seen by whoever leads next. */
    @Test
    void aChangeOfTheEpochWaitsForAWriteThatIsUnderWay() throws SQLException {
        try (Connection old = open();
                Connection other = open()) {
            run(old, "select * from tidemark.relay where epoch = 3 for key share"); // as a write does
            CompletableFuture<Void> raise = CompletableFuture.runAsync(
                    () -> unchecked(() -> run(other, "update tidemark.relay set epoch = 4")));
            awaitSomebodyWaits();
            assertThat(raise).isNotDone();
            run(old, "commit");
            raise.join();
            run(other, "commit");
        }
    }

    @Test
    void nobodyWaitsForTheAcknowledgedPosition() throws Exception {
        try (Connection other = open()) {
            run(other, "update tidemark.relay set acknowledged_lsn = '0/1'");
            CompletableFuture.runAsync(this::store).get(Patience.BOUND.toSeconds(), TimeUnit.SECONDS);
            assertThat(leader.backlogs().size(SUBSCRIBER).waiting()).isOne();
        }
    }

    @Test
    void aFailureSaysWhatCouldNotBeDoneAndWhatToDo() throws SQLException {
        leader.database().run("drop table tidemark.backlog");
        assertThatThrownBy(() -> backlog.store(List.of(waiting("a", 1))))
                .isExactlyInstanceOf(BacklogException.class)
                .hasMessageContaining("could not store 1 events for shipping")
                .hasMessageContaining("42P01")
                .hasMessageEndingWith("bring the tables to this version by \"tidemark migrate\"");
    }

    @Test
    void aMissingRowOfTheRelayIsNoLead() throws SQLException {
        leader.database().run("delete from tidemark.relay");
        assertThatThrownBy(this::storeChecked).isInstanceOf(FencedException.class);
    }

    /** An earlier try of the same thread, whose answer was lost, commits while the next one is under way. */
    @Test
    void aTryThatCommitsWhileTheNextOneIsUnderWayIsFound() throws Exception {
        try (Connection earlier = open()) {
            run(
                    earlier,
                    "insert into tidemark.backlog (subscriber, id, bucket, hash, state, cause, committed_at, passed_lsn)"
                            + " values ('" + SUBSCRIBER + "', '"
                            + waiting("a", 1).id()
                            + "', 0, 0, 'waiting', 'spilled', now(), '0/1')");
            CompletableFuture<List<Placed>> next = CompletableFuture.supplyAsync(this::stored);
            awaitSomebodyWaits();
            run(earlier, "commit");
            assertThat(next.join()).extracting(Placed::fresh).containsExactly(false);
        }
    }

    /** Of an earlier run of the same leader, whose answer was lost with its connection. */
    @Test
    void openingWaitsForAWriteThatIsUnderWay() throws Exception {
        try (Connection earlier = open()) {
            run(earlier, "select * from tidemark.relay where epoch = 3 for key share"); // as a write does
            run(
                    earlier,
                    "insert into tidemark.backlog (subscriber, id, bucket, hash, state, cause, committed_at, passed_lsn)"
                            + " values ('" + SUBSCRIBER
                            + "', gen_random_uuid(), 0, 0, 'settled', 'spilled', now(), '0/1')");
            CompletableFuture<Opening> opening = CompletableFuture.supplyAsync(() -> {
                try {
                    return backlog.open(1);
                } catch (BacklogException e) {
                    throw new IllegalStateException(e);
                }
            });
            awaitSomebodyWaits();
            assertThat(opening).isNotDone();
            run(earlier, "commit");
            assertThat(opening.join()).isEqualTo(new Opening(false, Set.of(), true, 0, false));
        }
    }

    private void store() {
        stored();
    }

    private List<Placed> stored() {
        try {
            return storeChecked();
        } catch (BacklogException e) {
            throw new IllegalStateException(e);
        }
    }

    private List<Placed> storeChecked() throws BacklogException {
        return backlog.store(List.of(waiting("a", 1)));
    }

    /** With a transaction open. */
    private Connection open() throws SQLException {
        Connection connection = leader.database().connect();
        connection.setAutoCommit(false);
        return connection;
    }

    private static void run(Connection connection, String sql) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }

    private void awaitSomebodyWaits() {
        await().until(() -> {
            try (Connection connection = leader.database().connect();
                    Statement statement = connection.createStatement();
                    ResultSet row = statement.executeQuery("select count(*) from pg_stat_activity"
                            + " where datname = current_database() and wait_event_type = 'Lock'")) {
                row.next();
                return row.getInt(1) > 0;
            }
        });
    }

    private interface Sql {
        void run() throws SQLException;
    }

    private static void unchecked(Sql sql) {
        try {
            sql.run();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
