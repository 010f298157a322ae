package dev.tidemark.inbox;

import static dev.tidemark.inbox.Fixtures.query;
import static dev.tidemark.inbox.Fixtures.user;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Over a table that is filled as a relay fills it (more than 400 lines because what any subscription does is shown here). */
@Timeout(300)
@SuppressWarnings("try") // a reader works while it is open
final class IncomingSubscriptionTest {

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Duration NEVER = Duration.ofHours(1);

    private final Heard heard = new Heard();
    private final Set<String> failing = ConcurrentHashMap.newKeySet();
    private final Set<String> busy = ConcurrentHashMap.newKeySet();
    private final Set<String> overlapping = ConcurrentHashMap.newKeySet();
    private final List<AutoCloseable> open = new ArrayList<>();
    private Database database;
    private HikariDataSource pool;

    @BeforeEach
    void connect() throws SQLException {
        database = Fixtures.database();
        pool = pool(database);
    }

    @AfterEach
    void stop() throws Exception {
        for (AutoCloseable one : open) {
            one.close();
        }
        Awaitility.await("connections that never came back")
                .atMost(PATIENCE)
                .until(() -> pool.getHikariPoolMXBean() == null
                        || pool.getHikariPoolMXBean().getActiveConnections() == 0);
        pool.close();
        assertThat(overlapping)
                .as("aggregates of which two events were handled at once")
                .isEmpty();
    }

    private static HikariDataSource pool(Database database) {
        HikariDataSource pool = new HikariDataSource();
        pool.setJdbcUrl(database.url());
        pool.setUsername(database.user());
        pool.setPassword(database.password());
        pool.setMaximumPoolSize(12);
        pool.setMinimumIdle(0);
        return pool;
    }

    private IncomingSubscription.Builder subscription() {
        return IncomingSubscription.builder()
                .inbox(Inbox.builder("reporting").listener(heard).build())
                .dataSource(pool)
                .poll(Duration.ofMillis(50))
                .longestWait(Duration.ofMillis(200))
                .on("user-renamed", this::handle);
    }

    private IncomingReader start(IncomingSubscription.Builder subscription) {
        IncomingReader reader = subscription.build().start();
        open.add(reader);
        return reader;
    }

    private void handle(Connection tx, Envelope event) throws SQLException {
        String aggregate = event.aggregate().id();
        if (!busy.add(aggregate)) {
            overlapping.add(aggregate);
        }
        boolean gone = false; // its server, and its lock with that
        try {
            Fixtures.effect(tx, event);
            if (failing.contains(aggregate + "@" + event.aggregateVersion())) {
                throw new IllegalStateException("not yet");
            }
        } catch (SQLException e) {
            gone = String.valueOf(e.getSQLState()).matches("08.*|57P.*");
            throw e;
        } finally {
            busy.remove(aggregate);
            if (gone) {
                overlapping.remove(aggregate);
            }
        }
    }

    private void arrive(Envelope... events) throws SQLException {
        IncomingRows.arrive(database, events);
    }

    private static void until(Callable<Boolean> condition) {
        Awaitility.await().atMost(PATIENCE).ignoreExceptions().until(condition);
    }

    private void awaitHeard(String line) {
        Awaitility.await()
                .atMost(PATIENCE)
                .untilAsserted(() -> assertThat(heard.lines).contains(line));
    }

    private void awaitEffects(int count) {
        awaitRows(count, "select count(*) from effect");
    }

    private void awaitRows(int count, String sql) {
        until(() -> query(database, sql).equals(List.of(Integer.toString(count))));
    }

    /** Versions of one aggregate, in the order in which they took effect. */
    private List<String> effects(String aggregate) throws SQLException {
        return query(database, "select version from effect where aggregateid = '" + aggregate + "' order by n");
    }

    private static List<String> upTo(int version) {
        return IntStream.rangeClosed(1, version).mapToObj(Integer::toString).toList();
    }

    @Test
    void whatIsThereIsHandledOnceAndInOrder() throws Exception {
        arrive(IncomingRows.interleaved(5, 20));
        start(subscription());
        awaitRows(0, "select count(*) from incoming where handledat is null");
        for (int i = 0; i < 5; i++) {
            assertThat(effects("u" + i)).isEqualTo(upTo(20));
        }
        until(() -> heard.lines.size() == 100); // told after the commit
        assertThat(heard.lines).allMatch(line -> line.startsWith("applied"));
    }

