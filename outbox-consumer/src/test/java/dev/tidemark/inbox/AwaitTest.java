package dev.tidemark.inbox;

import static dev.tidemark.inbox.Fixtures.begin;
import static dev.tidemark.inbox.Fixtures.unversioned;
import static dev.tidemark.inbox.Fixtures.user;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import dev.tidemark.envelope.Aggregate;
import dev.tidemark.envelope.CloudEventsHttp;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.envelope.Receipt;
import dev.tidemark.envelope.Receipts;
import dev.tidemark.testkit.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** In one process. Read models here do not look by themselves, unless a test is about that: only being woken will do. */
@Timeout(300)
final class AwaitTest {

    private static final Duration NEVER = Duration.ofHours(1);
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final Duration SHORT = Duration.ofMillis(20);

    private final Heard heard = new Heard();
    private final Inbox inbox = Inbox.builder("reporting").listener(heard).build();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private Database database;
    private HikariDataSource pool;
    private ReadModel users;

    @BeforeEach
    void connect() throws SQLException {
        database = Fixtures.database();
        pool = new HikariDataSource();
        pool.setJdbcUrl(database.url());
        pool.setUsername(database.user());
        pool.setPassword(database.password());
        pool.setMaximumPoolSize(1); // whoever keeps a connection while it waits keeps it from all others
        pool.setConnectionTimeout(PATIENCE.toMillis());
        users = model(inbox, NEVER);
    }

    @AfterEach
    void stop() {
        threads.shutdownNow();
        pool.close();
    }

    private ReadModel model(Inbox inbox, Duration looksAgain) {
        return ReadModel.table("user_replica")
                .key("user_id")
                .version("version")
                .inbox(inbox)
                .dataSource(pool)
                .follows("users", "user")
                .looksAgain(looksAgain)
                .build();
    }

    private HttpSubscription subscription(Inbox inbox) {
        return HttpSubscription.builder()
                .inbox(inbox)
                .dataSource(pool)
                .on("user-renamed", (tx, event) -> users.apply(tx, event, Map.of("name", "Ada")))
                .build();
    }

    private int deliver(Envelope event) {
        Map<String, List<String>> headers = CloudEventsHttp.headers(event).entrySet().stream()
                .collect(Collectors.toMap(Map.Entry::getKey, header -> List.of(header.getValue())));
        byte[] data = event.data();
        return subscription(inbox)
                .receive(headers, data == null ? new byte[0] : data)
                .status();
    }

    private static Receipt receipt(String id, long version) {
        return Receipt.ofVersion(new Aggregate("users", "", "user", id), version);
    }

    private Future<Awaited> waiting(Receipt receipt) {
        Future<Awaited> waiting = threads.submit(() -> users.await(receipt, NEVER));
        Awaitility.await().atMost(PATIENCE).until(() -> inbox.arrivals().waiting(receipt.aggregate()) > 0);
        return waiting;
    }

