package dev.tidemark.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.envelope.Envelope;
import dev.tidemark.relay.config.BacklogConfig;
import dev.tidemark.relay.config.Start;
import dev.tidemark.relay.config.SubscriberConfig;
import dev.tidemark.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A new subscriber begins with what the outbox has retained, and then gets what comes, with no seam between them. */
@Timeout(600)
@SuppressWarnings("try") // a relay works while it is open
class StartRetainedTest {

    private PostgresServer server;
    private OutboxFixture outbox;
    private final RecordingSink old = new RecordingSink();
    private final RecordingSink late = new RecordingSink();
    private int later;

    @BeforeEach
    void createOutbox() throws Exception {
        server = PostgresServer.builder().start();
        outbox = new OutboxFixture(server);
    }

    @AfterEach
    void stopServer() {
        server.close();
    }

    @Test
    void whatWasConfirmedLongAgoGoesFirstAndTheOldSubscriberIsLeftAlone() throws Exception {
        try (Relay relay = relay(old())) {
            write(0, 1200);
            outbox.write("other", 1);
            old.awaitDistinct(1201);
            awaitSlotMovesOn();
        }
        try (Relay relay = relay(old(), late().types("order-placed").build())) {
            write(1200, 1500);
            late.awaitDistinct(1502);
            old.awaitDistinct(1502);
            awaitWaiting(0);
            assertThat(loading()).isEqualTo("false");
        }
        for (int aggregate = 0; aggregate < 5; aggregate++) {
            assertThat(versions(late, "a" + aggregate)).isEqualTo(upTo(300));
        }
        assertThat(old.delivered()).as("nothing twice").hasSize(1502);
        assertThat(late.delivered()).as("nothing twice").hasSize(1502);
    }

    /** Without the option it begins where the slot stands. */
    @Test
    void byDefaultItBeginsWithWhatIsCapturedFromNowOn() throws Exception {
        try (Relay relay = relay(old())) {
            outbox.write("a", 1);
            old.awaitDistinct(1);
            awaitSlotMovesOn();
        }
        outbox.write("a", 2);
        try (Relay relay = relay(old(), outbox.subscriber("late", late).build())) {
            outbox.write("a", 3);
            Awaitility.await()
                    .atMost(Duration.ofMinutes(2))
                    .until(() -> versions(late, "a").contains(3L));
            assertThat(versions(late, "a")).containsExactly(2L, 3L);
        }
    }

    /** Whoever is registered is not new: the option changes nothing. */
    @Test
    void oneThatIsRegisteredAlreadyGetsNothingAgain() throws Exception {
        try (Relay relay = relay(outbox.subscriber("late", late).build())) {
            outbox.write("a", 1);
            late.awaitDistinct(1);
            awaitSlotMovesOn();
        }
        try (Relay relay = relay(late().build())) {
            outbox.write("a", 2);
            late.awaitDistinct(3);
            awaitSlotMovesOn();
        }
        assertThat(versions(late, "a")).containsExactly(1L, 2L);
        assertThat(outbox.single("select count(*) from tidemark.backlog")).isEqualTo("0");
    }

    /** Live, and of what was retained. */
    @Test
    void withMarkersWhatItsTypesLeaveOutMakesNoHoles() throws Exception {
        try (Relay relay = relay(old())) {
            write(0, 20);
            old.awaitDistinct(20);
            awaitSlotMovesOn();
        }
        try (Relay relay =
                relay(old(), late().types("order-shipped").markers(true).build())) {
            write(20, 40);
            late.awaitDistinct(41); // and the one that had the slot move on
            old.awaitDistinct(41);
        }
        for (int aggregate = 0; aggregate < 5; aggregate++) {
            assertThat(versions(late, "a" + aggregate)).isEqualTo(upTo(8));
        }
        assertThat(late.delivered()).allSatisfy(one -> {
            assertThat(one.type()).isEqualTo("tidemark.skipped");
            assertThat(one.data()).isNull();
        });
        assertThat(old.delivered()).extracting(Envelope::type).containsOnly("order-placed");
    }

    @Test
    void whatTheFilterLeavesOutIsNotTaken() throws Exception {
        try (Relay relay = relay(old())) {
            outbox.write("a", 1);
            old.awaitDistinct(1);
            awaitSlotMovesOn();
        }
        try (Relay relay = relay(old(), late().aggregateTypes("invoice").build())) {
            Awaitility.await()
                    .atMost(Duration.ofMinutes(2))
                    .until(() -> loading().equals("false"));
        }
        assertThat(late.delivered()).isEmpty();
        assertThat(outbox.single("select count(*) from tidemark.backlog")).isEqualTo("0");
    }