    @Test
    void whatArrivesIsHeardOf() throws Exception {
        start(subscription().poll(NEVER));
        awaitRows(
                1,
                "select count(*) from pg_stat_activity where query = 'listen tidemark_incoming'"
                        + " and datname = current_database()");
        for (int version = 1; version <= 5; version++) {
            arrive(user("42", version).build());
            awaitEffects(version);
        }
    }

    @Test
    void withoutAChannelItIsLookedFor() throws Exception {
        start(subscription().channel(""));
        arrive(user("42", 1).build());
        awaitEffects(1);
    }

    /** Many at once, over many connections, and still one after the other for each aggregate. */
    @Test
    void severalReadersShareTheWorkAndKeepTheOrder() throws Exception {
        for (int reader = 0; reader < 3; reader++) {
            start(subscription().threads(3).channel(""));
        }
        Envelope[] events = IncomingRows.interleaved(7, 40);
        for (int i = 0; i < events.length; i += 10) {
            arrive(Arrays.copyOfRange(events, i, i + 10));
        }
        awaitRows(0, "select count(*) from incoming where handledat is null");
        for (int i = 0; i < 7; i++) {
            assertThat(effects("u" + i)).isEqualTo(upTo(40));
        }
    }

    @Test
    void oneThatFailsHoldsUpItsAggregateAndNoOther() throws Exception {
        failing.add("a@2");
        arrive(
                user("a", 1).build(),
                user("a", 2).build(),
                user("a", 3).build(),
                user("b", 1).build());
        start(subscription());
        awaitEffects(2);
        until(() -> heard.failures.size() >= 3);
        arrive(user("b", 2).build());
        awaitEffects(3);
        assertThat(effects("a")).containsExactly("1");
        assertThat(effects("b")).containsExactly("1", "2");
        failing.clear();
        awaitEffects(5);
        assertThat(effects("a")).containsExactly("1", "2", "3");
        assertThat(heard.failures).allSatisfy(failure -> assertThat(failure).hasMessage("not yet"));
    }

    @Test
    void whatASourceThatCameBackOlderSendsAgainIsHandledAgain() throws Exception {
        start(subscription());
        arrive(user("a", 1).build());
        awaitRows(0, "select count(*) from incoming where handledat is null");
        arrive(user("a", 1).sourceEpoch(1).build());
        awaitEffects(2);
        assertThat(effects("a")).containsExactly("1", "1");
    }

    @Test
    void oneThatIsGivenUpIsDeadInTheInboxWithWhatFollowsBehindIt() throws Exception {
        failing.add("a@2");
        arrive(user("a", 1).build(), user("a", 2).build(), user("a", 3).build());
        start(subscription().attempts(2));
        awaitRows(0, "select count(*) from incoming where handledat is null");
        until(() -> heard.lines.containsAll(List.of("dead 2 after 2", "waiting 3 for 2"))); // told after the commit
        assertThat(effects("a")).containsExactly("1");
        failing.clear();
        database.run("update inbox_dead set retry = true");
        awaitEffects(3);
        assertThat(effects("a")).containsExactly("1", "2", "3");
    }

    /** A thread that died of it would handle nothing more. */
    @Test
    void anErrorOfAHandlerIsAFailureLikeAnyOther() throws Exception {
        CountDownLatch failed = new CountDownLatch(1);
        start(subscription().threads(1).on("user-left", (tx, event) -> {
            if (failed.getCount() > 0) {
                failed.countDown();
                throw new AssertionError("a bug");
            }
            Fixtures.effect(tx, event);
        }));
        arrive(user("a", 1).type("user-left").build(), user("b", 1).build());
        awaitEffects(2);
        assertThat(heard.failures)
                .singleElement()
                .satisfies(failure -> assertThat(failure).hasRootCauseInstanceOf(AssertionError.class));
    }

    /** Whoever took that for a sign to stop would handle nothing more, and nobody would know. */
    @Test
    void anInterruptionThatAHandlerThrowsIsAFailureLikeAnyOther() throws Exception {
        CountDownLatch toFail = new CountDownLatch(5);
        start(subscription().threads(1).on("user-left", (tx, event) -> {
            if (toFail.getCount() > 0) {
                toFail.countDown();
                throw new InterruptedException("of a lock that the handler asked for");
            }
            Fixtures.effect(tx, event);
        }));
        arrive(user("a", 1).type("user-left").build());
        toFail.await();
        arrive(user("b", 1).build());
        awaitEffects(2);
        assertThat(heard.failures).hasSize(5).hasOnlyElementsOfType(InterruptedException.class);
    }

