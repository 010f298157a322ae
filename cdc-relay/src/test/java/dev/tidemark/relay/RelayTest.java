package dev.tidemark.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidemark.envelope.Envelope;
import dev.tidemark.relay.config.MemoryConfig;
import dev.tidemark.relay.sink.Delivery;
import dev.tidemark.testkit.PostgresServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@SuppressWarnings("try") // a relay runs for as long as its block
class RelayTest {

    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private static PostgresServer server;

    private OutboxFixture outbox;

    @BeforeAll
    static void startServer() {
        server = PostgresServer.start();
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    @BeforeEach
    void createOutbox() throws Exception {
        outbox = new OutboxFixture(server);
    }

    @Test
    void everySubscriberGetsWhatItsFilterMatchesInOrder() throws Exception {
        RecordingSink all = new RecordingSink();
        RecordingSink none = new RecordingSink();
        try (Relay relay = Relay.start(outbox.config(
                outbox.subscriber("all", all).build(),
                outbox.subscriber("none", none).types("other-*").build()))) {
            List<UUID> written = new ArrayList<>();
            for (int i = 1; i <= 100; i++) {
                written.add(outbox.write("a", i));
            }
            all.awaitDistinct(100);
            assertThat(all.firstDeliveries()).isEqualTo(written);
            assertThat(none.delivered()).isEmpty();
            outbox.awaitConfirmed(outbox.single("select acknowledged_lsn from tidemark.relay"));
            Awaitility.await().until(() -> get(relay, "/health/ready").statusCode() == 200);
            assertThat(get(relay, "/health/live").statusCode()).isEqualTo(200);
            Awaitility.await() // counted when the sink has answered
                    .until(() -> metric(relay, "tidemark_deliveries_total{outcome=\"delivered\",subscriber=\"all\"}")
                            == 100);
            assertThat(get(relay, "/metrics").body()).contains("tidemark_events_captured_total 100.0");
        }
    }

    @Test
    void closingDeliversAndAcknowledgesWhatWasTakenSoThatNothingComesTwice() throws Exception {
        RecordingSink first = new RecordingSink();
        try (Relay relay =
                Relay.start(outbox.config(outbox.subscriber("all", first).build()))) {
            for (int i = 1; i <= 200; i++) {
                outbox.write("a" + i % 7, i);
            }
            first.awaitDistinct(1);
        }
        RecordingSink second = new RecordingSink();
        try (Relay relay =
                Relay.start(outbox.config(outbox.subscriber("all", second).build()))) {
            UUID last = outbox.write("last", 1);
            Awaitility.await().until(() -> second.firstDeliveries().contains(last));
        }
        assertThat(first.delivered()).doesNotHaveDuplicates();
        assertThat(second.firstDeliveries()).doesNotContainAnyElementsOf(first.firstDeliveries());
        assertThat(first.firstDeliveries().size() + second.firstDeliveries().size())
                .isEqualTo(201);
    }

    @Test
    void aSubscriberThatIsDownGetsEverythingInOrderWhenItIsBack() throws Exception {
        RecordingSink sink = new RecordingSink();
        sink.answer(envelope -> Delivery.retry("it is down"));
        try (Relay relay =
                Relay.start(outbox.config(outbox.subscriber("all", sink).build()))) {
            List<UUID> written = new ArrayList<>();
            for (int i = 1; i <= 50; i++) {
                written.add(outbox.write("a", i));
            }
            Awaitility.await()
                    .until(() -> metric(relay, "tidemark_deliveries_total{outcome=\"retry\",subscriber=\"all\"}") > 0);
            assertThat(sink.delivered()).isEmpty();
            assertThat(metric(relay, "tidemark_oldest_unsettled_seconds{subscriber=\"all\"}"))
                    .isPositive();
            assertThat(get(relay, "/health/ready").statusCode()).isEqualTo(200);
            sink.answer(envelope -> Delivery.delivered());
            sink.awaitDistinct(50);
            assertThat(sink.firstDeliveries()).isEqualTo(written);
        }
    }

    @Test
    void aBrokenFeedIsReplacedWhileLanesRetryAndNothingIsLostOrSwapped() throws Exception {
        RecordingSink sink = new RecordingSink();
        List<UUID> written = new ArrayList<>();
        try (Relay relay =
                Relay.start(outbox.config(outbox.subscriber("all", sink).build()))) {
            written.add(outbox.write("a", 1));
            sink.awaitDistinct(1);
            for (int round = 0; round < 3; round++) {
                sink.answer(envelope -> Delivery.retry("it is down"));
                for (int i = 0; i < 20; i++) {
                    written.add(outbox.write("a", written.size() + 1L));
                }
                outbox.database()
                        .run("select pg_terminate_backend(active_pid) from pg_replication_slots where slot_name = '"
                                + outbox.slot() + "' and active_pid is not null");
                sink.answer(envelope -> Delivery.delivered());
                sink.awaitDistinct(written.size());
            }
            assertThat(sink.firstDeliveries()).isEqualTo(written);
            Awaitility.await()
                    .until(
                            () -> { // what is sent again ends with the newest
                                List<Envelope> delivered = sink.delivered();
                                return delivered.get(delivered.size() - 1).id().equals(written.get(written.size() - 1));
                            });
        }
    }

    @Test
    void aCrashOfPostgresLosesNothing() throws Exception {
        try (PostgresServer crashing =
                PostgresServer.builder().setting("fsync", "on").start()) {
            OutboxFixture there = new OutboxFixture(crashing);
            RecordingSink sink = new RecordingSink();
            try (Relay relay =
                    Relay.start(there.config(there.subscriber("all", sink).build()))) {
                List<UUID> written = new ArrayList<>();
                for (int i = 1; i <= 30; i++) {
                    written.add(there.write("a", i));
                }
                crashing.stopImmediately();
                crashing.restart();
                for (int i = 31; i <= 60; i++) {
                    written.add(there.write("a", i));
                }
                sink.awaitDistinct(60);
                assertThat(sink.firstDeliveries()).isEqualTo(written);
            }
        }
    }

    @Test
    void aMissingSlotOrPublicationRefusesToStartAndSaysWhatRepairsIt() throws Exception {
        outbox.database().run("select pg_drop_replication_slot('" + outbox.slot() + "')");
        assertThatThrownBy(() -> Relay.start(outbox.config(
                        outbox.subscriber("all", new RecordingSink()).build())))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("slot " + outbox.slot() + " does not exist")
                .hasMessageContaining("tidemark migrate");
        outbox.createSlot();
        outbox.database().run("drop publication tidemark_outbox");
        assertThatThrownBy(() -> Relay.start(outbox.config(
                        outbox.subscriber("all", new RecordingSink()).build())))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("publication tidemark_outbox does not exist");
    }

    @Test
    void aSlotThatIsDroppedWhileTheRelayRunsStopsItWithAFailure() throws Exception {
        RecordingSink sink = new RecordingSink();
        try (Relay relay =
                Relay.start(outbox.config(outbox.subscriber("all", sink).build()))) {
            outbox.write("a", 1);
            sink.awaitDistinct(1);
            Awaitility.await().ignoreExceptions().until(() -> {
                outbox.database()
                        .run("select pg_terminate_backend(active_pid), pg_sleep(0.05) from pg_replication_slots"
                                + " where slot_name = '" + outbox.slot() + "' and active_pid is not null;"
                                + "select pg_drop_replication_slot('" + outbox.slot() + "')");
                return true;
            });
            assertThat(relay.awaitStopped(Patience.BOUND)).isTrue();
            assertThat(relay.failure()).hasValueSatisfying(e -> assertThat(e).hasMessageContaining("does not exist"));
        }
    }

    @Test
    void aSinkThatBreaksItsPromiseStopsTheRelay() throws Exception {
        try (Relay relay = Relay.start(
                outbox.config(outbox.subscriber("all", batch -> List.of()).build()))) {
            outbox.write("a", 1);
            assertThat(relay.awaitStopped(Patience.BOUND)).isTrue();
            assertThat(relay.failure())
                    .hasValueSatisfying(e -> assertThat(e).hasMessageContaining("broke its promise"));
        }
    }

    @Test
    void aTransactionLargerThanTheMemoryPassesThroughInPieces() throws Exception {
        RecordingSink sink = new RecordingSink();
        try (Relay relay = Relay.start(outbox.config(
                new MemoryConfig(100, 1 << 20), outbox.subscriber("all", sink).build()))) {
            try (Connection tx = outbox.database().connect()) {
                tx.setAutoCommit(false);
                for (int i = 1; i <= 3000; i++) {
                    outbox.write(tx, "a" + i % 10, (i + 9) / 10);
                }
                tx.commit();
            }
            sink.awaitDistinct(3000);
            assertThat(sink.delivered()).hasSize(3000);
        }
    }

    private static double metric(Relay relay, String name) throws Exception {
        return get(relay, "/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith(name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
                .findFirst()
                .orElseThrow(() -> new AssertionError("there is no metric " + name));
    }

    private static HttpResponse<String> get(Relay relay, String path) throws Exception {
        URI uri = URI.create("http://127.0.0.1:" + relay.opsPort() + path);
        return HTTP.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
    }
}