    /**
     * The seam: behind what was confirmed come, in the same aggregate, events that were not, some of which left no row.
     * A row that is newer than one of these must not get ahead of it.
     */
    @Test
    void whatTheSlotHadNotConfirmedComesLiveInItsPlace() throws Exception {
        try (Relay relay = relay(old())) {
            outbox.write("a", 1);
            outbox.write("a", 2);
            old.awaitDistinct(2);
            awaitSlotMovesOn();
        }
        outbox.write("a", 3);
        transientEvent("a", 4);
        outbox.write("a", 5);
        transientEvent("a", 6);
        outbox.write("a", 7);
        try (Relay relay = relay(old(), late().build())) {
            Awaitility.await()
                    .atMost(Duration.ofMinutes(2))
                    .until(() -> versions(late, "a").contains(7L));
        }
        assertThat(versions(late, "a")).isEqualTo(upTo(7));
        assertThat(versions(old, "a")).isEqualTo(upTo(7));
    }

    /**
     * A transaction that is in the log and waits for a standby is delivered and confirmed before anybody sees its rows.
     * A look at the table at that moment would miss them, and the slot will never send them again.
     */
    @Test
    void whatWasConfirmedBeforeAnybodySawItIsWaitedFor() throws Exception {
        outbox.database().run("alter database " + outbox.database().name() + " set synchronous_commit = local");
        outbox.database().run("alter system set synchronous_standby_names = 'nobody'");
        outbox.database().run("select pg_reload_conf()");
        ExecutorService writer = Executors.newSingleThreadExecutor();
        try (Connection connection = outbox.database().connect()) {
            Future<?> commit;
            try (Relay relay = relay(old())) {
                outbox.write("a", 1);
                connection.setAutoCommit(false);
                try (Statement statement = connection.createStatement()) {
                    statement.execute("set synchronous_commit = on");
                }
                outbox.write(connection, "a", 2);
                commit = writer.submit(() -> {
                    connection.commit();
                    return null;
                });
                old.awaitDistinct(2);
                awaitSlotMovesOn();
            }
            assertThat(outbox.single("select count(*) from outbox where aggregateid = 'a'"))
                    .as("confirmed, and seen by nobody")
                    .isEqualTo("1");
            try (Relay relay = relay(old(), late().build())) {
                outbox.write("b", 1);
                old.awaitDistinct(4);
                assertThat(loading()).isEqualTo("true");
                outbox.database().run("alter system reset synchronous_standby_names");
                outbox.database().run("select pg_reload_conf()");
                commit.get();
                late.awaitDistinct(4);
                awaitWaiting(0);
            }
        } finally {
            writer.shutdownNow();
        }
        assertThat(versions(late, "a")).containsExactly(1L, 2L);
    }

    /** A limit that what it begins with exceeds does not keep it from beginning; the others are not held up. */
    @Test
    void whatItBeginsWithMayBeMoreThanItsBacklogMayHold() throws Exception {
        try (Relay relay = relay(old())) {
            write(0, 300);
            old.awaitDistinct(300);
            awaitSlotMovesOn();
        }
        try (Relay relay = Relay.start(outbox.config(new BacklogConfig(100, 1 << 20), old(), late().build()))) {
            write(300, 305);
            late.awaitDistinct(306);
        }
        assertThat(versions(late, "a0")).isEqualTo(upTo(61));
    }

    /** Over five aggregates, each in a transaction of its own. */
    private void write(int from, int to) throws SQLException {
        try (Connection connection = outbox.database().connect()) {
            for (int i = from; i < to; i++) {
                outbox.write(connection, "a" + i % 5, 1 + i / 5);
            }
        }
    }

    private SubscriberConfig old() {
        return outbox.subscriber("old", old).build();
    }

    private SubscriberConfig.Builder late() {
        return outbox.subscriber("late", late).start(Start.RETAINED);
    }

    private Relay relay(SubscriberConfig... subscribers) {
        return Relay.start(outbox.config(subscribers));
    }

    /** In the log, and not in the table. */
    private void transientEvent(String aggregateId, long version) throws SQLException {
        try (Connection connection = outbox.database().connect();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            outbox.write(connection, aggregateId, version);
            statement.execute(
                    "delete from outbox where aggregateid = '" + aggregateId + "' and aggregateversion = " + version);
            connection.commit();
        }
    }

    private static List<Long> versions(RecordingSink sink, String aggregateId) {
        Map<String, List<Long>> versions = sink.delivered().stream()
                .collect(Collectors.groupingBy(
                        envelope -> envelope.aggregate().id(),
                        Collectors.mapping(Envelope::aggregateVersion, Collectors.toList())));
        return versions.getOrDefault(aggregateId, List.of());
    }

    private static List<Long> upTo(long last) {
        return LongStream.rangeClosed(1, last).boxed().toList();
    }

    private String loading() throws SQLException {
        return outbox.single(
                "select coalesce(bool_or(loading)::text, 'new') from tidemark.subscriber where name = 'late'");
    }

    private void awaitWaiting(int count) {
        Awaitility.await()
                .atMost(Duration.ofMinutes(2))
                .until(() -> outbox.single("select count(*) from tidemark.backlog where state = 'waiting'")
                        .equals(Integer.toString(count)));
    }

    /** Past all that is committed by now; the end of the last transaction is known from the next one. */
    private void awaitSlotMovesOn() throws SQLException {
        String end = outbox.single("select pg_current_wal_insert_lsn()");
        outbox.write("later", ++later);
        outbox.awaitConfirmed(end);
    }
}