    @Test
    void anInterruptionThatAHandlerLeavesBehindStopsNothing() throws Exception {
        start(subscription().threads(1).on("user-left", (tx, event) -> {
            Fixtures.effect(tx, event);
            Thread.currentThread().interrupt();
        }));
        arrive(user("a", 1).type("user-left").build());
        awaitEffects(1);
        arrive(user("b", 1).build());
        awaitEffects(2);
    }

    @Test
    void aDataSourceThatFailsInItsOwnWayIsAskedAgain() throws Exception {
        Set<String> failed = ConcurrentHashMap.newKeySet();
        start(subscription().threads(2).dataSource(new AfterLook(pool, () -> {}) {
            @Override
            public Connection getConnection() throws SQLException {
                if (failed.add(Thread.currentThread().getName())) {
                    throw new IllegalStateException("of a pool");
                }
                return super.getConnection();
            }
        }));
        until(() -> failed.containsAll(List.of("tidemark-incoming-1", "tidemark-incoming-2")));
        arrive(user("a", 1).build());
        awaitEffects(1);
    }

    @Test
    void anErrorOfAListenerStopsNothing() throws Exception {
        failing.add("a@1");
        InboxListener wrong = new InboxListener() {
            @Override
            public void failed(@Nullable Envelope event, Exception failure) {
                heard.failed(event, failure);
                throw new AssertionError("a bug");
            }
        };
        start(subscription()
                .threads(1)
                .attempts(2)
                .inbox(Inbox.builder("reporting").listener(wrong).build()));
        arrive(user("a", 1).build());
        awaitRows(1, "select count(*) from inbox_dead");
        arrive(user("b", 1).build());
        awaitEffects(1);
    }

    /** It is the event's own, not the server's: others would be ended by it too. */
    @Test
    void anEventWhoseStatementAlwaysTakesTooLongIsGivenUp() throws Exception {
        arrive(user("a", 1).type("user-left").build());
        start(subscription().threads(1).attempts(3).on("user-left", (tx, event) -> {
            try (Statement statement = tx.createStatement()) {
                statement.execute("set local statement_timeout = 50; select pg_sleep(60)");
            }
        }));
        awaitHeard("dead 1 after 3");
    }

    @Test
    void anEventWhoseHandlerIsAlwaysInterruptedByItselfIsGivenUp() throws Exception {
        arrive(user("a", 1).type("user-left").build());
        start(subscription().threads(1).attempts(3).on("user-left", (tx, event) -> {
            throw new InterruptedException("of a lock that the handler asked for");
        }));
        awaitHeard("dead 1 after 3");
    }

    @Test
    void aCommitThatFailsLeavesNothingAndItComesAgain() throws Exception {
        database.run("alter table effect add unique (aggregateid) deferrable initially deferred;"
                + "insert into effect (id, aggregateid) values (gen_random_uuid(), '42')");
        arrive(user("42", 1).build());
        start(subscription());
        until(() -> !heard.failures.isEmpty());
        assertThat(query(database, "select count(*) from incoming where handledat is null"))
                .containsExactly("1");
        database.run("delete from effect");
        awaitRows(0, "select count(*) from incoming where handledat is null");
        assertThat(effects("42")).containsExactly("1");
    }

    @Test
    void aRedeliveryOfWhatWasHandledIsADuplicate() throws Exception {
        start(subscription());
        arrive(
                user("42", 1).build(),
                user("42", 1).redelivery("replay:7").build(),
                user("42", 2).build());
        awaitRows(0, "select count(*) from incoming where handledat is null");
        assertThat(effects("42")).containsExactly("1", "2");
        until(() -> heard.lines.size() == 3); // told after the commit, by several threads
        assertThat(heard.lines).filteredOn("duplicate 1"::equals).hasSize(1);
    }

    @Test
    void whatCannotBeReadIsKeptAndTold() throws Exception {
        arrive(user("a", 1).build(), user("b", 1).build());
        database.run("update incoming set event = '{}' where aggregateid = 'a'");
        start(subscription());
        awaitEffects(1);
        until(() -> !heard.failures.isEmpty());
        assertThat(heard.lines).contains("failed ");
        assertThat(query(database, "select aggregateid from incoming where handledat is null"))
                .containsExactly("a");
    }

    @Test
    void otherConsumersEventsAreNotTouched() throws Exception {
        arrive(user("a", 1).build());
        database.run("update incoming set consumer = 'billing'");
        arrive(user("b", 1).build());
        start(subscription());
        awaitEffects(1);
        assertThat(query(database, "select consumer from incoming where handledat is null"))
                .containsExactly("billing");
    }