    private static Awaited get(Future<Awaited> waiting) throws Exception {
        return waiting.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    @Test
    void whatIsThereIsNotWaitedFor() throws Exception {
        deliver(user("42", 2).build());

        assertThat(users.await(receipt("42", 2), NEVER).reached()).isTrue();
        Awaited earlier = users.await(receipt("42", 1), Duration.ZERO);
        assertThat(earlier.reached()).isTrue();
        assertThat(earlier.version()).isEqualTo(2);
        assertThat(heard.lines).contains("awaited user_replica true");
    }

    @Test
    void whoWaitsIsWokenByTheSubscription() throws Exception {
        Future<Awaited> second = waiting(receipt("42", 2));
        Future<Awaited> first = waiting(receipt("42", 1));
        Future<Awaited> other = waiting(receipt("43", 1));

        deliver(user("42", 1).build());
        assertThat(get(first).version()).isEqualTo(1);
        assertThat(second.isDone()).isFalse();
        deliver(user("42", 2).build());
        assertThat(get(second).version()).isEqualTo(2);
        assertThat(other.isDone()).isFalse();
        deliver(user("43", 7).build());
        assertThat(get(other).version()).isEqualTo(7);
        assertThat(inbox.arrivals().waiting(receipt("42", 1).aggregate())).isZero();
    }

    @Test
    void theEffectIsThereWhenWhoWaitsIsWoken() throws Exception {
        for (int version = 1; version <= 30; version++) {
            Future<Awaited> waiting = waiting(receipt("42", version));
            deliver(user("42", version).build());
            assertThat(get(waiting).reached()).isTrue();
            assertThat(Fixtures.query(database, "select version from user_replica"))
                    .containsExactly(Integer.toString(version));
        }
    }

    /** Whoever looked before it is entered would miss it, and here for ever. */
    @Test
    void aCommitThatComesRightAfterTheLookIsNotMissed() throws Exception {
        AtomicBoolean delivered = new AtomicBoolean();
        ReadModel looking = ReadModel.table("user_replica")
                .key("user_id")
                .version("version")
                .inbox(inbox)
                .dataSource(new AfterLook(pool, () -> {
                    if (delivered.compareAndSet(false, true)) {
                        deliver(user("42", 1).build());
                    }
                }))
                .follows("users", "user")
                .looksAgain(NEVER)
                .build();

        Future<Awaited> waiting = threads.submit(() -> looking.await(receipt("42", 1), NEVER));

        assertThat(get(waiting).reached()).isTrue();
    }

    @Test
    void nobodyMissesACommitThatComesAtTheSameTime() throws Exception {
        for (int i = 0; i < 100; i++) {
            String id = "u" + i;
            CyclicBarrier together = new CyclicBarrier(2);
            Future<Awaited> waiting = threads.submit(() -> {
                together.await();
                return users.await(receipt(id, 1), NEVER);
            });
            together.await();
            deliver(user(id, 1).build());
            assertThat(get(waiting).reached()).isTrue();
        }
    }

    @Test
    void anEventThatTheModelHasNoUseForCountsToo() throws Exception {
        Future<Awaited> waiting = waiting(receipt("42", 1));

        deliver(user("42", 1).type("user-logged-in").build());

        assertThat(get(waiting).reached()).isTrue();
        assertThat(Fixtures.query(database, "select version from user_replica")).isEmpty();
    }

    @Test
    void whatDoesNotComeIsToldWithHowFarItIs() throws Exception {
        deliver(user("42", 2).build());

        Awaited awaited = users.await(receipt("42", 5), SHORT);

        assertThat(awaited.reached()).isFalse();
        assertThat(awaited.version()).isEqualTo(2);
        assertThat(awaited.behind()).isEqualTo(3);
        assertThat(awaited.waited()).isGreaterThanOrEqualTo(SHORT);
        assertThat(users.await(receipt("unknown", 5), Duration.ZERO).version()).isZero();
        assertThat(heard.lines).contains("awaited user_replica false");
    }

    @Test
    void whatIsRolledBackWakesNobody() throws Exception {
        Future<Awaited> waiting = waiting(receipt("42", 1));
        try (Connection tx = begin(database)) {
            inbox.handle(tx, user("42", 1).build(), (connection, event) -> {});
            tx.rollback();
        }
        assertThat(users.await(receipt("42", 1), SHORT).reached()).isFalse();
        assertThat(waiting.isDone()).isFalse();

        deliver(user("42", 1).build());
        assertThat(get(waiting).reached()).isTrue();
    }

    @Test
    void aTransactionOfTheCallersOwnWakesWhenItSaysThatItCommitted() throws Exception {
        Future<Awaited> waiting = waiting(receipt("42", 1));
        Envelope event = user("42", 1).build();
        Outcome outcome = Fixtures.handle(inbox, database, event);

        inbox.committed(event, outcome);

        assertThat(get(waiting).reached()).isTrue();
    }

    @Test
    void whatNobodyTellsIsFoundByLooking() throws Exception {
        ReadModel looking = model(inbox, Awaiting.LOOKS_AGAIN);
        Future<Awaited> waiting = threads.submit(() -> looking.await(receipt("42", 1), NEVER));

        Fixtures.handle(Inbox.of("reporting"), database, user("42", 1).build());

        assertThat(get(waiting).reached()).isTrue();
    }

    @Test
    void severalAreAwaitedAndThoseOfOthersLeftOut() throws Exception {
        deliver(user("42", 1).build());
        deliver(user("43", 2).build());
        Receipt order = Receipt.ofVersion(new Aggregate("orders", "", "order", "1"), 9);

        List<Awaited> all = users.await(Receipts.of(receipt("42", 1), order, receipt("43", 2)), NEVER);

        assertThat(all).extracting(Awaited::receipt).containsExactly(receipt("42", 1), receipt("43", 2));
        assertThat(all).allMatch(Awaited::reached);
        assertThat(users.await(Receipts.of(receipt("42", 2), receipt("43", 3)), SHORT))
                .noneMatch(Awaited::reached);
    }

    /** The header is a client's. */
    @Test
    void amongSeveralThoseWithoutAVersionAreLeftOut() throws Exception {
        deliver(user("42", 1).build());
        Receipt unversioned = Receipt.ofUnversioned(receipt("43", 1).aggregate(), Fixtures.uuid("a"));
        assertThat(users.await(Receipts.of(unversioned, receipt("42", 1)), NEVER))
                .extracting(Awaited::receipt)
                .containsExactly(receipt("42", 1));
    }

    @Test
    void onceNoTimeIsLeftNothingIsLookedAtAnyMore() throws Exception {
        deliver(user("43", 1).build());
        List<Awaited> all = users.await(Receipts.of(receipt("42", 1), receipt("43", 1)), SHORT);
        assertThat(all).noneMatch(Awaited::reached);
        assertThat(all.get(1).waited()).isZero();
        assertThat(users.await(Receipts.of(receipt("42", 1), receipt("43", 1)), Duration.ZERO))
                .extracting(Awaited::reached)
                .containsExactly(false, true);
    }

    @Test
    void whoIsInterruptedWaitsNoMore() throws Exception {
        CountDownLatch ended = new CountDownLatch(1);
        Thread waiter = new Thread(() -> {
            try {
                users.await(receipt("42", 1), NEVER);
            } catch (InterruptedException e) {
                ended.countDown();
            } catch (SQLException e) {
                throw new IllegalStateException(e);
            }
        });
        waiter.start();
        Aggregate aggregate = receipt("42", 1).aggregate();
        Awaitility.await().atMost(PATIENCE).until(() -> inbox.arrivals().waiting(aggregate) > 0);

        waiter.interrupt();

        assertThat(ended.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        waiter.join();
        assertThat(inbox.arrivals().waiting(aggregate)).isZero();
    }

    @Test
    void whatWouldBeAwaitedInVainIsRefused() {
        Receipt order = Receipt.ofVersion(new Aggregate("orders", "", "order", "1"), 9);
        assertThatThrownBy(() -> users.await(order, SHORT))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(
                        "receipt orders::order/1@9 is of order of orders, and user_replica follows user of users: it "
                                + "would be waited for in vain");
        Envelope event = unversioned("42", "a").build();
        assertThatThrownBy(() -> users.await(Receipt.ofUnversioned(event.aggregate(), event.id()), SHORT))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("has no version");
    }

    @Test
    void aModelWithoutAnInboxSaysWhatItNeeds() {
        ReadModel alone = ReadModel.table("user_replica")
                .key("user_id")
                .version("version")
                .build();
        assertThatThrownBy(() -> alone.await(receipt("42", 1), SHORT))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(".inbox(inbox), .dataSource(pool) and .follows(");
        assertThatThrownBy(alone::freshness).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> ReadModel.table("user_replica")
                        .key("user_id")
                        .version("version")
                        .inbox(inbox)
                        .dataSource(pool)
                        .build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("belong together");
    }
}
