package dev.tidemark.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.tidemark.relay.backlog.Connections;
import dev.tidemark.relay.backlog.FencedException;
import dev.tidemark.relay.backlog.Place;
import dev.tidemark.relay.config.BacklogConfig;
import dev.tidemark.relay.config.RelayConfig;
import dev.tidemark.relay.config.SourceConfig;
import dev.tidemark.relay.config.Start;
import dev.tidemark.relay.config.SubscriberConfig;
import dev.tidemark.relay.migrate.BacklogSetup;
import dev.tidemark.relay.migrate.Migration;
import dev.tidemark.relay.migrate.MigrationException;
import dev.tidemark.relay.migrate.Repair;
import dev.tidemark.relay.sink.Delivery;
import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A backlog in another database is the right one, and is not older than the slot; or the relay does not start. */
@Timeout(600)
@SuppressWarnings("try") // a relay works while it is open
class BacklogElsewhereTest {

    private static PostgresServer server;
    private static PostgresServer elsewhere;
    private final RecordingSink sink = new RecordingSink();
    private OutboxFixture outbox;

    @BeforeAll
    static void startServers() {
        server = PostgresServer.builder().start();
        elsewhere = PostgresServer.builder().start();
    }

    @AfterAll
    static void stopServers() {
        server.close();
        elsewhere.close();
    }

    @BeforeEach
    void createOutbox() throws Exception {
        outbox = new OutboxFixture(server, elsewhere);
    }

    /** What the slot has passed stands there only, so nothing is passed while it does not answer. */
    @Test
    void whileItIsDownNothingIsAcknowledgedAndNothingIsLost() throws Exception {
        sink.answer(envelope -> Delivery.retry("it is down"));
        List<UUID> written = new ArrayList<>();
        try (Relay relay = Relay.start(config())) {
            for (int i = 1; i <= 50; i++) {
                written.add(outbox.write("a" + i % 5, 1 + i / 5));
            }
            awaitRows(50);
            elsewhere.kill9();
            String before = outbox.confirmed();
            for (int i = 51; i <= 100; i++) {
                written.add(outbox.write("a" + i % 5, 1 + i / 5));
            }
            String end = outbox.single("select pg_current_wal_insert_lsn()");
            sink.answer(envelope -> Delivery.delivered());
            assertThat(isBehind(before, end)).isTrue();
            assertThat(isBehind(outbox.confirmed(), end)).isTrue();
            elsewhere.restart();
            sink.awaitDistinct(100);
            outbox.awaitConfirmed(end);
        }
        assertThat(sink.firstDeliveries()).containsExactlyInAnyOrderElementsOf(written);
    }

    @Test
    void anAcknowledgedPositionIsWrittenDownThereBeforeHere() throws Exception {
        try (Relay relay = Relay.start(config());
                Connection lock = outbox.backlog().connect();
                Statement held = lock.createStatement()) {
            outbox.write("a", 1);
            sink.awaitDistinct(1);
            lock.setAutoCommit(false); // nothing can be written down there
            held.execute("select from tidemark.relay for no key update");
            outbox.write("a", 2);
            outbox.write("a", 3);
            sink.awaitDistinct(3);
            Awaitility.await()
                    .until(() -> outbox.kept("select count(*) from pg_stat_activity where wait_event_type = 'Lock'"
                                    + " and query like 'update tidemark.relay%'")
                            .equals("1"));
            assertThat(isThereWhatIsHere()).isTrue();
            lock.commit();
            Awaitility.await()
                    .until(() -> outbox.single("select backlog_lsn is not null from tidemark.relay")
                            .equals("t"));
            assertThat(isThereWhatIsHere()).isTrue();
        }
    }

    private boolean isThereWhatIsHere() throws Exception {
        String here = outbox.single("select coalesce(backlog_lsn, '0/0')::text from tidemark.relay");
        return outbox.kept("select coalesce(acknowledged_lsn, '0/0') >= '" + here + "' from tidemark.relay")
                .equals("t");
    }

