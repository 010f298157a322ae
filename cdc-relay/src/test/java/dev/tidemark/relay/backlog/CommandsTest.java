package dev.tidemark.relay.backlog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidemark.relay.Patience;
import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.PostgresExtension;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(PostgresExtension.class)
class CommandsTest {

    private BacklogRows rows = new BacklogRows(new Database("", "", "", ""));
    private BacklogAdmin admin = new BacklogAdmin(() -> rows.database().connect(), BacklogRows.SLOT);
    private Commands leader = new Commands(() -> rows.database().connect(), BacklogRows.SLOT, 1);

    @BeforeEach
    void prepare(Database database) throws Exception {
        rows = BacklogRows.in(database);
        database.run("alter role tidemark_relay password 'relay'");
        Database asRelay = database.as("tidemark_relay", "relay");
        admin = new BacklogAdmin(asRelay::connect, BacklogRows.SLOT);
        leader = new Commands(asRelay::connect, BacklogRows.SLOT, 1);
    }

    @Test
    void aRelayThatLeadsNoMoreAnswersNothing() throws Exception {
        long id = admin.request("shipping", Command.Verb.RETRY, Selection.all());
        Command command = leader.requested().get(0);
        rows.database().run("update tidemark.relay set epoch = 2");

        assertThatThrownBy(() -> leader.done(command, 1)).isInstanceOf(FencedException.class);
        assertThatThrownBy(() -> leader.failed(command, "x"))
                .isInstanceOf(FencedException.class)
                .hasMessageContaining("epoch 1");
        assertThat(admin.await(id, Duration.ZERO)).isEmpty();
    }

    /**
     * The new leader has raised the epoch and not yet committed: a statement that only looks at its own snapshot
     * would take the old epoch for the present one. Catches that, and not a leader that rises after the commit.
     */
    @Test
    void anAnswerWaitsForALeaderThatIsJustRising() throws Exception {
        long id = admin.request("shipping", Command.Verb.RETRY, Selection.all());
        Command command = leader.requested().get(0);
        try (Connection rising = rows.database().connect()) {
            rising.setAutoCommit(false);
            rising.createStatement().execute("update tidemark.relay set epoch = epoch + 1");
            CompletableFuture<Throwable> answer = CompletableFuture.supplyAsync(() -> thrownBy(command));
            Awaitility.await()
                    .until(() -> answer.isDone()
                            || rows.single("select count(*) from pg_locks where not granted")
                                    .equals("1"));
            rising.commit();

            assertThat(answer.get(Patience.BOUND.toSeconds(), TimeUnit.SECONDS)).isInstanceOf(FencedException.class);
        }
        assertThat(admin.await(id, Duration.ZERO)).isEmpty();
    }

    @Test
    void aCommandThatIsAnsweredStaysAsItIs() throws Exception {
        long id = admin.request("shipping", Command.Verb.RETRY, Selection.all());
        Command command = leader.requested().get(0);
        leader.done(command, 3);
        leader.done(command, 0);

        assertThat(admin.await(id, Duration.ZERO))
                .contains(new Answer(id, true, 3, "3 events to be tried again, and what waits is tried now"));
    }

    @Test
    void aRetryNamesWhatCannotBeDecoded() throws Exception {
        rows.undecodable("shipping", "what?");
        rows.undecodable("mail", "who?");
        long all = admin.request("shipping", Command.Verb.RETRY, Selection.all());
        long some = admin.request("shipping", Command.Verb.RETRY, new Selection(Set.of(), "order/1", null));
        for (Command command : leader.requested()) {
            leader.done(command, 0);
        }

        assertThat(admin.await(all, Duration.ZERO).orElseThrow().text())
                .isEqualTo(
                        "0 events to be tried again, and what waits is tried now; 1 that cannot be decoded is left dead, for there is nothing to"
                                + " deliver: skip or drop it");
        assertThat(admin.await(some, Duration.ZERO).orElseThrow().text())
                .isEqualTo("0 events to be tried again, and what waits is tried now");
    }

    @Test
    void aDatabaseThatDoesNotAnswerIsNoLossOfLeadership() {
        Commands lost = new Commands(
                () -> {
                    throw new SQLException("gone", "08006");
                },
                BacklogRows.SLOT,
                1);
        assertThatThrownBy(lost::requested)
                .isInstanceOf(BacklogException.class)
                .isNotInstanceOf(FencedException.class)
                .hasMessageContaining("gone");
    }

    private Throwable thrownBy(Command command) {
        try {
            leader.done(command, 1);
            return new AssertionError("it was stored");
        } catch (BacklogException e) {
            return e;
        }
    }
}
