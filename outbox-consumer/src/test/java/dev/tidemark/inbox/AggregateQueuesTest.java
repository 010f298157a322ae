package dev.tidemark.inbox;

import static dev.tidemark.inbox.Fixtures.query;
import static dev.tidemark.inbox.Fixtures.user;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import dev.tidemark.envelope.CloudEventsJson;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.testkit.Database;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(300)
final class AggregateQueuesTest {

    private static final Duration NEVER = Duration.ofHours(1);

    private final Heard heard = new Heard();
    private final Set<Long> failing = ConcurrentHashMap.newKeySet();
    private final List<String> done = new CopyOnWriteArrayList<>();
    private final CountDownLatch began = new CountDownLatch(1);
    private final CountDownLatch mayEnd = new CountDownLatch(1);
    private Database database;
    private HikariDataSource pool;
    private Map<String, Handler<?>> handlers;
    private Inbox inbox;
    private AggregateQueues queues;

    @BeforeEach
    void open() throws SQLException {
        database = Fixtures.database();
        pool = new HikariDataSource();
        pool.setJdbcUrl(database.url());
        pool.setUsername(database.user());
        pool.setPassword(database.password());
        pool.setMinimumIdle(0);
        handlers = Map.of(
                "user-renamed",
                (tx, event) -> {
                    Fixtures.effect(tx, event);
                    Long version = event.aggregateVersion();
                    if (version != null && failing.contains(version)) {
                        throw new IllegalStateException("not yet");
                    }
                },
                "slow",
                (tx, event) -> {
                    began.countDown();
                    mayEnd.await();
                    Fixtures.effect(tx, event);
                },
                "wrong",
                (tx, event) -> {
                    throw new StackOverflowError("of the handler");
                },
                "interrupted",
                (tx, event) -> {
                    throw new InterruptedException("of a lock that the handler asked for");
                },
                "leaves an interruption behind",
                (tx, event) -> {
                    Thread.currentThread().interrupt();
                    throw new IllegalStateException("interrupted");
                },
                "takes too long",
                (tx, event) -> query(tx, "set local statement_timeout = 50; select pg_sleep(60)"));
        inbox = Inbox.builder("reporting").listener(heard).build();
        Intake intake = Intakes.of(inbox, pool, handlers, 20);
        queues = new AggregateQueues(intake, 3, new Backoff(NEVER, NEVER), "queues");
    }

    @AfterEach
    void close() {
        mayEnd.countDown();
        queues.close();
        pool.close();
    }

    private Lot lot() {
        return new Lot(queues, "a place", 10, Unreadable.HOLD);
    }

    /** Says when it is done, if it can. */
    private Message message(Envelope event) {
        return new Message() {
            @Override
            public Envelope event() {
                return event;
            }

            @Override
            public void done() throws IOException {
                done.add(event.aggregate().id() + "@" + event.aggregateVersion());
                if (event.aggregate().id().equals("lost")) {
                    throw new IOException("the connection is lost");
                }
            }
        };
    }

    private static void until(Callable<Boolean> condition) {
        Awaitility.await().atMost(Duration.ofMinutes(1)).ignoreExceptions().until(condition);
    }

    private List<String> effects() throws SQLException {
        return query(database, "select aggregateid || '@' || version from effect order by n");
    }

    @Test
    void whatIsCalledOffWaitsForNothingAndHoldsNothingUp() throws Exception {
        failing.add(1L);
        Lot first = lot();
        first.submit(message(user("a", 1).build()));
        first.submit(message(user("a", 2).build()));
        until(() -> heard.failures.size() == 1);
        first.awaitIdle(Duration.ofMinutes(1)); // the failure is told while it is still being handled
        assertThat(first.room()).isEqualTo(8);
        failing.clear();
        first.callOff();
        first.submit(message(user("b", 1).build()));
        assertThat(first.room()).isEqualTo(10);
        Lot second = lot();
        second.submit(message(user("a", 1).build()));
        second.submit(message(user("a", 2).build()));
        until(() -> done.size() == 2 && second.room() == 10);
        assertThat(effects()).containsExactly("a@1", "a@2");
    }

    @Test
    void whatIsBeingHandledEndsBeforeWhatComesAfterIt() throws Exception {
        Lot first = lot();
        first.submit(message(user("a", 1).type("slow").build()));
        began.await();
        first.callOff();
        Lot second = lot();
        second.submit(message(user("a", 1).type("slow").build()));
        second.submit(message(user("a", 2).build()));
        second.submit(message(user("b", 1).build()));
        until(() -> done.equals(List.of("b@1")));
        mayEnd.countDown();
        first.awaitIdle(Duration.ofMinutes(1));
        until(() -> done.size() == 4);
        assertThat(effects()).containsExactly("b@1", "a@1", "a@2");
        assertThat(heard.lines).contains("duplicate 1");
    }

