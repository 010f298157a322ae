package dev.tidemark.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.envelope.Envelope;
import dev.tidemark.relay.backlog.Redelivery;
import dev.tidemark.relay.backlog.Redelivery.Stage;
import dev.tidemark.relay.backlog.RedeliveryAdmin;
import dev.tidemark.relay.backlog.RedeliveryAdmin.Look;
import dev.tidemark.relay.config.SubscriberConfig;
import dev.tidemark.relay.sink.Delivery;
import dev.tidemark.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.LongStream;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the outbox has retained comes again, ahead of what comes live, with no seam between them. */
@Timeout(600)
@SuppressWarnings("try") // a relay works while it is open
class ReplayTest {

    private static final int AGGREGATES = 5;
    private static final Redelivery.Which ALL = Redelivery.Which.all();

    private static PostgresServer server;

    private OutboxFixture outbox;
    private RedeliveryAdmin redeliveries;
    private final RecordingSink sink = new RecordingSink();
    private final RecordingSink other = new RecordingSink();
    private final AtomicInteger written = new AtomicInteger();

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
    void everythingComesAgainInOrderWhileLiveEventsGoOn() throws Exception {
        try (Relay relay = relay(subscriber(), outbox.subscriber("other", other).build())) {
            write(1000);
            sink.awaitDistinct(1000);
            try (Live live = new Live()) {
                long job = redeliveries.request("shop", ALL);
                Look done = awaitOver(job);
                assertThat(done.job().stage()).isEqualTo(Stage.DONE);
                assertThat(done.stored()).isBetween(1000L, (long) written.get());
                assertThat(done.answer()).isEqualTo(done.stored() + " events sent again");
                assertThat(done.total()).isEqualTo(done.seen());
            }
            sink.awaitDistinct(written.get());
            other.awaitDistinct(written.get());
        }
        assertComesAgainWithoutASeam("replay:1");
        assertThat(other.delivered()).as("who did not ask gets nothing twice").hasSize(written.get());
    }

    /** Every time in between is a crash's time: the next relay holds the subscriber back from the start, and goes on. */
    @Test
    void whatWasBegunGoesOnWithTheNextRelay() throws Exception {
        long seed = Long.getLong("tidemark.seed", System.nanoTime());
        System.out.println("ReplayTest: -Dtidemark.seed=" + seed);
        Random random = new Random(seed);
        try (Relay relay = relay(subscriber())) {
            write(2000);
            sink.awaitDistinct(2000);
        }
        long job = redeliveries.request("shop", ALL);
        try (Live live = new Live()) {
            for (int round = 0; round < 4; round++) {
                long further = 1L + random.nextInt(600);
                try (Relay relay = relay(subscriber())) {
                    long before = look(job).seen();
                    await().until(() -> isAt(job, before + further));
                }
            }
        }
        try (Relay relay = relay(subscriber())) {
            assertThat(awaitOver(job).job().stage()).isEqualTo(Stage.DONE);
            sink.awaitDistinct(written.get());
            await().until(() -> outbox.kept("select count(*) from tidemark.backlog where state = 'waiting'")
                    .equals("0"));
        }
        assertComesAgainWithoutASeam("replay:" + job);
    }

    /** A key that is kept of a settled event, for it may be resent, does not keep the event from being sent again. */
    @Test
    void whatHasGoneThroughTheBacklogJustNowComesAgainToo() throws Exception {
        sink.answer(envelope -> Delivery.retry("down"));
        try (Relay relay = relay(subscriber().parkAfter(Duration.ZERO))) {
            write(50);
            await().until(() -> outbox.kept("select count(*) from tidemark.backlog where state = 'waiting'")
                    .equals("50"));
            sink.answer(envelope -> Delivery.delivered());
            sink.awaitDistinct(50);
            await().until(() -> outbox.kept("select count(*) from tidemark.backlog where state = 'settled'")
                    .equals("50"));
            long job = redeliveries.request("shop", ALL);
            assertThat(awaitOver(job).stored()).isEqualTo(50);
        }
        assertComesAgainWithoutASeam("replay:1");
    }

    /** What waits comes anyway, once, in its place: behind what is sent again. */
    @Test
    void whatWaitsAlreadyIsNotSentTwice() throws Exception {
        try (Relay relay = relay(subscriber())) {
            write(50);
            sink.awaitDistinct(50);
            sink.answer(envelope -> Delivery.retry("down"));
            write(50);
            await().until(() -> outbox.kept("select count(*) from tidemark.backlog where state = 'waiting'")
                    .equals("50"));
            long job = redeliveries.request("shop", ALL);
            await().until(() -> look(job).job().stage() == Stage.DELIVERING);
            assertThat(look(job).stored()).isEqualTo(50);
            sink.answer(envelope -> Delivery.delivered());
            awaitOver(job);
            sink.awaitDistinct(100);
        }
        assertComesAgainWithoutASeam("replay:1");
    }

