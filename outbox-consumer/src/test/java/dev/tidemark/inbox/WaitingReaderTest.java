package dev.tidemark.inbox;

import static dev.tidemark.inbox.Fixtures.begin;
import static dev.tidemark.inbox.Fixtures.query;
import static dev.tidemark.inbox.Fixtures.unversioned;
import static dev.tidemark.inbox.Fixtures.user;
import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.testkit.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What one reader promises (more than 400 lines because it is one list of promises). */
@Timeout(300)
@SuppressWarnings("try") // a reader reads while it is open
final class WaitingReaderTest {

    private static final Duration POLL = Duration.ofMillis(20);
    private static final Backoff SOON = new Backoff(Duration.ofMillis(1), Duration.ofMillis(20));

    private final Heard heard = new Heard();
    private final Set<String> failing = ConcurrentHashMap.newKeySet();
    private final Map<String, Handler<?>> handlers = Map.of("user-renamed", this::rename);
    private Database database;
    private HikariDataSource pool;
    private Inbox inbox;

    @BeforeEach
    void open() throws SQLException {
        database = Fixtures.database();
        pool = new HikariDataSource();
        pool.setJdbcUrl(database.url());
        pool.setUsername(database.user());
        pool.setPassword(database.password());
        pool.setMinimumIdle(0);
        inbox = Inbox.builder("reporting")
                .gapPolicy(GapPolicy.WAIT)
                .firstEvent(FirstEvent.BEGINNING)
                .gapPatience(Duration.ofMillis(100))
                .listener(heard)
                .build();
    }

    @AfterEach
    void close() {
        pool.close();
    }

    private void rename(Connection tx, Envelope event) throws SQLException {
        Fixtures.effect(tx, event);
        if (failing.contains(label(event))) {
            throw new IllegalStateException("not yet: " + label(event) + " \0\ud800");
        }
    }

    private static String label(Envelope event) {
        return event.aggregate().id() + "@" + event.aggregateVersion();
    }

    private WaitingReader reader(Intake intake) {
        return new WaitingReader(intake, SOON, POLL, Duration.ofMinutes(1)).start();
    }

    private Intake intake(int attempts) {
        return Intakes.of(inbox, pool, handlers, attempts);
    }

    private static void until(Callable<Boolean> condition) {
        Awaitility.await().atMost(Duration.ofMinutes(2)).ignoreExceptions().until(condition);
    }

    /**
     * Deliveries of an unordered, at-least-once transport: on many threads, in any order, some twice, some whose handler
     * fails at first, and readers that come and go. Every aggregate takes effect in order, each event once.
     */
    @Test
    void whateverTheOrderOfDeliveriesEachAggregateIsHandledInOrderOnce() throws Exception {
        long seed = Long.getLong("tidemark.seed", ThreadLocalRandom.current().nextLong());
        System.out.println("seed " + seed + " (repeat with -Dtidemark.seed=" + seed + ")");
        Random random = new Random(seed);
        int aggregates = 12;
        int versions = 25;
        List<Envelope> deliveries = new ArrayList<>();
        for (int aggregate = 0; aggregate < aggregates; aggregate++) {
            for (int version = 1; version <= versions; version++) {
                Envelope event = user("" + aggregate, version).build();
                deliveries.add(event);
                if (random.nextInt(3) == 0) {
                    deliveries.add(event);
                }
                if (random.nextInt(20) == 0) {
                    failing.add(label(event));
                }
            }
        }
        Collections.shuffle(deliveries, random);
        Intake intake = intake(1_000_000);
        ExecutorService threads = Executors.newFixedThreadPool(6);
        List<Future<?>> taken = new ArrayList<>();
        WaitingReader first = reader(intake);
        for (Envelope event : deliveries) {
            taken.add(threads.submit(() -> takeInTheEnd(intake, event)));
        }
        try (WaitingReader second = reader(intake(1_000_000))) {
            taken.get(deliveries.size() / 2).get();
            first.close();
            for (Future<?> one : taken) {
                one.get();
            }
        }
        failing.clear();
        try (WaitingReader third = reader(intake(1_000_000))) {
            until(() -> effects() == aggregates * versions && kept().isEmpty()); // also what came twice
        } finally {
            threads.shutdownNow();
        }
        List<String> inOrder =
                IntStream.rangeClosed(1, versions).mapToObj(Integer::toString).collect(Collectors.toList());
        for (int aggregate = 0; aggregate < aggregates; aggregate++) {
            assertThat(effects("" + aggregate)).as("aggregate %d", aggregate).isEqualTo(inOrder);
        }
        assertThat(query(database, "select distinct held from inbox_watermark")).containsExactly("f");
    }

    /** As a transport does that delivers again what failed; the last attempt succeeds. */
    private Void takeInTheEnd(Intake intake, Envelope event) throws Exception {
        for (int attempt = 1; ; attempt++) {
            try {
                intake.take(event);
                return null;
            } catch (IllegalStateException | InboxLocked e) {
                if (attempt == 3) {
                    failing.remove(label(event));
                }
            }
        }
    }

