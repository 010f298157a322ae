package dev.tidemark.inbox;

import static dev.tidemark.inbox.Fixtures.query;
import static dev.tidemark.inbox.Fixtures.user;
import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import dev.tidemark.envelope.Aggregate;
import dev.tidemark.envelope.CloudEventsJson;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.testkit.Broker;
import dev.tidemark.testkit.Database;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * What every subscription to a broker promises, against the broker itself as a process (more than 400 lines because it is
 * one list of promises).
 */
@Timeout(600)
@SuppressWarnings("try") // a subscription reads while it is open
abstract class SubscriptionContract {

    private static final Duration PATIENCE = Duration.ofMinutes(3);

    private final Heard heard = new Heard();
    private final Set<String> failing = ConcurrentHashMap.newKeySet();
    private final Set<String> busy = ConcurrentHashMap.newKeySet();
    private final Set<String> overlapping = ConcurrentHashMap.newKeySet();
    private final Map<String, String> received = new ConcurrentHashMap<>();
    private final List<AutoCloseable> open = new ArrayList<>();
    private Database database;
    private HikariDataSource pool;

    /** One for all tests. */
    abstract Broker broker();

    /** One that a test may break. */
    abstract Broker ownBroker();

    /** A new one in {@code broker}; whoever reads from it does so as the consumer {@code reporting}. */
    abstract Place place(Broker broker) throws Exception;

    /** Waits until it is noticed that the broker does not answer. */
    void awaitSilence(Broker frozen, Reading reading) {
        until(() -> reading.trouble().isPresent());
    }

    /** One in {@link #broker} in which all is in one ordered sequence. */
    Place lonePlace() throws Exception {
        return place(broker());
    }

    void closeAtEnd(AutoCloseable one) {
        open.add(one);
    }

    /** From now on, what is labelled so. */
    void fail(String label) {
        failing.add(label);
    }

    /** How many events came that had taken effect. */
    long duplicates() {
        return heard.lines.stream().filter(line -> line.startsWith("duplicate")).count();
    }

    List<Exception> failures() {
        return heard.failures;
    }

    /** The example of the page, and a place that it reads from. */
    abstract Reading startExample(DataSource database, Handler<SQLException> rename);

    abstract Place placeOfExample() throws Exception;

    /** How many bytes there may be, at least. */
    int largePayload() {
        return 1 << 20;
    }

    /** For those who keep nothing: the broker began again, after these had been sent. */
    void restarted(Place place, Envelope[] sent) throws Exception {
        // it has everything
    }

    /** As whom nobody may read, with the password {@code sesame}. */
    abstract Reading startAsStranger(Consumer<BrokerSubscriptionBuilder<?>> settings);

    @BeforeEach
    void connect() throws SQLException {
        database = Fixtures.database();
        pool = pool(16);
    }

    private HikariDataSource pool(int connections) {
        HikariDataSource made = new HikariDataSource();
        made.setJdbcUrl(database.url());
        made.setUsername(database.user());
        made.setPassword(database.password());
        made.setMaximumPoolSize(connections);
        made.setMinimumIdle(0);
        return made;
    }