    @Test
    void onlyWhatIsMeantIsSentAgain() throws Exception {
        try (Relay relay = relay(subscriber())) {
            write(20);
            Instant since = Instant.parse(outbox.single(
                    "select to_char(clock_timestamp() at time zone 'UTC'," + " 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"));
            write(20);
            sink.awaitDistinct(40);

            assertThat(sent(new Redelivery.Which(null, "order/a3", false)))
                    .containsExactly("a3@1", "a3@2", "a3@3", "a3@4", "a3@5", "a3@6", "a3@7", "a3@8");
            assertThat(sent(new Redelivery.Which(null, "orders/order/a3", true)))
                    .containsExactly("a3@8");
            assertThat(sent(new Redelivery.Which(since, "order/a3", false)))
                    .containsExactly("a3@5", "a3@6", "a3@7", "a3@8");
            assertThat(sent(new Redelivery.Which(since, null, true)))
                    .containsExactlyInAnyOrder("a0@8", "a1@8", "a2@8", "a3@8", "a4@8");
            assertThat(sent(new Redelivery.Which(null, "order/nobody's", false)))
                    .isEmpty();
        }
    }

    @Test
    void oneThatIsCancelledIsDroppedAndWhatIsLiveGoesOn() throws Exception {
        try (Relay relay = relay(subscriber())) {
            write(50);
            sink.awaitDistinct(50);
            sink.answer(
                    envelope -> envelope.redelivery() == null ? Delivery.delivered() : Delivery.retry("no replays"));
            long job = redeliveries.request("shop", ALL);
            await().until(() -> look(job).job().stage() == Stage.DELIVERING);
            write(50);
            assertThat(redeliveries.cancel(job)).isTrue();
            Look over = awaitOver(job);
            assertThat(over.job().stage()).isEqualTo(Stage.CANCELLED);
            assertThat(over.answer()).isEqualTo("cancelled; what was not delivered by then is dropped");
            sink.awaitDistinct(100);
            assertThat(redeliveries.cancel(job)).isFalse();
        }
        assertThat(sink.delivered()).as("nothing twice").hasSize(100);
    }

    /** While it waits for a delivery that is under way. */
    @Test
    void oneThatIsBeingStoredCanBeCancelled() throws Exception {
        CountDownLatch answers = new CountDownLatch(1);
        CountDownLatch asked = new CountDownLatch(1);
        sink.answer(envelope -> {
            asked.countDown();
            try {
                answers.await();
                return Delivery.delivered();
            } catch (InterruptedException e) {
                return Delivery.retry("interrupted");
            }
        });
        try (Relay relay = relay(subscriber())) {
            write(1);
            asked.await();
            long job = redeliveries.request("shop", ALL);
            await().until(() -> look(job).job().stage() == Stage.STORING);
            assertThat(redeliveries.cancel(job)).isTrue();
            assertThat(awaitOver(job).job().stage()).isEqualTo(Stage.CANCELLED);
            answers.countDown();
            write(10);
            sink.awaitDistinct(11);
        }
        assertThat(sink.delivered()).as("nothing twice").hasSize(11);
    }

    /** Of one subscriber, one after the other: the second would get behind the first, and swap events. */
    @Test
    void theNextJobWaitsForTheOneBeforeAndIsRefusedBehindDeadEvents() throws Exception {
        try (Relay relay = relay(subscriber())) {
            write(10);
            sink.awaitDistinct(10);
            sink.answer(envelope -> Delivery.retry("down"));
            long first = redeliveries.request("shop", ALL);
            await().until(() -> look(first).job().stage() == Stage.DELIVERING);
            long second = redeliveries.request("shop", ALL);
            await().until(() -> "waits until what an earlier job sent again is delivered"
                    .equals(look(second).answer()));
            sink.answer(envelope -> Delivery.delivered());
            assertThat(awaitOver(first).job().stage()).isEqualTo(Stage.DONE);
            assertThat(awaitOver(second).job().stage()).isEqualTo(Stage.DONE);

            sink.answer(envelope -> Delivery.rejected("never"));
            long third = redeliveries.request("shop", new Redelivery.Which(null, "order/a1", true));
            assertThat(awaitOver(third).answer())
                    .isEqualTo("1 event sent again; 1 of them dead: see tidemark backlog list");
            Look refused = awaitOver(redeliveries.request("shop", ALL));
            assertThat(refused.job().stage()).isEqualTo(Stage.FAILED);
            assertThat(refused.answer()).contains("are dead", "tidemark backlog list --state dead --subscriber shop");
        }
        assertThat(sink.delivered()).hasSize(30);
    }