    @Test
    void withoutItTheRelayDoesNotStart() throws Exception {
        RelayConfig here = RelayConfig.builder()
                .source(outbox.source())
                .ops(config().ops())
                .subscriber(subscriber())
                .build();
        assertStops(here, "is in another database, which the configuration does not name", "backlog: url");
    }

    @Test
    void anotherDatabaseIsNotTheOne() throws Exception {
        Database wrong = elsewhere.createDatabase();
        Migration.of(at(wrong)).run(step -> {});
        wrong.run("delete from tidemark.relay");
        assertStops(in(wrong), "which does not know this slot", "backlog.url", "--new");
    }

    @Test
    void oneThatWasNeverMadeIsAskedFor() throws Exception {
        outbox = new OutboxFixture(server);
        Database unprepared = elsewhere.createDatabase();
        assertStops(in(unprepared), "tidemark migrate --backlog");
    }

    /** What was stored after the copy was made is not there, and the slot has passed it. */
    @Test
    void anOlderCopyIsNoticedAndARepairSendsWhatTheOutboxHas() throws Exception {
        String copy = outbox.kept("select acknowledged_lsn::text from tidemark.relay");
        List<UUID> written = new ArrayList<>();
        sink.answer(envelope -> Delivery.retry("it is down"));
        try (Relay relay = Relay.start(config())) {
            for (int i = 1; i <= 10; i++) {
                written.add(outbox.write("a", i));
            }
            awaitRows(10);
            String end = outbox.single("select pg_current_wal_insert_lsn()");
            written.add(outbox.write("a", 11));
            outbox.awaitConfirmed(end);
        }
        outbox.backlog().run("delete from tidemark.backlog");
        outbox.backlog()
                .run("update tidemark.relay set acknowledged_lsn = " + (copy == null ? "null" : "'" + copy + "'"));
        sink.answer(envelope -> Delivery.delivered());
        assertStops(config(), "came back older", "tidemark migrate --repair");
        new Repair(outbox.source(), Migration.DEFAULT_PATIENCE).run(step -> {});
        try (Relay relay = Relay.start(config())) {
            sink.awaitDistinct(11);
        }
        assertThat(sink.firstDeliveries()).isEqualTo(written);
    }

    @Test
    void anOutboxThatWentBackIsNoticed() throws Exception {
        outbox.backlog().run("update tidemark.relay set epoch = 1000");
        assertStops(config(), "the database of the outbox went back", "tidemark adopt-restore");
    }

    @Test
    void whoLeadsNoMoreIsFencedThereToo() throws Exception {
        outbox.database().run("update tidemark.relay set epoch = 4");
        Place place = place();
        place.lead(4);
        place.lead(4);
        assertThat(place.settled("0/10", 4)).isTrue();
        assertThat(place.settled("0/8", 4)).isTrue();
        assertThat(outbox.kept("select acknowledged_lsn >= '0/10' from tidemark.relay"))
                .isEqualTo("t");
        outbox.database().run("update tidemark.relay set epoch = 5");
        assertThatThrownBy(() -> place.lead(4)).isInstanceOf(FencedException.class);
        place.lead(5);
        assertThat(place.settled("0/20", 4)).isFalse();
    }

    /** The epoch there is higher than its own, too, and yet nobody's outbox went back. */
    @Test
    void whoLosesTheLeadWhileItBeginsThereIsFenced() throws Exception {
        outbox.database().run("update tidemark.relay set epoch = 4");
        Connections whileAnotherBegins = () -> {
            outbox.database().run("update tidemark.relay set epoch = 5");
            outbox.backlog().run("update tidemark.relay set epoch = 5");
            return outbox.backlog().connect();
        };
        Place place = new Place(() -> outbox.database().connect(), whileAnotherBegins, outbox.slot(), "there");
        assertThatThrownBy(() -> place.lead(4)).isInstanceOf(FencedException.class);
    }

