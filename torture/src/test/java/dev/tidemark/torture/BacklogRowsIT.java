package dev.tidemark.torture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.testkit.PostgresServer;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** Rows 17, 18, 26 and 28: what goes to the backlog, and comes back from it. */
class BacklogRowsIT {

    private static PostgresServer server;

    @BeforeAll
    static void startServer() {
        server = PostgresServer.start();
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    @Test
    @DisplayName("Row 17: an event that is rejected holds up its aggregate, and nothing else")
    void anEventThatIsRejectedHoldsUpItsAggregateOnly() throws Exception {
        try (Row row = Row.on(server, 17)) {
            Receiver receiver = row.receiver(World.PLAIN);
            receiver.behave(Manner.toSome(
                    Manner.Reaction.REJECT, event -> event.aggregate().id().equals("k3")));
            for (int round = 0; round < 4; round++) {
                row.commit(Way.COPY, Row.changes("k", 50, 10));
            }
            row.awaitTaken(World.PLAIN, 180);
            row.awaitTaken(World.MOODY, 200);
            row.await(row.world()::allIsAcknowledged, "all is acknowledged");
            assertThat(backlog(row, "dead")).isEqualTo("1");
            assertThat(backlog(row, "waiting")).isEqualTo("19");

            receiver.behave(Manner.GOOD);
            row.run("insert into tidemark.command (slot, subscriber, verb) values ('"
                    + row.world().slot() + "', '" + World.PLAIN + "', 'retry')");
            row.passes();
        }
    }

    @Test
    @DisplayName("Row 18: a subscriber that is dead for long holds up neither the others nor the slot")
    void aDeadSubscriberHoldsUpNeitherTheOthersNorTheSlot() throws Exception {
        try (Row row = Row.on(server, 18)) {
            row.receiver(World.PLAIN).goDown();
            for (int round = 1; round <= 4; round++) {
                row.commit(Way.COPY, Row.changes("k", 500, 100));
                row.awaitTaken(World.MOODY, 500 * round);
                row.awaitTaken(World.INBOX, 500 * round);
            }
            row.await(row.world()::allIsAcknowledged, "all is acknowledged");
            assertThat(backlog(row, "waiting")).isEqualTo("2000");
            assertThat(row.world().relay().readiness()).startsWith("200");

            row.receiver(World.PLAIN).comeBack();
            row.passes();
            assertThat(backlog(row, "waiting")).isEqualTo("0");
        }
    }

    /** Checks of the table refuse most of it; a table of long ago, or of somebody's own, has none. */
    @Test
    @DisplayName("Row 26: rows and messages that no writer wrote are dead in the backlog, and hold up nothing")
    void whatNoWriterWroteIsDeadInTheBacklog() throws Exception {
        try (Row row = Row.on(server, 26)) {
            row.run("alter table outbox drop constraint outbox_headers_map_names_to_strings,"
                    + " drop constraint outbox_headers_leave_our_names_alone,"
                    + " drop constraint outbox_source_is_uri_reference");
            row.commit(Way.PLAIN_SQL, Row.changes("ключ \"<b>%0A../' ", 20, 4));
            row.run(
                    "insert into outbox (id, source, aggregatetype, aggregateid, aggregateversion, type, headers) values"
                            + " ('01890a5d-ac96-774b-bcce-b302099a8051', 'torture', 'item', 'odd-1', 1, 'odd', '[1]'),"
                            + " ('01890a5d-ac96-774b-bcce-b302099a8052', 'torture', 'item', 'odd-2', 1, 'odd', '{\"a\":{}}')");
            row.run("select pg_logical_emit_message(true, 'tidemark.outbox.v9', '{}')");
            row.run("select pg_logical_emit_message(true, 'tidemark.outbox.v1', 'no JSON')");
            row.run("select pg_logical_emit_message(true, 'somebody.else', 'no JSON')");
            row.commit(Way.COPY, Row.changes("k", 100, 10));
            row.passes();
            for (String subscriber : World.SUBSCRIBERS) {
                assertThat(row.single("select count(*) from tidemark.backlog where state = 'dead'"
                                + " and cause = 'undecodable' and raw <> '' and subscriber = '" + subscriber + "'"))
                        .as(subscriber)
                        .isEqualTo("4");
            }
        }
    }

    @Test
    @DisplayName(
            "Row 28: a relay that dies while it drains keeps order, and sends again only what it had no time to mark")
    void aRelayThatDiesWhileItDrainsKeepsOrder() throws Exception {
        RelaySettings drawn = RelaySettings.draw(Relays.honest(), new Random(28));
        RelaySettings settings = new RelaySettings(drawn.program(), drawn.jvm(), 2, 20, drawn.memoryEvents(), "");
        try (Row row = Row.on(server, 28, settings)) {
            Receiver receiver = row.receiver(World.PLAIN);
            receiver.behave(Manner.always(Manner.Reaction.REFUSE));
            row.commit(Way.COPY, Row.changes("k", 600, 20));
            row.await(row.world()::allIsAcknowledged, "all is in the backlog");
            int before = 0;
            for (int died : List.of(50, 120, 300)) {
                receiver.behave(Row.hangingAfter(died));
                row.awaitTaken(World.PLAIN, before + died / 2);
                row.kill();
                before = row.world().ledger().taken(World.PLAIN);
                row.commit(Way.BATCH, Row.changes("k", 20, 20));
                row.start();
            }
            receiver.behave(Manner.GOOD);
            row.passes();
        }
    }

    private static String backlog(Row row, String state) {
        return row.single("select count(*) from tidemark.backlog where subscriber = '" + World.PLAIN + "' and state = '"
                + state + "'");
    }
}