    /** For the same database; soon says that it has none, if the only one is in use. */
    HikariDataSource poolOfOne() {
        HikariDataSource one = pool(1);
        one.setConnectionTimeout(250);
        return one;
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

    /** For subclasses: what all subscriptions of these tests have. */
    void common(BrokerSubscriptionBuilder<?> subscription) {
        subscription.inbox(Inbox.builder("reporting").listener(heard).build());
        subscription.dataSource(pool);
        subscription.longestWait(Duration.ofMillis(200));
        subscription.attempts(Integer.MAX_VALUE);
        subscription.on("user-renamed", this::handle);
    }

    private Reading start(Place place) {
        return start(place, settings -> {});
    }

    private Reading start(Place place, Consumer<BrokerSubscriptionBuilder<?>> settings) {
        Reading reading = place.start(subscription -> {
            common(subscription);
            settings.accept(subscription);
        });
        open.add(reading);
        return reading;
    }

    private void handle(Connection tx, Envelope event) throws SQLException {
        String aggregate = event.aggregate().id();
        if (!busy.add(aggregate)) {
            overlapping.add(aggregate);
        }
        try {
            Fixtures.effect(tx, event);
            received.put(label(event), json(event));
            if (failing.contains(label(event))) {
                throw new IllegalStateException("not yet");
            }
        } finally {
            busy.remove(aggregate);
        }
    }

    private static String label(Envelope event) {
        return event.aggregate().id() + "@" + event.aggregateVersion();
    }

    private static String json(Envelope event) {
        return new String(CloudEventsJson.write(event), StandardCharsets.UTF_8);
    }

    static void until(Callable<Boolean> condition) {
        Awaitility.await().atMost(PATIENCE).ignoreExceptions().until(condition);
    }

    void awaitEffects(int count) {
        until(() -> effects() == count);
    }

    int effects() throws SQLException {
        return Integer.parseInt(query(database, "select count(*) from effect").get(0));
    }

    /** Versions of one aggregate, in the order in which they took effect. */
    List<String> effects(String aggregate) throws SQLException {
        return query(database, "select version from effect where aggregateid = '" + aggregate + "' order by n");
    }

    private static List<String> upTo(int version) {
        return IntStream.rangeClosed(1, version).mapToObj(Integer::toString).toList();
    }

    /** Closes {@code reading}, so that the broker would count what it had and has not acknowledged. */
    void assertAllAcknowledged(Place place, Reading reading) throws Exception {
        reading.close();
        until(() -> place.left() == 0);
    }

    private void assertAllOnceAndInOrder(int aggregates, int versions) throws SQLException {
        for (int i = 0; i < aggregates; i++) {
            assertThat(effects("u" + i)).isEqualTo(upTo(versions));
        }
        assertThat(heard.lines).noneMatch(line -> line.startsWith("gap"));
    }

    @Test
    void whatIsThereIsHandledOnceAndInOrderAndAcknowledged() throws Exception {
        Place place = place(broker());
        place.send(IncomingRows.interleaved(5, 20));
        Reading reading = start(place);
        awaitEffects(100);
        until(() -> reading.trouble().isEmpty());
        assertAllAcknowledged(place, reading);
        assertAllOnceAndInOrder(5, 20);
    }

    @Test
    void whatArrivesIsHandledAsItWasSent() throws Exception {
        Place place = place(broker());
        start(place);
        Envelope[] events = sights();
        place.send(events);
        awaitEffects(events.length);
        for (Envelope event : events) {
            assertThat(received.get(label(event))).isEqualTo(json(event));
        }
    }

    /** Without data, with text of all planes, with many bytes of all kinds, with all attributes. */
    private Envelope[] sights() {
        byte[] bytes = new byte[largePayload()];
        new Random(7).nextBytes(bytes);
        String text = "žluťoučký € \ud83d\udc18 \"%\\";
        Envelope withoutData = Envelope.builder()
                .id(Fixtures.uuid("without data"))
                .aggregate(new Aggregate("users", "", "user", "a"))
                .aggregateVersion(2L)
                .type("user-renamed")
                .dataSchema(Envelope.defaultDataSchema("users", "user-renamed", 1))
                .time(Fixtures.OCCURRED)
                .build();
        return new Envelope[] {
            user("a", 1).build(),
            withoutData,
            user("a", 3).data("application/octet-stream", bytes).build(),
            user("a", 4)
                    .data("application/json", "{\"x\": \"ž\ud83d\udc18\"}".getBytes(StandardCharsets.UTF_8))
                    .header("region", text)
                    .build(),
            user(text, 1)
                    .traceparent("00-" + "a".repeat(32) + "-" + "b".repeat(16) + "-01")
                    .build(),
        };
    }

    @Test
    void whatComesTwiceTakesEffectOnce() throws Exception {
        Place place = place(broker());
        Envelope first = user("a", 1).build();
        Envelope second = user("a", 2).build();
        place.send(first, first, second, first, second);
        Reading reading = start(place);
        until(() -> duplicates() >= 3); // and once more, if the broker was not told in time
        assertAllAcknowledged(place, reading);
        assertThat(effects("a")).isEqualTo(upTo(2));
    }

    @Test
    void whatFailsIsTriedAgainAndOnlyItsAggregateWaits() throws Exception {
        Place place = place(broker());
        failing.add("a@2");
        place.send(
                user("a", 1).build(),
                user("a", 2).build(),
                user("a", 3).build(),
                user("b", 1).build(),
                user("b", 2).build());
        Reading reading = start(place);
        until(() -> heard.failures.size() >= 3);
        until(() -> effects("b").equals(upTo(2)));
        assertThat(effects("a")).isEqualTo(upTo(1));
        failing.clear();
        until(() -> effects("a").equals(upTo(3)));
        assertAllAcknowledged(place, reading);
    }

    @Test
    void whatIsGivenUpIsDeadInTheInboxAndTheBrokerNeedNotKeepIt() throws Exception {
        Place place = place(broker());
        failing.add("a@2");
        place.send(
                user("a", 1).build(),
                user("a", 2).build(),
                user("a", 3).build(),
                user("b", 1).build());
        Reading reading = start(place, settings -> settings.attempts(2));
        until(() -> heard.lines.contains("dead 2 after 2") && heard.lines.contains("waiting 3 for 2"));
        assertAllAcknowledged(place, reading);
        until(() -> effects("b").equals(upTo(1)));
        assertThat(effects("a")).isEqualTo(upTo(1));
        failing.clear();
        database.run("update inbox_dead set retry = true");
        start(place); // the next one comes to it
        until(() -> effects("a").equals(upTo(3)));
        assertThat(query(database, "select 1 from inbox_waiting union all select 1 from inbox_dead"))
                .isEmpty();
    }

    @Test
    void whatWasNotHandledIsDeliveredToTheNext() throws Exception {
        Place place = place(broker());
        failing.add("a@2");
        place.send(
                user("a", 1).build(),
                user("a", 2).build(),
                user("b", 1).build(),
                user("a", 3).build());
        Reading first = start(place);
        until(() -> heard.failures.size() >= 2 && effects("b").equals(upTo(1)));
        first.close();
        failing.clear();
        place.send(user("a", 4).build(), user("b", 2).build());
        Reading next = start(place);
        awaitEffects(6);
        assertThat(effects("a")).isEqualTo(upTo(4));
        assertThat(effects("b")).isEqualTo(upTo(2));
        assertThat(heard.lines).noneMatch(line -> line.startsWith("gap"));
        assertAllAcknowledged(place, next);
    }

    @Test
    void whatADeadConsumerHeldComesBeforeWhatIsNew() throws Exception {
        Place place = place(broker());
        place.send(IncomingRows.interleaved(2, 10));
        place.takeAndDie(7);
        Reading reading = start(place);
        awaitEffects(20);
        assertAllOnceAndInOrder(2, 10);
        assertAllAcknowledged(place, reading);
    }

    /** For those whose broker shares out: as if a process that was frozen had awoken, and read, before it knew. */
    void assertThatWhatSomebodyElseTookComesFirst(Place place) throws Exception {
        failing.add("u0@1");
        place.send(IncomingRows.interleaved(1, 20));
        Reading reading = start(place, settings -> settings.window(2));
        until(() -> heard.failures.size() >= 3);
        place.takeAndDie(5);
        failing.clear();
        awaitEffects(20);
        assertAllOnceAndInOrder(1, 20);
        assertAllAcknowledged(place, reading);
    }

    @Test
    void oneThatIsClosedFinishesAndAcknowledgesWhatItHandles() throws Exception {
        Place place = place(broker());
        CountDownLatch began = new CountDownLatch(1);
        CountDownLatch mayEnd = new CountDownLatch(1);
        Reading reading = place.start(subscription -> {
            common(subscription);
            subscription.on("slow", (tx, event) -> {
                began.countDown();
                mayEnd.await();
                Fixtures.effect(tx, event);
            });
        });
        open.add(reading);
        place.send(user("a", 1).type("slow").build());
        began.await();
        Thread closing = new Thread(reading::close);
        closing.start();
        until(() -> closing.getState() == Thread.State.TIMED_WAITING);
        mayEnd.countDown();
        closing.join();
        assertThat(effects("a")).isEqualTo(upTo(1));
        until(() -> place.left() == 0);
    }

    /** Whoever it is that reads: events of an aggregate are never handled by two, nor out of order. */
    @Test
    void twoThatReadTakeTurns() throws Exception {
        Place place = place(broker());
        Reading first = start(place, settings -> settings.window(10));
        until(() -> first.trouble().isEmpty());
        Reading second = start(place, settings -> settings.window(10));
        place.send(IncomingRows.interleaved(3, 60));
        until(() -> effects() >= 20);
        first.close();
        awaitEffects(180);
        assertAllAcknowledged(place, second);
        assertAllOnceAndInOrder(3, 60);
    }

    @Test
    void whatIsNoEventHoldsWhatIsBehindIt() throws Exception {
        Place place = lonePlace();
        place.send(user("a", 1).build());
        place.sendGarbage();
        place.send(user("a", 2).build());
        Reading reading = start(place);
        until(() -> heard.failures.size() >= 3);
        until(() -> effects("a").equals(upTo(1)));
        assertThat(heard.lines).contains("failed ");
        until(() -> reading.trouble().orElse("").contains("is no event, and holds what is behind it"));
        reading.close();
        until(() -> place.left() >= 2); // JetStream counts what it sent to one who had gone twice
        assertThat(effects("a")).isEqualTo(upTo(1));
        start(place, settings -> settings.unreadable(Unreadable.PASS_OVER));
        until(() -> effects("a").equals(upTo(2)));
        until(() -> place.left() == 0);
    }

    @Test
    void onlySoManyAreHeldAtOnce() throws Exception {
        Place place = place(broker());
        failing.add("u0@1");
        place.send(IncomingRows.interleaved(1, 50));
        start(place, settings -> settings.window(5));
        until(() -> heard.failures.size() >= 3);
        failing.clear();
        awaitEffects(50);
        assertAllOnceAndInOrder(1, 50);
    }

    @Test
    void aBrokerThatIsKilledInTheMiddleLosesNothing() throws Exception {
        try (Broker broker = ownBroker()) {
            Place place = place(broker);
            Envelope[] events = IncomingRows.interleaved(10, 30);
            place.send(events);
            Reading reading = start(place, settings -> settings.threads(2));
            until(() -> effects() >= 50);
            broker.kill9();
            until(() -> reading.trouble().isPresent() || effects() == 300);
            broker.restart();
            restarted(place, events);
            awaitEffects(300);
            until(() -> reading.trouble().isEmpty() && place.left() == 0);
            assertAllAcknowledged(place, reading);
            assertAllOnceAndInOrder(10, 30);
        }
    }

    @Test
    void aBrokerThatWasFrozenIsReadWhenItWakes() throws Exception {
        try (Broker broker = ownBroker()) {
            Place place = place(broker);
            Envelope[] events = IncomingRows.interleaved(4, 20);
            place.send(Arrays.copyOf(events, 40));
            Reading reading = start(place);
            awaitEffects(40);
            broker.freeze();
            awaitSilence(broker, reading);
            broker.wake();
            place.send(Arrays.copyOfRange(events, 40, 80));
            awaitEffects(80);
            until(() -> place.left() == 0);
            assertAllAcknowledged(place, reading);
            assertAllOnceAndInOrder(4, 20);
        }
    }

    @Test
    void theExampleOfThePageReads() throws Exception {
        Place place = placeOfExample();
        open.add(startExample(pool, Fixtures::effect));
        place.send(user("a", 1).build());
        awaitEffects(1);
    }

    @Test
    void whoMayNotReadIsToldWhy() {
        Pattern why = Pattern.compile("(?i).*(auth|pass|invalid).*");
        try (Reading reading = startAsStranger(this::common)) {
            until(() -> why.matcher(reading.trouble().orElse("")).matches());
            assertThat(reading.trouble()).get().asString().doesNotContain("sesame");
        }
    }
}
