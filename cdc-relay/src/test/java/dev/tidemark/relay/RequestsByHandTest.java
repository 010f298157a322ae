package dev.tidemark.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.relay.backlog.Redelivery;
import dev.tidemark.relay.backlog.Redelivery.Stage;
import dev.tidemark.relay.backlog.RedeliveryAdmin;
import dev.tidemark.relay.backlog.RedeliveryAdmin.Look;
import dev.tidemark.relay.sink.Delivery;
import dev.tidemark.testkit.PostgresServer;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Operators may ask by SQL, and what one of them wrote is no reason to leave the others without an answer. */
@Timeout(600)
@SuppressWarnings("try") // a relay works while it is open
class RequestsByHandTest {

    /** Each may be an id. */
    private static final List<String> IDS = List.of("42/", "https://shop/", "/", "a//b");

    private static PostgresServer server;

    private OutboxFixture outbox;
    private RedeliveryAdmin redeliveries;
    private final RecordingSink sink = new RecordingSink();

    @BeforeAll
    static void startServer() throws Exception {
        server = PostgresServer.builder().start();
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    @BeforeEach
    void createOutbox() throws Exception {
        outbox = new OutboxFixture(server);
        redeliveries = new RedeliveryAdmin(outbox.backlog()::connect, outbox.slot());
    }

    @Test
    void aJobMayNameAnAggregateWhoseIdHasSlashes() throws Exception {
        try (Relay relay = relay()) {
            writeAll();
            sink.awaitDistinct(IDS.size());
            for (String id : IDS) {
                long job = Long.parseLong(
                        outbox.kept("insert into tidemark.redelivery (slot, subscriber, aggregate) values ('"
                                + outbox.slot() + "', 'shop', 'order/" + id + "') returning id"));
                assertThat(awaitOver(job).answer()).as(id).isEqualTo("1 event sent again");
            }
            long job = redeliveries.request("shop", new Redelivery.Which(null, "orders/order/42/", false));
            assertThat(awaitOver(job).answer()).isEqualTo("1 event sent again");
        }
    }

    @Test
    void aCommandMayNameAnAggregateWhoseIdHasSlashes() throws Exception {
        sink.answer(envelope -> Delivery.rejected("never"));
        try (Relay relay = relay()) {
            writeAll();
            await().until(() -> outbox.kept("select count(*) from tidemark.backlog where state = 'dead'")
                    .equals(Integer.toString(IDS.size())));
            sink.answer(envelope -> Delivery.delivered());
            for (String id : IDS) {
                assertThat(command("order/" + id)).as(id).startsWith("1 event to be tried again");
            }
            sink.awaitDistinct(IDS.size());
        }
    }

    /** No row is known that the table takes and Java does not; so the table is made to take one. */
    @Test
    void aRowThatIsNoJobFailsAndTheNextOneIsDone() throws Exception {
        outbox.backlog().run("alter table tidemark.redelivery drop constraint redelivery_aggregate_check");
        try (Relay relay = relay()) {
            writeAll();
            sink.awaitDistinct(IDS.size());
            String bad = outbox.kept("insert into tidemark.redelivery (slot, subscriber, aggregate) values ('"
                    + outbox.slot() + "', 'shop', 'order') returning id");
            Look done = awaitOver(redeliveries.request("shop", Redelivery.Which.all()));
            assertThat(done.job().stage()).isEqualTo(Stage.DONE);
            assertThat(outbox.kept("select state || ': ' || answer from tidemark.redelivery where id = " + bad))
                    .isEqualTo("failed: it is no job: an aggregate is type/id, such as order/42, but was: order");
        }
    }

    @Test
    void aRowThatIsNoCommandFailsAndTheNextOneIsCarriedOut() throws Exception {
        outbox.backlog().run("alter table tidemark.command drop constraint command_aggregate_check");
        try (Relay relay = relay()) {
            assertThat(command("order"))
                    .isEqualTo("it is no command: an aggregate is type/id, such as order/42, but was: order");
            assertThat(command("order/42")).startsWith("0 events to be tried again");
        }
    }

    private void writeAll() throws SQLException {
        for (String id : IDS) {
            outbox.write(id, 1);
        }
    }

    /** Returns the answer. */
    private String command(String aggregate) throws SQLException {
        String id = outbox.kept("insert into tidemark.command (slot, subscriber, verb, aggregate) values ('"
                + outbox.slot() + "', 'shop', 'retry', '" + aggregate + "') returning id");
        await().until(
                        () -> outbox.kept("select state from tidemark.command where id = " + id),
                        state -> !state.equals("requested"));
        return outbox.kept("select answer from tidemark.command where id = " + id);
    }

    private Relay relay() {
        return Relay.start(outbox.config(outbox.subscriber("shop", sink).build()));
    }

    private Look awaitOver(long job) throws SQLException {
        await().until(() -> redeliveries.look(job).orElseThrow().job().stage().isOver());
        return redeliveries.look(job).orElseThrow();
    }

    private static ConditionFactory await() {
        return Awaitility.await().atMost(Duration.ofMinutes(2)).pollInterval(Duration.ofMillis(20));
    }
}