    @Test
    void whatNobodyCameToAfterACrashIsHandledByTheNextReader() throws Exception {
        for (int version = 5; version >= 1; version--) {
            Fixtures.handle(inbox, database, user("42", version).build()); // and nobody is told
        }
        assertThat(effects("42")).containsExactly("1");
        try (WaitingReader reader = reader(intake(1))) {
            until(() -> effects("42").equals(List.of("1", "2", "3", "4", "5")));
        }
        assertThat(heard.lines).contains("applied 5 after " + after(5));
    }

    private String after(int version) {
        String line = heard.lines.stream()
                .filter(one -> one.startsWith("applied " + version))
                .findFirst()
                .orElseThrow();
        return line.substring(line.indexOf("after ") + "after ".length());
    }

    @Test
    void afterItsAttemptsWhatFailsIsDeadUntilSomebodyHasItRetried() throws Exception {
        failing.add("42@2");
        Intake intake = intake(3);
        intake.take(user("42", 3).build());
        intake.take(user("42", 2).build());
        intake.take(user("42", 1).build());
        try (WaitingReader reader = reader(intake)) {
            until(() -> kept().equals(List.of("waiting 3", "dead 2 attempts 3 retry false")));
            until(() -> heard.lines.contains("dead 2 after 3")); // told after the commit
            assertThat(query(database, "select reason from inbox_dead"))
                    .containsExactly("java.lang.IllegalStateException: not yet: 42@2  ?");
            assertThat(intake.take(user("42", 4).build())).isEqualTo(Outcome.WAITING);

            database.run("update inbox_dead set retry = true");
            until(() -> kept().contains("dead 2 attempts 4 retry false"));
            until(() -> heard.lines.contains("dead 2 after 4")); // with those before
            assertThat(effects("42")).containsExactly("1");

            failing.clear();
            database.run("update inbox_dead set retry = true");
            until(() -> effects("42").equals(List.of("1", "2", "3", "4")));
            until(() -> kept().isEmpty());
        }
    }

    @Test
    void whileTheDatabaseOrALockIsToBlameNothingIsGivenUp() throws Exception {
        Intake intake = Intakes.of(
                inbox,
                pool,
                Map.of("user-renamed", (tx, event) -> {
                    if (!failing.isEmpty()) {
                        throw new SQLException("the server is shutting down", "57P01");
                    }
                    Fixtures.effect(tx, event);
                }),
                2);
        failing.add("everything");
        Fixtures.handle(inbox, database, user("42", 2).build());
        Fixtures.handle(inbox, database, user("42", 1).build());
        try (WaitingReader reader = reader(intake)) {
            until(() -> heard.failures.size() > 10);
            assertThat(kept()).containsExactly("waiting 2");
            failing.clear();
            until(() -> effects("42").equals(List.of("1", "2")));
        }
    }

    @Test
    void anInterruptionThatAHandlerThrowsIsAFailureLikeAnyOther() throws Exception {
        CountDownLatch toFail = new CountDownLatch(5);
        Intake intake = Intakes.of(
                inbox,
                pool,
                Map.of("user-renamed", (tx, event) -> {
                    if (label(event).equals("42@2") && toFail.getCount() > 0) {
                        toFail.countDown();
                        throw new InterruptedException("of a lock that the handler asked for");
                    }
                    Fixtures.effect(tx, event);
                }),
                1_000_000);
        for (int version = 3; version >= 1; version--) {
            Fixtures.handle(inbox, database, user("42", version).build()); // and nobody is told
        }
        try (WaitingReader reader = reader(intake)) {
            until(() -> effects("42").equals(List.of("1", "2", "3")));
            assertThat(heard.failures).hasSize(5).hasOnlyElementsOfType(InterruptedException.class);
        }
    }

    @Test
    void whatAHandlerOrTheDataSourceLeavesBehindStopsNothing() throws Exception {
        CountDownLatch toFail = new CountDownLatch(3);
        DataSource failing = new AfterLook(pool, () -> {}) {
            @Override
            public Connection getConnection() throws SQLException {
                if (toFail.getCount() > 0) {
                    toFail.countDown();
                    if (toFail.getCount() == 1) {
                        throw new AssertionError("of a pool");
                    }
                    throw new IllegalStateException("of a pool");
                }
                return super.getConnection();
            }
        };
        Intake intake = Intakes.of(
                inbox,
                failing,
                Map.of("user-renamed", (tx, event) -> {
                    Fixtures.effect(tx, event);
                    Thread.currentThread().interrupt();
                }),
                1_000_000);
        for (int version = 3; version >= 1; version--) {
            Fixtures.handle(inbox, database, user("42", version).build()); // and nobody is told
        }
        try (WaitingReader reader = reader(intake)) {
            until(() -> effects("42").equals(List.of("1", "2", "3")));
            Fixtures.handle(inbox, database, user("43", 2).build());
            Fixtures.handle(inbox, database, user("43", 1).build());
            until(() -> effects("43").equals(List.of("1", "2")));
        }
    }