    /** What lanes had stored on the one before may be gone, so what was not acknowledged must be read again. */
    @Test
    void aServerThatWasStartedAnewIsNotTheOneThatLanesStoredTo() throws Exception {
        outbox.database().run("update tidemark.relay set epoch = 4");
        Place place = place();
        place.lead(4);
        assertThat(place.settled("0/10", 4)).isTrue();
        elsewhere.kill9();
        elsewhere.restart();
        assertThat(place.isSame()).isFalse();
        assertThat(place.settled("0/20", 4)).isFalse();
        assertThat(outbox.kept("select acknowledged_lsn from tidemark.relay")).isEqualTo("0/10");
        assertThatThrownBy(() -> place.lead(4))
                .isInstanceOf(FencedException.class)
                .hasMessageContaining("started anew");
        outbox.database().run("update tidemark.relay set epoch = 5");
        place.lead(5);
        assertThat(place.isSame()).isTrue();
        assertThat(place.settled("0/20", 5)).isTrue();
    }

    /**
     * As after a failover that lost the newest row: nothing is to be acknowledged, and still the relay begins anew. The
     * newer event of the same aggregate, which comes before it can have noticed, does not hide the one that is gone.
     */
    @Test
    void whatIsGoneThereAndWasNotAcknowledgedComesAgain() throws Exception {
        sink.answer(envelope -> Delivery.retry("it is down"));
        List<UUID> written = new ArrayList<>();
        try (Relay relay = Relay.start(config())) {
            written.add(outbox.write("a", 1));
            awaitRows(1);
            String end = outbox.single("select pg_current_wal_insert_lsn()");
            written.add(outbox.write("a", 2));
            outbox.awaitConfirmed(end);
            Connection lock = outbox.database().connect();
            lock.setAutoCommit(false); // the guard can write nothing down, so nothing is acknowledged
            try (Statement held = lock.createStatement()) {
                held.execute("select from tidemark.relay for no key update");
            }
            written.add(outbox.write("a", 3));
            awaitRows(3);
            outbox.backlog().run("delete from tidemark.backlog where aggregateversion = 3");
            elsewhere.kill9();
            written.add(outbox.write("a", 4));
            elsewhere.restart();
            sink.answer(envelope -> Delivery.delivered());
            lock.close();
            sink.awaitDistinct(4);
        }
        assertThat(sink.firstDeliveries()).isEqualTo(written);
    }

    /** A lane that is fenced waits for whoever ends the term, also when there is nothing to be written down. */
    @Test
    void anIdleRelayNoticesThatTheServerWasStartedAnew() throws Exception {
        try (Relay relay = Relay.start(config())) {
            outbox.write("a", 1);
            sink.awaitDistinct(1);
            long epoch = Long.parseLong(outbox.single("select epoch from tidemark.relay"));
            elsewhere.kill9();
            elsewhere.restart();
            Awaitility.await()
                    .atMost(Patience.BOUND)
                    .until(() -> Long.parseLong(outbox.single("select epoch from tidemark.relay")) > epoch);
            outbox.write("a", 2);
            sink.awaitDistinct(2);
        }
    }

    @Test
    void itIsMadeOnceAndNotWhileARelayLeads() throws Exception {
        List<String> said = new ArrayList<>();
        new BacklogSetup(outbox.source(), outbox.place(), false, false).run(said::add);
        assertThat(said).anyMatch(line -> line.endsWith("already."));
        try (Relay relay = Relay.start(config())) {
            outbox.write("a", 1);
            sink.awaitDistinct(1);
            assertRefused(outbox.source(), outbox.place(), false, "a relay leads slot");
        }
    }

