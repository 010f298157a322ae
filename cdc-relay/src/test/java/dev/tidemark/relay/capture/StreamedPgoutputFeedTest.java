package dev.tidemark.relay.capture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.envelope.Envelope;
import dev.tidemark.testkit.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** The whole contract once more, where the server streams each change at once, and each goes into a file. */
@SuppressWarnings("try") // a feed runs for as long as its block
final class StreamedPgoutputFeedTest extends ChangeFeedContract {

    @Override
    ChangeFeed feed(Database database, String slot) throws SQLException {
        FeedSettings settings = new FeedSettings(
                outbox().streamingUrl(database, true),
                database.user(),
                database.password(),
                slot,
                "tidemark_outbox",
                "public.outbox",
                8192,
                1,
                FedOutbox.DIRECTORY);
        return new PgoutputFeed(settings, new EventDecoder(WireNames.PLAIN, source -> 0), commit -> true);
    }

    /** What is open has no end, and so no hold on those that have one. */
    @Test
    void whileABigOneIsOpenOthersAreAcknowledgedAndItComesAfterThem() throws Exception {
        RecordingReceiver receiver = RecordingReceiver.settlingAll();
        try (RunningFeed feed = start(receiver);
                Connection big = outbox().begin()) {
            fill(big, 1, 1000);
            outbox().insert(FedOutbox.uuid(2001), "small", 1L, "{}");
            receiver.await(1);
            outbox().awaitConfirmedBeyondCommitOf(FedOutbox.uuid(2001));
            assertThat(outbox().streamed(outbox().slot())).isPositive();
            fill(big, 1001, 1000);
            outbox().insert(FedOutbox.uuid(2002), "small", 2L, "{}");
            receiver.await(2);
            assertThat(receiver.changes()).hasSize(2);
            big.commit();
            assertThat(receiver.await(2002)).hasSize(2002);
            outbox().awaitConfirmedBeyondCommitOf(FedOutbox.uuid(1));
        }
    }

    /** It has been sent, and half of it is held, when the feed ends: the next one is sent all of it. */
    @Test
    void whatIsOpenWhenTheFeedEndsComesWholeToTheNext() throws Exception {
        try (Connection big = outbox().begin()) {
            RecordingReceiver first = RecordingReceiver.settlingAll();
            try (RunningFeed feed = start(first)) {
                fill(big, 1, 1000);
                outbox().insert(FedOutbox.uuid(2001), "small", 1L, "{}");
                first.await(1);
                outbox().awaitConfirmedBeyondCommitOf(FedOutbox.uuid(2001));
            }
            assertThat(first.changes()).hasSize(1);
            fill(big, 1001, 1000);
            big.commit();
        }
        RecordingReceiver second = RecordingReceiver.settlingAll();
        try (RunningFeed feed = start(second)) {
            assertThat(second.awaitEvents(2000)).hasSize(2000);
            assertThat(second.awaitEvents(2000).get(0).id()).isEqualTo(FedOutbox.uuid(1));
            assertThat(second.awaitEvents(2000).get(1999).id()).isEqualTo(FedOutbox.uuid(2000));
        }
    }

    /** Of one that is rolled back as a whole, and of a subtransaction, after both were sent. */
    @Test
    void whatIsRolledBackAfterItWasStreamedLeavesNeitherEventsNorFiles() throws Exception {
        RecordingReceiver receiver = RecordingReceiver.settlingAll();
        try (RunningFeed feed = start(receiver)) {
            try (Connection big = outbox().begin()) {
                fill(big, 1, 1000);
                outbox().insert(FedOutbox.uuid(2001), "small", 1L, "{}");
                receiver.await(1);
                assertThat(SpillFiles.open(FedOutbox.DIRECTORY)).isPositive();
                big.rollback();
                fill(big, 1001, 1);
                Savepoint savepoint = big.setSavepoint();
                fill(big, 1002, 500);
                outbox().insert(FedOutbox.uuid(2002), "small", 2L, "{}");
                receiver.await(2);
                big.rollback(savepoint);
                fill(big, 1502, 1);
                big.commit();
            }
            assertThat(receiver.awaitEvents(4))
                    .extracting(Envelope::id)
                    .containsExactly(
                            FedOutbox.uuid(2001), FedOutbox.uuid(2002), FedOutbox.uuid(1001), FedOutbox.uuid(1502));
            outbox().awaitConfirmedBeyondCommitOf(FedOutbox.uuid(1502));
            assertThat(SpillFiles.open(FedOutbox.DIRECTORY)).isZero();
        }
    }

    /** What was offered and is not settled comes again then, and is not to be taken for new. */
    @Test
    void whatIsReadAgainBecauseNobodyKnowsWhatWasRolledBackIsSaidToBe() throws Exception {
        RecordingReceiver receiver = new RecordingReceiver(Integer.MAX_VALUE);
        try (RunningFeed feed = start(receiver)) {
            outbox().insert(FedOutbox.uuid(2001), "small", 1L, "{}");
            receiver.await(1);
            assertThat(receiver.again()).isNull();
            try (Connection big = outbox().begin()) {
                fill(big, 1001, 1000);
                Savepoint savepoint = big.setSavepoint();
                try (Statement emit = big.createStatement()) {
                    emit.execute("select pg_logical_emit_message(true, 'another', 'of the savepoint')");
                }
                fill(big, 3001, 1000);
                Awaitility.await().until(() -> outbox().streamed(outbox().slot()) > 0);
                big.rollback(savepoint);
                fill(big, 2101, 1000);
                big.commit();
            }
            List<Envelope> all = receiver.awaitEvents(2002);
            assertThat(all).hasSize(2002);
            assertThat(all.subList(0, 2)).extracting(Envelope::id).containsOnly(FedOutbox.uuid(2001));
            assertThat(receiver.again())
                    .isGreaterThanOrEqualTo(receiver.changes().get(0).lsn());
        }
    }

    private static void fill(Connection tx, int from, int count) throws SQLException {
        for (int i = from; i < from + count; i++) {
            FedOutbox.insert(tx, FedOutbox.uuid(i), "big", (long) i, "{}");
        }
    }
}
