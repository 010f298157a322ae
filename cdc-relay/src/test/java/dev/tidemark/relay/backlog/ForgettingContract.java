package dev.tidemark.relay.backlog;

import static dev.tidemark.relay.backlog.BacklogContract.SUBSCRIBER;
import static dev.tidemark.relay.backlog.StoredEvents.dead;
import static dev.tidemark.relay.backlog.StoredEvents.waiting;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidemark.relay.Events;
import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.PostgresServer;
import java.sql.SQLException;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Against a slot of a server that is killed. */
abstract class ForgettingContract {

    private static final int MOST_ROUNDS = 50;

    private PostgresServer server;
    private Database database;
    private Backlog backlog;
    private Forgetting forgetting;
    private ConfirmingReader reader;
    private PostgresLeader leader;

    abstract int version();

    /** Where the backlog is; the outbox is on {@code server}. */
    PostgresLeader leader(PostgresServer server) throws SQLException {
        return PostgresLeader.on(server);
    }

    @BeforeEach
    void aSlotOnAServerThatMakesNoCheckpointByItself() throws Exception {
        server = PostgresServer.builder()
                .majorVersion(version())
                .setting("checkpoint_timeout", "1h")
                .start();
        leader = leader(server);
        database = leader.source();
        database.run("select pg_create_logical_replication_slot('" + leader.slot() + "', 'test_decoding')");
        backlog = leader.backlogs().part(SUBSCRIBER, 0, 1, true);
        backlog.store(List.of(waiting("a", 1), waiting("a", 2), dead("b", 1)));
        backlog.delivered(List.of(Events.event("a", 1).id()));
        forgetting = new Forgetting(leader.databases(), leader.slot(), 3);
        reader = new ConfirmingReader(database, leader.slot());
    }

    @AfterEach
    void stop() {
        server.close();
    }

    /** The position that Postgres saved is below what was confirmed, though a checkpoint came between. */
    @Test
    void whatTheSlotConfirmedGoesBackInACrashButNotBelowWhatIsDurable() throws Exception {
        for (int round = 0; round < 3; round++) {
            forgetUntilDurable();
            reader.confirmAll();
            for (int run = 0; run < 3; run++) {
                forgetting.runOnce();
                database.run("checkpoint");
            }
            forgetting.runOnce();
            server.kill9();
            server.restart();
            assertThat(reader.ask("select confirmed_flush_lsn >= '" + forgetting.durable() + "'::pg_lsn"))
                    .isEqualTo("t");
        }
    }

    @Test
    void onlySettledEventsAreForgottenAndOnlyOnceTheSlotHasDurablyPassedThem() throws Exception {
        for (int round = 0; round < 5; round++) {
            reader.confirmAll();
            assertThat(forgetting.runOnce()).as("without a checkpoint").isZero();
        }
        assertThat(backlog.known(List.of(Events.event("a", 1))).ids()).hasSize(1);

        assertThat(forgetUntilDurable()).isOne();
        assertThat(backlog.known(List.of(Events.event("a", 1))).ids()).isEmpty();
        assertThat(leader.backlogs().size(SUBSCRIBER).waiting()).isOne();
        assertThat(leader.backlogs().size(SUBSCRIBER).dead()).isOne();
    }

    /** The slot may stand there in memory only. */
    @Test
    void whereTheSlotIsSeenAtFirstIsNotTakenForSaved() throws Exception {
        String end = reader.ask("select pg_current_wal_insert_lsn()");
        for (int round = 0; round < MOST_ROUNDS && !isAtLeast(restart(), end); round++) {
            database.run("checkpoint");
            reader.confirmAll();
        }
        assertThat(isAtLeast(restart(), end)).isTrue();
        for (int run = 0; run < 3; run++) {
            assertThat(forgetting.runOnce()).isZero();
        }
        database.run("checkpoint");
        assertThat(forgetting.runOnce()).isOne();
    }

    private String restart() throws SQLException {
        return String.valueOf(reader.ask("select restart_lsn"));
    }

    @Test
    void whatAnotherSlotFeedsIsNotForgotten() throws Exception {
        leader.database()
                .run("insert into tidemark.subscriber (slot, name, filter) values ('other', '" + SUBSCRIBER
                        + "', '*')");
        assertThat(forgetUntilDurable()).isZero();
        assertThat(backlog.known(List.of(Events.event("a", 1))).ids()).hasSize(1);
    }

    @Test
    void whoLeadsNoMoreForgetsNothing() throws Exception {
        forgetUntilDurable();
        backlog.delivered(List.of(Events.event("a", 2).id()));
        leader.letAnotherLead();
        assertThatThrownBy(() -> forgetting.runOnce()).isInstanceOf(FencedException.class);
        assertThat(backlog.known(List.of(Events.event("a", 2))).ids()).hasSize(1);
    }

    @Test
    void aSlotThatIsNotThereForgetsNothing() throws Exception {
        database.run("select pg_drop_replication_slot('" + leader.slot() + "')");
        assertThat(forgetting.runOnce()).isZero();
        database.run("checkpoint");
        assertThat(forgetting.runOnce()).isZero();
        assertThat(forgetting.durable()).isNull();
    }

    /** Lets time pass, in which the server writes, makes checkpoints, and the slot follows. Returns how many were forgotten. */
    private long forgetUntilDurable() throws Exception {
        String end = reader.ask("select pg_current_wal_insert_lsn()");
        long forgotten = 0;
        for (int round = 0; round < MOST_ROUNDS; round++) {
            reader.confirmAll();
            forgotten += forgetting.runOnce();
            database.run("checkpoint");
            String durable = forgetting.durable();
            if (durable != null && isAtLeast(durable, end)) {
                return forgotten;
            }
        }
        throw new AssertionError(
                "after " + MOST_ROUNDS + " checkpoints " + forgetting.durable() + " is durable, not " + end);
    }

    private boolean isAtLeast(String lsn, String other) throws SQLException {
        return Objects.equals(reader.ask("select '" + lsn + "'::pg_lsn >= '" + other + "'::pg_lsn"), "t");
    }
}
