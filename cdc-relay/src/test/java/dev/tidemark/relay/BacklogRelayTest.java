package dev.tidemark.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.envelope.Envelope;
import dev.tidemark.relay.config.OnReject;
import dev.tidemark.relay.sink.Delivery;
import dev.tidemark.testkit.PostgresServer;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.Predicate;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What subscribers do not take goes to the backlog, and comes out of it in order. */
@Timeout(600)
@SuppressWarnings("try") // a relay works while it is open
class BacklogRelayTest {

    private static PostgresServer server;
    private OutboxFixture outbox;
    private final RecordingSink sink = new RecordingSink();
    private int later;

    @BeforeAll
    static void startServer() {
        server = PostgresServer.builder().start();
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    @BeforeEach
    void createOutbox() throws Exception {
        outbox = fixture(server);
    }

    /** An outbox, and where its backlog is. */
    OutboxFixture fixture(PostgresServer server) throws Exception {
        return new OutboxFixture(server);
    }

    @Test
    void aRejectedEventIsDeadItsAggregateWaitsOthersGoOnAndTheSlotMoves() throws Exception {
        refuse(envelope -> Events.label(envelope).equals("poison@2"));
        try (Relay relay = relay()) {
            List<UUID> poison = write("poison", 1, 4);
            List<UUID> others = new ArrayList<>();
            for (int i = 0; i < 20; i++) {
                others.add(outbox.write("other" + i, 1));
            }
            sink.awaitDistinct(21);
            awaitRows("state = 'dead'", 1);
            awaitRows("state = 'waiting'", 2);
            awaitSlotMovesOn();
            assertThat(sink.firstDeliveries())
                    .containsAll(others)
                    .contains(poison.get(0))
                    .doesNotContainAnyElementsOf(poison.subList(1, 4));
            sink.answer(envelope -> Delivery.delivered());
            command("retry", "'{" + poison.get(1) + "}'");
            sink.awaitDistinct(25);
            assertThat(ofPoison()).isEqualTo(poison);
            awaitRows("state <> 'settled'", 0);
        }
    }

    @Test
    void aDeadEventSurvivesARestartAndASkipLetsTheOthersGoOn() throws Exception {
        refuse(envelope -> Events.label(envelope).equals("poison@1"));
        List<UUID> poison;
        try (Relay relay = relay()) {
            poison = write("poison", 1, 3);
            awaitRows("state = 'waiting'", 2);
        }
        try (Relay relay = relay()) {
            poison.addAll(write("poison", 4, 5));
            awaitRows("state = 'waiting'", 4);
            assertThat(sink.delivered()).isEmpty();
            command("skip", "'{" + poison.get(0) + "}'");
            sink.awaitDistinct(4);
            assertThat(ofPoison()).isEqualTo(poison.subList(1, 5));
            assertThat(outbox.kept("select answer from tidemark.command")).startsWith("1 event skipped");
            assertThat(outbox.kept("select outcome from tidemark.backlog where id = '" + poison.get(0) + "'"))
                    .isEqualTo("skipped");
        }
    }

    @Test
    void underTheSkipPolicyTheAggregateGoesOnWithAGap() throws Exception {
        refuse(envelope -> Events.label(envelope).equals("poison@2"));
        try (Relay relay = Relay.start(outbox.config(
                outbox.subscriber("all", sink).onReject(OnReject.SKIP).build()))) {
            List<UUID> poison = write("poison", 1, 3);
            sink.awaitDistinct(2);
            assertThat(ofPoison()).containsExactly(poison.get(0), poison.get(2));
            awaitRows("state = 'dead'", 1);
        }
    }

    /** The seam: what is stored is drained while what is written meanwhile comes, and nothing is lost or swapped. */
    @Test
    void aSubscriberThatWasDownIsDrainedInOrderWhileEventsKeepComing() throws Exception {
        sink.answer(envelope -> Delivery.retry("it is down"));
        RecordingSink other = new RecordingSink();
        List<UUID> written = new ArrayList<>();
        try (Relay relay = Relay.start(outbox.config(
                outbox.subscriber("all", sink)
                        .parkAfter(Duration.ofMillis(200))
                        .lanes(2)
                        .build(),
                outbox.subscriber("other", other).build()))) {
            for (int i = 1; i <= 300; i++) {
                written.add(outbox.write("a" + i % 7, 1 + i / 7));
            }
            other.awaitDistinct(300);
            awaitSlotMovesOn();
            awaitRows("state = 'waiting'", 301);
            sink.answer(envelope -> Delivery.delivered());
            for (int i = 301; i <= 700; i++) {
                written.add(outbox.write("a" + i % 7, 1 + i / 7));
            }
            sink.awaitDistinct(701);
            awaitRows("state = 'waiting'", 0);
            Awaitility.await("direct again")
                    .until(
                            () -> { // a lane is, when it has seen that nothing is left
                                UUID last = outbox.write("last", written.size() - 699L);
                                written.add(last);
                                sink.awaitDistinct(written.size() + 1);
                                return outbox.kept("select count(*) from tidemark.backlog where id = '" + last + "'")
                                        .equals("0");
                            });
        }
        assertThat(sink.delivered()).hasSize(written.size() + 1);
        for (int aggregate = 0; aggregate < 7; aggregate++) {
            String id = "a" + aggregate;
            assertThat(sink.delivered().stream()
                            .filter(envelope -> envelope.aggregate().id().equals(id))
                            .map(Envelope::aggregateVersion))
                    .isSorted()
                    .doesNotHaveDuplicates();
        }
    }

    @Test
    void oneAggregateThatIsNotTakenIsParkedAndComesInOrderLater() throws Exception {
        sink.answer(envelope ->
                envelope.aggregate().id().equals("slow") ? Delivery.retry("busy with this one") : Delivery.delivered());
        try (Relay relay = Relay.start(outbox.config(outbox.subscriber("all", sink)
                .parkAfter(Duration.ofMillis(100))
                .lanes(1)
                .build()))) {
            List<UUID> slow = write("slow", 1, 3);
            for (int i = 1; rows("state = 'waiting' and cause = 'parked'") < 3; i++) {
                outbox.write("other", i);
            }
            awaitSlotMovesOn();
            sink.answer(envelope -> Delivery.delivered());
            Awaitility.await().until(() -> sink.firstDeliveries().containsAll(slow));
            assertThat(sink.firstDeliveries()).containsSubsequence(slow);
        }
    }

    @Test
    void whatCannotBeDecodedStandsDeadWithAllThereIsOfItAndOthersGoOn() throws Exception {
        try (Relay relay = relay()) {
            outbox.database().run("select pg_logical_emit_message(true, 'tidemark.outbox.v1', '{\"odd\": 1}')");
            UUID after = outbox.write("a", 1);
            sink.awaitDistinct(1);
            assertThat(sink.firstDeliveries()).containsExactly(after);
            awaitRows("state = 'dead' and cause = 'undecodable' and raw like '%{\"odd\": 1}%'", 1);
            awaitSlotMovesOn();
        }
    }

    @Test
    void aSubscriberThatIsMissingFromTheConfigurationKeepsTheRelayFromStarting() throws Exception {
        try (Relay relay = relay()) {
            outbox.write("a", 1);
            sink.awaitDistinct(1);
        }
        try (Relay relay =
                Relay.start(outbox.config(outbox.subscriber("another", sink).build()))) {
            assertThat(relay.awaitStopped(Patience.BOUND)).isTrue();
            assertThat(relay.failure())
                    .hasValueSatisfying(failure -> assertThat(failure)
                            .hasMessageContaining("all (since")
                            .hasMessageContaining("tidemark retire"));
        }
    }

    /** Past all that is committed by now; the end of the last transaction is known from the next one. */
    private void awaitSlotMovesOn() throws SQLException {
        String end = outbox.single("select pg_current_wal_insert_lsn()");
        outbox.write("later", ++later);
        outbox.awaitConfirmed(end);
    }

    private Relay relay() {
        return Relay.start(outbox.config(outbox.subscriber("all", sink).lanes(4).build()));
    }

    private void refuse(Predicate<Envelope> which) {
        sink.answer(envelope -> which.test(envelope) ? Delivery.rejected("it does not like it") : Delivery.delivered());
    }

    private List<UUID> write(String aggregateId, int from, int to) throws SQLException {
        List<UUID> written = new ArrayList<>();
        for (int version = from; version <= to; version++) {
            written.add(outbox.write(aggregateId, version));
        }
        return written;
    }

    private List<UUID> ofPoison() {
        return sink.delivered().stream()
                .filter(envelope -> envelope.aggregate().id().equals("poison"))
                .map(Envelope::id)
                .toList();
    }

    private void command(String verb, String ids) throws SQLException {
        outbox.backlog()
                .run("insert into tidemark.command (slot, subscriber, verb, ids) values ('" + outbox.slot()
                        + "', 'all', '" + verb + "', " + ids + ")");
        Awaitility.await()
                .until(() -> outbox.kept("select state from tidemark.command order by id desc limit 1")
                        .equals("done"));
    }

    private int rows(String condition) throws SQLException {
        return Integer.parseInt(
                outbox.kept("select count(*) from tidemark.backlog where subscriber = 'all' and " + condition));
    }

    private void awaitRows(String condition, int count) {
        Awaitility.await(condition).until(() -> rows(condition) == count);
    }
}