    @Test
    void aSubscriberThatTheRelayDoesNotHaveIsRefused() throws Exception {
        try (Relay relay = relay(subscriber())) {
            Look over = awaitOver(redeliveries.request("nobody", ALL));
            assertThat(over.job().stage()).isEqualTo(Stage.FAILED);
            assertThat(over.answer()).isEqualTo("the relay that leads has no subscriber nobody");
        }
    }

    /** From its first event on that came again, each aggregate comes from the beginning, whole, each event once. */
    private void assertComesAgainWithoutASeam(String redelivery) {
        for (int i = 0; i < AGGREGATES; i++) {
            String id = "a" + i;
            List<Envelope> all = sink.delivered().stream()
                    .filter(envelope -> envelope.aggregate().id().equals(id))
                    .toList();
            int seam = 0;
            while (all.get(seam).redelivery() == null) {
                seam++;
            }
            List<Envelope> again = all.subList(seam, all.size());
            assertThat(again.stream().map(Envelope::aggregateVersion).toList())
                    .as(id)
                    .isEqualTo(LongStream.rangeClosed(1, versions(i)).boxed().toList());
            assertThat(again.get(0).redelivery()).isEqualTo(redelivery);
            assertThat(all.subList(0, seam).stream()
                            .map(Envelope::aggregateVersion)
                            .toList())
                    .as("%s before", id)
                    .isEqualTo(LongStream.rangeClosed(1, seam).boxed().toList());
        }
    }

    /** What a job sends again, until it is done. */
    private List<String> sent(Redelivery.Which which) throws SQLException {
        int before = sink.delivered().size();
        long job = redeliveries.request("shop", which);
        assertThat(awaitOver(job).job().stage()).isEqualTo(Stage.DONE);
        List<Envelope> all = sink.delivered();
        List<String> sent = new ArrayList<>();
        all.subList(before, all.size()).forEach(envelope -> {
            assertThat(envelope.redelivery()).isEqualTo("replay:" + job);
            sent.add(envelope.aggregate().id() + "@" + envelope.aggregateVersion());
        });
        return sent;
    }

    /** Over all aggregates by turns, each in a transaction of its own. */
    private void write(int events) throws SQLException {
        try (Connection connection = outbox.database().connect()) {
            for (int i = 0; i < events; i++) {
                int number = written.get();
                outbox.write(connection, "a" + number % AGGREGATES, 1 + number / AGGREGATES);
                written.incrementAndGet();
            }
        }
    }

    private long versions(int aggregate) {
        return ((long) written.get() - aggregate + AGGREGATES - 1) / AGGREGATES;
    }

    private SubscriberConfig.Builder subscriber() {
        return outbox.subscriber("shop", sink);
    }

    private Relay relay(SubscriberConfig.Builder subscriber) {
        return relay(subscriber.build());
    }

    private Relay relay(SubscriberConfig.Builder first, SubscriberConfig second) {
        return relay(first.build(), second);
    }

    private Relay relay(SubscriberConfig... subscribers) {
        return Relay.start(outbox.config(subscribers));
    }

    private boolean isAt(long job, long rows) throws SQLException {
        Look look = look(job);
        Long total = look.total();
        return look.job().stage().isOver() || (total != null && look.seen() >= Math.min(rows, total));
    }

    private Look look(long job) throws SQLException {
        return redeliveries.look(job).orElseThrow();
    }

    private Look awaitOver(long job) throws SQLException {
        await().until(() -> look(job).job().stage().isOver());
        return look(job);
    }

    private static ConditionFactory await() {
        return Awaitility.await().atMost(Duration.ofMinutes(2)).pollInterval(Duration.ofMillis(20));
    }

    /** Writes events all the time, until it is closed. */
    private final class Live implements AutoCloseable {

        private final ExecutorService writer = Executors.newSingleThreadExecutor();
        private final AtomicBoolean goesOn = new AtomicBoolean(true);
        private final Future<?> writing = writer.submit(() -> {
            while (goesOn.get()) {
                write(5);
            }
            return null;
        });

        @Override
        public void close() throws Exception {
            goesOn.set(false);
            writing.get();
            writer.shutdown();
        }
    }
}