    @Test
    void whatCannotBeAcknowledgedIsHandledAllTheSame() throws SQLException {
        Lot lot = lot();
        lot.submit(message(user("lost", 1).build()));
        lot.submit(message(user("lost", 2).build()));
        until(() -> done.size() == 2 && lot.room() == 10);
        assertThat(effects()).containsExactly("lost@1", "lost@2");
        assertThat(heard.failures).isEmpty();
    }

    @Test
    void anErrorOfAHandlerIsAFailureAsAnyOther() {
        Lot lot = lot();
        lot.submit(message(user("a", 1).type("wrong").build()));
        until(() -> heard.failures.size() == 1);
        assertThat(heard.failures.get(0)).hasMessageContaining("of the handler");
        lot.submit(message(user("b", 1).build()));
        until(() -> done.equals(List.of("b@1")) && lot.room() == 9);
    }

    /** Not the server's shutting down, and not our own. */
    @ParameterizedTest
    @ValueSource(strings = {"interrupted", "leaves an interruption behind", "takes too long"})
    void whatAHandlerBringsAboutByItselfIsDeadInTheEnd(String type) {
        Backoff soon = new Backoff(Duration.ofMillis(1), Duration.ofMillis(10));
        try (AggregateQueues impatient =
                new AggregateQueues(Intakes.of(inbox, pool, handlers, 3), 1, soon, "impatient")) {
            Lot lot = new Lot(impatient, "a place", 10, Unreadable.HOLD);
            lot.submit(message(user("a", 1).type(type).build()));
            until(() -> heard.lines.contains("dead 1 after 3"));
            until(() -> done.equals(List.of("a@1")));
            lot.callOff();
        }
    }

    @Test
    void whatIsHeldIsToldUntilItIsCalledOff() {
        Lot lot = lot();
        lot.submit(new Message() {
            @Override
            public Envelope event() {
                return CloudEventsJson.read("{}".getBytes(StandardCharsets.UTF_8));
            }

            @Override
            public void done() {
                done.add("what was held");
            }
        });
        lot.submit(message(user("a", 1).build()));
        until(() -> heard.failures.size() == 1);
        assertThat(queues.whyHeld()).startsWith("a message of a place is no event, and holds what is behind it");
        assertThat(lot.room()).isEqualTo(8);
        lot.callOff();
        assertThat(queues.whyHeld()).isNull();
        assertThat(done).isEmpty();
    }

    /** As "a?" in the database, it would be taken for an event of another aggregate. */
    @ParameterizedTest
    @ValueSource(ints = {0, 0xd800})
    void whatCannotBeStoredIsHeldAsWhatCannotBeRead(int character) throws Exception {
        Lot lot = lot();
        lot.submit(message(user("a" + (char) character, 1).build()));
        lot.submit(message(user("b", 1).build()));
        until(() -> heard.lines.equals(List.of("failed "))); // without the event
        assertThat(heard.failures.get(0)).isInstanceOf(StorableText.Unstorable.class);
        assertThat(queues.whyHeld()).startsWith("a message of a place is no event, and holds what is behind it");
        lot.callOff();
        assertThat(done).isEmpty();
        assertThat(query(database, "select aggregateid from inbox_watermark")).isEmpty();
    }

    @Test
    void orIsPassedOver() throws Exception {
        Lot lot = new Lot(queues, "a place", 10, Unreadable.PASS_OVER);
        lot.submit(message(user("a\0", 1).build()));
        lot.submit(message(user("b", 1).build()));
        until(() -> done.contains("b@1"));
        assertThat(heard.failures).hasOnlyElementsOfType(StorableText.Unstorable.class);
        assertThat(effects()).containsExactly("b@1");
    }

    /** Whoever forgets to ask before is not let in either. */
    @ParameterizedTest
    @ValueSource(ints = {0, 0xd800})
    void whatCannotBeStoredIsNotTaken(int character) throws Exception {
        Envelope event = user("a" + (char) character, 1).build();
        Intake intake = Intakes.of(inbox, pool, handlers, 20);
        assertThatThrownBy(() -> intake.take(event)).isInstanceOf(StorableText.Unstorable.class);
        assertThatThrownBy(() -> intake.takeAll(List.of(user("b", 1).build(), event)))
                .isInstanceOf(StorableText.Unstorable.class);
        assertThat(effects()).isEmpty();
    }
}