    @Test
    void aGapThatStaysIsToldAgainAndAgain() throws Exception {
        Intake intake = intake(1);
        intake.take(user("42", 1).build());
        intake.take(user("42", 4).build());
        intake.take(user("42", 5).build());
        assertThat(heard.lines).as("not at once").noneMatch(line -> line.startsWith("gap"));
        try (WaitingReader reader = reader(intake)) {
            until(() -> Collections.frequency(heard.lines, "gap 2 before 4") > 2);
        }
        assertThat(heard.lines).as("of the first only").doesNotContain("gap 2 before 5");
    }

    @Test
    void unversionedEventsGoOnAfterADeadOneInTheirOrder() throws Exception {
        Intake intake = intake(1);
        failing.add("42@null");
        AggregateQueues queues = new AggregateQueues(intake, 2, SOON, "queues");
        Lot lot = new Lot(queues, "a place", 10, Unreadable.HOLD);
        List<String> done = Collections.synchronizedList(new ArrayList<>());
        try (WaitingReader reader = reader(intake)) {
            for (String name : List.of("a", "b", "c")) {
                lot.submit(message(unversioned("42", name).build(), done));
            }
            until(() -> done.size() == 3);
            assertThat(query(database, "select attempts from inbox_dead")).containsExactly("1");
            failing.clear();
            database.run("update inbox_dead set retry = true");
            until(() -> query(database, "select id from effect order by n")
                    .equals(List.of(
                            Fixtures.uuid("a").toString(),
                            Fixtures.uuid("b").toString(),
                            Fixtures.uuid("c").toString())));
        } finally {
            lot.callOff();
            queues.close();
        }
    }

    private static Message message(Envelope event, List<String> done) {
        return new Message() {
            @Override
            public Envelope event() {
                return event;
            }

            @Override
            public void done() {
                done.add(event.id().toString());
            }
        };
    }

    @Test
    void whoCallsTheInboxHimselfRunsAReaderBeside() throws Exception {
        try (Connection tx = begin(database)) {
            inbox.handle(tx, user("42", 2).build(), this::rename);
            inbox.handle(tx, user("42", 1).build(), this::rename);
            tx.commit();
        }
        try (WaitingReader reader = WaitingSubscription.builder()
                .inbox(inbox)
                .dataSource(pool)
                .on("user-renamed", this::rename)
                .build()
                .start()) {
            until(() -> effects("42").equals(List.of("1", "2")));
        }
    }

    /** The state says all that the dead event could have said, also to a program that could never have handled it. */
    @Test
    void aStateReleasesWhatIsBehindADeadEventThatHasNoHandler() throws Exception {
        Intake refusing = WaitingSubscription.builder()
                .inbox(inbox)
                .dataSource(pool)
                .on("user-renamed", this::rename)
                .unknownType(UnknownType.REFUSE)
                .attempts(1)
                .intake();
        refusing.take(user("42", 1).build());
        Envelope strange = user("42", 2).type("user-praised").build();
        refusing.bury(strange, 1, new Dispatch.NoHandler("no handler"));
        refusing.take(user("42", 3).build());
        assertThat(kept()).containsExactly("waiting 3", "dead 2 attempts 1 retry false");
        refusing.take(user("42", 2).redelivery("state:1").build());
        try (WaitingReader reader = reader(refusing)) {
            until(() -> kept().isEmpty());
        }
        assertThat(effects("42")).containsExactly("1", "2", "3");
    }

    /** Whoever buries it comes too late, as one does whose attempt took longer than the one beside it. */
    @Test
    void whatIsOverIsNotKeptByBuryingIt() throws Exception {
        Intake intake = intake(1);
        intake.take(user("42", 1).build());
        Envelope second = user("42", 2).build();
        intake.bury(second, 1, new IllegalStateException("not yet"));
        intake.take(user("42", 2).redelivery("state:1").build());
        intake.bury(second, 1, new IllegalStateException("not yet"));
        assertThat(kept()).isEmpty();
        assertThat(intake.take(user("42", 3).build())).isEqualTo(Outcome.APPLIED);
        assertThat(query(database, "select distinct held from inbox_watermark")).containsExactly("f");
    }

    private int effects() throws SQLException {
        return Integer.parseInt(query(database, "select count(*) from effect").get(0));
    }

    private List<String> effects(String aggregate) throws SQLException {
        return query(database, "select version from effect where aggregateid = '" + aggregate + "' order by n");
    }

    private List<String> kept() throws SQLException {
        return query(
                database,
                "select 'waiting ' || version from inbox_waiting union all"
                        + " select 'dead ' || version || ' attempts ' || attempts || ' retry ' || retry from inbox_dead");
    }
}