    @Test
    void whatStandsInTheBacklogThatThereIsWouldBeLeftBehind() throws Exception {
        outbox = new OutboxFixture(server);
        sink.answer(envelope -> Delivery.retry("it is down"));
        try (Relay relay = Relay.start(outbox.config(subscriber()))) {
            outbox.write("a", 1);
            Awaitility.await()
                    .until(() -> outbox.single("select count(*) from tidemark.backlog")
                            .equals("1"));
        }
        assertRefused(outbox.source(), at(elsewhere.createDatabase()), false, "is not empty: it has 1 rows");
    }

    @Test
    void oneDatabaseHasOneBacklog() throws Exception {
        OutboxFixture another = new OutboxFixture(server);
        assertRefused(
                another.source(),
                outbox.place().toBuilder().slot(another.slot()).build(),
                false,
                "belongs to");
        assertRefused(outbox.source(), at(elsewhere.createDatabase()), false, "cannot be moved", "--new");
    }

    @Test
    void oneThatIsLostIsGivenUpForANewOne() throws Exception {
        outbox.write("a", 1);
        Database fresh = elsewhere.createDatabase();
        new BacklogSetup(outbox.source(), at(fresh), false, true).run(step -> {});
        assertStops(config(), "has the backlog of another database");
        assertStops(in(fresh), "was given up", "tidemark migrate --repair");
        new Repair(outbox.source(), Migration.DEFAULT_PATIENCE).run(step -> {});
        try (Relay relay = Relay.start(in(fresh))) {
            sink.awaitDistinct(1);
        }
    }

    /** Nothing else is written here: the slot passes the end of the log because the relay asks for it. */
    @Test
    void aNewSubscriberBeginsWithWhatIsRetainedAlsoWhereNothingIsWritten() throws Exception {
        List<UUID> written = new ArrayList<>();
        try (Relay relay = Relay.start(config())) {
            for (int i = 1; i <= 20; i++) {
                written.add(outbox.write("a", i));
            }
            sink.awaitDistinct(20);
        }
        RecordingSink late = new RecordingSink();
        try (Relay relay = Relay.start(outbox.config(
                subscriber(),
                outbox.subscriber("late", late).start(Start.RETAINED).build()))) {
            late.awaitDistinct(20);
        }
        assertThat(late.firstDeliveries()).isEqualTo(written);
    }

    private void assertStops(RelayConfig config, String... said) throws Exception {
        try (Relay relay = Relay.start(config, Duration.ZERO)) {
            assertThat(relay.awaitStopped(Patience.BOUND)).isTrue();
            assertThat(relay.failure())
                    .hasValueSatisfying(
                            failure -> assertThat(failure.getMessage()).contains(said));
        }
    }

    private static void assertRefused(SourceConfig source, SourceConfig place, boolean anew, String... said) {
        assertThatThrownBy(() -> new BacklogSetup(source, place, false, anew).run(step -> {}))
                .isInstanceOfSatisfying(
                        MigrationException.class,
                        e -> assertThat(e.getMessage()).contains(said));
    }

    private Place place() {
        return new Place(
                () -> outbox.database().connect(), () -> outbox.backlog().connect(), outbox.slot(), "there");
    }

    private RelayConfig config() {
        return outbox.config(subscriber());
    }

    private RelayConfig in(Database place) {
        BacklogConfig limits = BacklogConfig.DEFAULT;
        return outbox.config(
                new BacklogConfig(limits.events(), limits.bytes(), Optional.of(OutboxFixture.elsewhere(place))),
                subscriber());
    }

    private SubscriberConfig subscriber() {
        return outbox.subscriber("all", sink).parkAfter(Duration.ofMillis(100)).build();
    }

    private SourceConfig at(Database place) {
        return outbox.place().toBuilder().url(place.url()).build();
    }

    private boolean isBehind(String lsn, String end) throws Exception {
        return outbox.single("select '" + lsn + "'::pg_lsn < '" + end + "'::pg_lsn")
                .equals("t");
    }

    private void awaitRows(int count) {
        Awaitility.await()
                .until(() ->
                        outbox.kept("select count(*) from tidemark.backlog").equals(Integer.toString(count)));
    }
}