    @Test
    void rowsGoSomeTimeAfterTheyWereHandled() throws Exception {
        arrive(IncomingRows.interleaved(3, 2));
        database.run("update incoming set handledat = now() - interval '2 days' where aggregateid = 'u0';"
                + "update incoming set handledat = now() - interval '1 hour' where aggregateid = 'u1';"
                + "update incoming set consumer = 'billing' where aggregateid = 'u2'");
        start(subscription());
        awaitRows(4, "select count(*) from incoming");
        assertThat(query(database, "select distinct aggregateid from incoming order by 1"))
                .containsExactly("u1", "u2");
    }

    @Test
    void closingWaitsForWhatIsBeingHandled() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        IncomingReader reader = start(subscription().on("user-left", (tx, event) -> {
            begun.countDown();
            goOn.await();
            Fixtures.effect(tx, event);
        }));
        arrive(user("a", 1).type("user-left").build());
        begun.await();
        Thread closing = new Thread(reader::close);
        closing.start();
        goOn.countDown();
        closing.join();
        assertThat(effects("a")).containsExactly("1");
        arrive(user("b", 1).build());
        assertThat(effects("b")).isEmpty();
    }

    @Test
    void whatDoesNotEndInTimeIsInterruptedAndRollsBack() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch never = new CountDownLatch(1);
        IncomingReader reader =
                start(subscription().stopDeadline(Duration.ofMillis(10)).on("user-left", (tx, event) -> {
                    Fixtures.effect(tx, event);
                    begun.countDown();
                    never.await();
                }));
        arrive(user("a", 1).type("user-left").build());
        begun.await();
        reader.close();
        until(() -> pool.getHikariPoolMXBean().getActiveConnections() == 0);
        assertThat(effects("a")).isEmpty();
        assertThat(query(database, "select count(*) from incoming where handledat is null"))
                .containsExactly("1");
    }

    @Test
    void aServerThatCrashesInTheMiddleLosesNothingAndDoesNothingTwice() throws Exception {
        try (PostgresServer server = PostgresServer.start()) {
            Database own = server.createDatabase();
            own.runResource("dev/tidemark/sql/V003__inbox.sql");
            own.runResource("dev/tidemark/sql/V008__incoming.sql");
            own.runResource("dev/tidemark/sql/V010__inbox_waiting.sql");
            own.run(
                    "create table effect (n bigserial primary key, id uuid not null, aggregateid text not null, version bigint)");
            database = own;
            try (HikariDataSource ownPool = pool(own);
                    IncomingReader reader =
                            subscription().dataSource(ownPool).build().start()) {
                arrive(IncomingRows.interleaved(10, 30));
                awaitAtLeast(50);
                server.kill9();
                server.restart();
                awaitRows(0, "select count(*) from incoming where handledat is null");
            }
            for (int i = 0; i < 10; i++) {
                assertThat(effects("u" + i)).isEqualTo(upTo(30));
            }
        }
    }

    private void awaitAtLeast(int count) {
        until(() ->
                Integer.parseInt(query(database, "select count(*) from effect").get(0)) >= count);
    }

    @Test
    void aMissingTableIsExplained() throws Exception {
        database.run("drop table incoming");
        try (Connection tx = Fixtures.begin(database)) {
            assertThatThrownBy(() -> new IncomingTable("reporting").claim(tx, List.of()))
                    .hasMessageStartingWith("the table incoming is not on the search path; apply V008__incoming.sql");
        }
    }

    @Test
    void wrongSettingsAreRefused() {
        IncomingSubscription.Builder builder = IncomingSubscription.builder();
        Map<String, Runnable> wrong = Map.of(
                "threads must be at least 1, but was: 0", () -> builder.threads(0),
                "poll must be at least 1 ms, but was: PT0S", () -> builder.poll(Duration.ZERO),
                "keep must be at least 1 ms, but was: PT0S", () -> builder.keep(Duration.ZERO),
                "longestWait must be at least 1 ms, but was: PT0S", () -> builder.longestWait(Duration.ZERO),
                "channel must be a name of a-z, 0-9 and _, at most 63 long, or empty for none, but was: a b",
                        () -> builder.channel("a b"));
        wrong.forEach((message, call) -> assertThatThrownBy(call::run)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message));
        assertThatThrownBy(builder::build).hasMessageStartingWith("inbox is required");
        assertThatThrownBy(builder.inbox(Inbox.of("reporting"))::build)
                .hasMessageStartingWith("dataSource is required");
    }
}
