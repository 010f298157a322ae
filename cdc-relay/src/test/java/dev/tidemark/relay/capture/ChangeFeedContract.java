package dev.tidemark.relay.capture;

import static dev.tidemark.relay.capture.FedOutbox.uuid;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.envelope.CloudEventsJson;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.FaultyProxy;
import dev.tidemark.testkit.PostgresServer;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every feed promises (more than 400 lines because a contract is read as a whole), on a real server with the real outbox. */
@SuppressWarnings("try") // a feed runs for as long as its block
abstract class ChangeFeedContract {

    private static PostgresServer server;

    private FedOutbox outbox;

    /** A new feed from {@code slot} of {@code database}. */
    abstract ChangeFeed feed(Database database, String slot) throws SQLException;

    @BeforeAll
    static void startServer() {
        server = PostgresServer.start();
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    @BeforeEach
    void createOutboxAndSlots() throws Exception {
        outbox = new FedOutbox(server);
    }

    @AfterEach
    void dropSlots() {
        outbox.dropSlots();
    }

    @Test
    void aCommittedRowArrivesAsItWasWritten() throws Exception {
        UUID id = uuid(1);
        RecordingReceiver receiver = RecordingReceiver.settlingAll();
        try (RunningFeed feed = start(receiver)) {
            Instant before = Instant.now();
            outbox.insert(id, "42", 1L, "{\"b\" : 1,  \"a\":\"h\u00e9 \\u00e9 \ud83d\ude80\"}");
            Envelope envelope = receiver.awaitEvents(1).get(0);
            assertThat(envelope.id()).isEqualTo(id);
            assertThat(envelope.aggregate()).isEqualTo(new Aggregate("orders", "", "order", "42"));
            assertThat(envelope.aggregateVersion()).isEqualTo(1L);
            assertThat(envelope.type()).isEqualTo("order-placed");
            assertThat(envelope.dataSchema()).isEqualTo("urn:tidemark:orders:order-placed:1");
            assertThat(envelope.dataAsText()).isEqualTo("{\"b\" : 1,  \"a\":\"h\u00e9 \\u00e9 \ud83d\ude80\"}");
            assertThat(envelope.dataContentType()).isEqualTo("application/json");
            assertThat(receiver.changes().get(0).committedAt())
                    .isBetween(before.minusSeconds(30), Instant.now().plusSeconds(30));
        }
    }

    @Test
    void aTombstoneHasNoDataAndAJsonNullHasFourBytes() throws Exception {
        RecordingReceiver receiver = RecordingReceiver.settlingAll();
        try (RunningFeed feed = start(receiver)) {
            outbox.insert(uuid(1), "1", 1L, null);
            outbox.insert(uuid(2), "1", 2L, "null");
            List<Envelope> events = receiver.awaitEvents(2);
            assertThat(events.get(0).data()).isNull();
            assertThat(events.get(0).dataContentType()).isNull();
            assertThat(events.get(1).dataAsText()).isEqualTo("null");
        }
    }

    @Test
    void aLogicalMessageArrivesLikeARow() throws Exception {
        Envelope written = Envelope.builder()
                .id(uuid(7))
                .aggregate(new Aggregate("orders", "acme", "order", "7"))
                .aggregateVersion(3L)
                .type("order-placed")
                .dataSchema(Envelope.defaultDataSchema("orders", "order-placed", 2))
                .time(Instant.parse("2026-11-21T10:15:30.123456Z"))
                .data("application/json", "{ \"n\": 1}".getBytes(StandardCharsets.UTF_8))
                .header("correlationid", "c-1")
                .build();
        RecordingReceiver receiver = RecordingReceiver.settlingAll();
        try (RunningFeed feed = start(receiver)) {
            outbox.emit("tidemark.outbox.v1", new String(CloudEventsJson.write(written), StandardCharsets.UTF_8));
            Envelope read = receiver.awaitEvents(1).get(0);
            assertThat(CloudEventsJson.write(read)).isEqualTo(CloudEventsJson.write(written));
            assertThat(read.schemaVersion()).isEqualTo(2);
        }
    }

    @Test
    void whatCannotBeDecodedIsOfferedWithAReasonAndOthersGoOn() throws Exception {
        RecordingReceiver receiver = RecordingReceiver.settlingAll();
        try (RunningFeed feed = start(receiver)) {
            outbox.emit("tidemark.outbox.v1", "{\"not\":\"an event\"}");
            outbox.emit("tidemark.outbox.v2", "{}");
            outbox.emit("somebody.else", "{}");
            outbox.run(
                    "insert into outbox (id, source, aggregatetype, aggregateid, type, datacontenttype, payload) values ('"
                            + uuid(2)
                            + "', 'orders', 'order', '2', 'order-placed', 'application/cloudevents+json', '{}')");
            outbox.insert(uuid(1), "1", 1L, "{}");
            List<Change> changes = receiver.await(4);
            assertThat(changes).hasSize(4);
            assertThat(changes.get(0).undecodable()).contains("logical message").contains("cannot be decoded");
            assertThat(changes.get(1).undecodable()).contains("tidemark.outbox.v2");
            assertThat(changes.get(2).undecodable()).contains("must not be that of CloudEvents themselves");
            assertThat(changes.get(3).envelope()).isNotNull();
        }
    }

    @Test
    void aRollbackAndAnUpdateAndADeleteLeaveNothing() throws Exception {
        RecordingReceiver receiver = RecordingReceiver.settlingAll();
        try (RunningFeed feed = start(receiver)) {
            try (Connection tx = outbox.begin()) {
                FedOutbox.insert(tx, uuid(1), "1", 1L, "{}");
                tx.rollback();
            }
            outbox.insert(uuid(2), "2", 1L, "{}");
            outbox.run("update outbox set headers = '{}'; delete from outbox");
            outbox.insert(uuid(3), "3", 1L, "{}");
            assertThat(receiver.awaitEvents(2)).extracting(Envelope::id).containsExactly(uuid(2), uuid(3));
        }
    }

    /** PostgreSQL 18 tells of such an end also who did not ask to be sent what is open. */
    @Test
    void aBigTransactionThatIsRolledBackLeavesNothingAndEndsNothing() throws Exception {
        outbox.run("alter database " + outbox.database().name() + " set logical_decoding_work_mem = '64kB'");
        try (Connection tx = outbox.begin();
                Statement rows = tx.createStatement()) {
            FedOutbox.insert(tx, uuid(1), "1", 1L, "{}");
            Savepoint part = tx.setSavepoint();
            rows.execute(bigInsert(10_001));
            tx.rollback(part);
            tx.commit();
            rows.execute(bigInsert(10_001));
            tx.rollback();
            rows.execute(bigInsert(10_001));
            outbox.insert(uuid(2), "2", 1L, "{}");
            part = tx.setSavepoint();
            rows.execute(bigInsert(20_001));
            outbox.insert(uuid(3), "2", 2L, "{}");
            tx.rollback(part);
            outbox.insert(uuid(4), "2", 3L, "{}");
            tx.rollback();
        }
        outbox.insert(uuid(5), "2", 4L, "{}");
        RecordingReceiver receiver = RecordingReceiver.settlingAll();
        try (RunningFeed feed = start(receiver)) {
            assertThat(receiver.awaitEvents(5))
                    .extracting(Envelope::id)
                    .containsExactly(uuid(1), uuid(2), uuid(3), uuid(4), uuid(5));
            outbox.awaitConfirmedBeyondCommitOf(uuid(5));
        }
    }

    private static String bigInsert(int from) {
        return "insert into outbox (id, source, aggregatetype, aggregateid, aggregateversion, type, payload)"
                + " select ('01934f00-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid, 'orders', 'order', 'big', n,"
                + " 'order-placed', '{}' from generate_series(" + from + ", " + from + " + 4999) n";
    }

    @Test
    void whatWasNotSettledComesAgainAndWhatWasDoesNot() throws Exception {
        RecordingReceiver first = new RecordingReceiver(1000);
        try (RunningFeed feed = start(first)) {
            for (int i = 1; i <= 10; i++) {
                outbox.insert(uuid(i), "1", (long) i, "{}");
            }
            first.await(10);
            first.settle(6);
            outbox.awaitConfirmedBeyondCommitOf(uuid(6));
        }
        RecordingReceiver second = RecordingReceiver.settlingAll();
        try (RunningFeed feed = start(second)) {
            assertThat(second.awaitEvents(4))
                    .extracting(Envelope::id)
                    .containsExactly(uuid(7), uuid(8), uuid(9), uuid(10));
        }
    }

    @Test
    void theLastEventIsAcknowledgedWithoutAnyOtherComing() throws Exception {
        RecordingReceiver receiver = RecordingReceiver.settlingAll();
        try (RunningFeed feed = start(receiver)) {
            outbox.insert(uuid(1), "1", 1L, "{}");
            receiver.await(1);
            outbox.awaitConfirmedBeyondCommitOf(uuid(1));
        }
    }

    @Test
    void aTransactionOfWhichOneEventIsOpenIsNotAcknowledged() throws Exception {
        RecordingReceiver receiver = new RecordingReceiver(1000);
        try (RunningFeed feed = start(receiver)) {
            outbox.insert(uuid(1), "1", 1L, "{}");
            try (Connection tx = outbox.begin()) {
                for (int i = 2; i <= 50; i++) {
                    FedOutbox.insert(tx, uuid(i), "1", (long) i, "{}");
                }
                tx.commit();
            }
            outbox.insert(uuid(51), "1", 51L, "{}");
            receiver.await(51);
            receiver.settle(49);
            outbox.awaitConfirmedBeyondCommitOf(uuid(1));
            // Several heartbeats and flush intervals later it still stands before the open transaction's end.
            for (int i = 0; i < 3; i++) {
                outbox.insert(uuid(100 + i), "other", i + 1L, "{}");
                receiver.await(52 + i);
            }
            assertThat(outbox.confirmed()).isLessThan(outbox.commitLsnOf(uuid(2)));
            receiver.settle(51);
            outbox.awaitConfirmedBeyondCommitOf(uuid(51));
        }
    }

    @Test
    void aCopyThatWasHandledInPartComesAgainWhole() throws Exception {
        RecordingReceiver first = new RecordingReceiver(50);
        try (RunningFeed feed = start(first)) {
            outbox.copy(500);
            first.await(50);
        }
        RecordingReceiver second = RecordingReceiver.settlingAll();
        try (RunningFeed feed = start(second)) {
            assertThat(second.awaitEvents(500))
                    .extracting(Envelope::aggregateVersion)
                    .hasSize(500);
            assertThat(second.awaitEvents(500).get(0).aggregateVersion()).isEqualTo(1L);
            assertThat(second.awaitEvents(500).get(499).aggregateVersion()).isEqualTo(500L);
        }
    }

    @Test
    void aTransactionThatBeganBeforeASettledOneIsNotLost() throws Exception {
        try (Connection a = outbox.begin()) {
            FedOutbox.insert(a, uuid(1), "a", 1L, "{}");
            RecordingReceiver first = RecordingReceiver.settlingAll();
            try (RunningFeed feed = start(first)) {
                outbox.insert(uuid(2), "b", 1L, "{}");
                first.await(1);
                outbox.awaitConfirmedBeyondCommitOf(uuid(2));
            }
            FedOutbox.insert(a, uuid(3), "a", 2L, "{}");
            a.commit();
        }
        RecordingReceiver second = RecordingReceiver.settlingAll();
        try (RunningFeed feed = start(second)) {
            assertThat(second.awaitEvents(2)).extracting(Envelope::id).containsExactly(uuid(1), uuid(3));
        }
    }

    @Test
    void aFullReceiverHoldsTheFeedWhichGoesOnAcknowledging() throws Exception {
        RecordingReceiver receiver = new RecordingReceiver(5);
        try (RunningFeed feed = start(receiver)) {
            for (int i = 1; i <= 20; i++) {
                outbox.insert(uuid(i), "1", (long) i, "{}");
            }
            receiver.await(5);
            receiver.settle(3);
            receiver.await(8);
            outbox.awaitConfirmedBeyondCommitOf(uuid(3));
            assertThat(outbox.confirmed()).isLessThan(outbox.commitLsnOf(uuid(4)));
            assertThat(receiver.changes()).hasSize(8);
            receiver.settle(20);
            assertThat(receiver.await(20)).hasSize(20);
        }
    }

    @Test
    void aKilledConnectionEndsTheRunWithAReasonAndTheNextGoesOn() throws Exception {
        RecordingReceiver first = RecordingReceiver.settlingAll();
        try (RunningFeed feed = start(first)) {
            outbox.insert(uuid(1), "1", 1L, "{}");
            first.await(1);
            outbox.run("select pg_terminate_backend(active_pid) from pg_replication_slots where slot_name = '"
                    + outbox.slot() + "'");
            assertThat(feed.awaitEnd()).isInstanceOf(FeedException.class).hasMessageContaining(outbox.slot());
        }
        RecordingReceiver second = RecordingReceiver.settlingAll();
        try (RunningFeed feed = start(second)) {
            outbox.insert(uuid(2), "1", 2L, "{}");
            Awaitility.await().until(() -> second.awaitEvents(1).stream().anyMatch(e -> e.id().equals(uuid(2))));
        }
    }

    /** As where a firewall has forgotten the connection: nothing comes any more, not even its end. */
    @Test
    void aStreamOfWhoseEndOnlyTheServerKnowsEndsTheRun() throws Exception {
        RecordingReceiver receiver = RecordingReceiver.settlingAll();
        try (FaultyProxy proxy = FaultyProxy.to(server.host(), server.port());
                RunningFeed feed = new RunningFeed(feed(outbox.through(server, proxy), outbox.slot()), receiver)) {
            outbox.insert(uuid(1), "1", 1L, "{}");
            receiver.await(1);
            proxy.forget(Integer.parseInt(
                    outbox.single("select client_port from pg_stat_replication where pid = (select active_pid from"
                            + " pg_replication_slots where slot_name = '" + outbox.slot() + "')")));
            assertThat(feed.awaitEnd()).isInstanceOf(FeedException.class).hasMessageContaining(outbox.slot());
        }
    }

    @Test
    void anIdleOutboxBesideABusyDatabaseDoesNotHoldTheWal() throws Exception {
        outbox.run("create table busy (text text)");
        RecordingReceiver receiver = RecordingReceiver.settlingAll();
        try (RunningFeed feed = start(receiver)) {
            outbox.insert(uuid(1), "1", 1L, "{}");
            receiver.await(1);
            Lsn before = Lsn.parse(outbox.single("select pg_current_wal_lsn()"));
            outbox.run("insert into busy select repeat('x', 1000) from generate_series(1, 5000)");
            outbox.run("insert into busy select repeat('x', 1000) from generate_series(1, 5000)");
            Lsn after = Lsn.parse(outbox.single("select pg_current_wal_lsn()"));
            assertThat(after.bytes() - before.bytes()).isGreaterThan(8 << 20);
            Awaitility.await()
                    .until(() -> outbox.confirmed().compareTo(after) >= 0 || outbox.retainedBytes() < 1 << 20);
        }
    }

    @Test
    void whatWasReadButNotTakenWhenItClosedComesAgain() throws Exception {
        RecordingReceiver first = RecordingReceiver.settlingAll();
        first.takeAtMost(5);
        try (RunningFeed feed = start(first)) {
            for (int i = 1; i <= 20; i++) {
                outbox.insert(uuid(i), "1", (long) i, "{}");
            }
            first.await(5);
            outbox.awaitConfirmedBeyondCommitOf(uuid(5));
        }
        RecordingReceiver second = RecordingReceiver.settlingAll();
        try (RunningFeed feed = start(second)) {
            assertThat(second.awaitEvents(15).get(0).id()).isEqualTo(uuid(6));
        }
    }

    @Test
    void aFeedDoesNotMakeASlotThatIsMissing() throws Exception {
        outbox.dropSlots();
        try (RunningFeed feed = start(RecordingReceiver.settlingAll())) {
            assertThat(feed.awaitEnd()).isInstanceOf(FeedException.class).hasMessageContaining("does not exist");
        }
        assertThat(outbox.single("select count(*) from pg_replication_slots where database = current_database()"))
                .isEqualTo("0");
    }

    @Test
    void aSlotThatIsLostWhileTheReceiverIsFullEndsTheRun() throws Exception {
        RecordingReceiver receiver = new RecordingReceiver(1);
        try (RunningFeed feed = start(receiver)) {
            outbox.insert(uuid(1), "1", 1L, "{}");
            outbox.insert(uuid(2), "1", 2L, "{}");
            receiver.await(1);
            outbox.run("select pg_terminate_backend(active_pid) from pg_replication_slots where slot_name = '"
                    + outbox.slot() + "'");
            outbox.dropSlots();
            assertThat(feed.awaitEnd()).isInstanceOf(FeedException.class).hasMessageContaining(outbox.slot());
        }
    }

    @Test
    void closingBeforeAndTwiceIsHarmless() throws Exception {
        ChangeFeed feed = feed(outbox.database(), outbox.slot());
        feed.close();
        try (RunningFeed running = new RunningFeed(feed, RecordingReceiver.settlingAll())) {
            assertThat(running.awaitEnd()).isNull();
        }
    }

    FedOutbox outbox() {
        return outbox;
    }

    RunningFeed start(RecordingReceiver receiver) throws SQLException {
        return new RunningFeed(feed(outbox.database(), outbox.slot()), receiver);
    }
}
