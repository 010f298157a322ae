package dev.tidemark.inbox;

import static dev.tidemark.inbox.Fixtures.begin;
import static dev.tidemark.inbox.Fixtures.query;
import static dev.tidemark.inbox.Fixtures.user;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.envelope.Receipt;
import dev.tidemark.testkit.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;

/** Two inboxes of one consumer, as two processes have them. Nobody looks by itself: only a notification will do. */
@Timeout(300)
final class RemoteArrivalsTest {

    private static final Duration NEVER = Duration.ofHours(1);
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final String HELD = "select objid from pg_locks where locktype = 'advisory' and classid::bigint = "
            + Integer.toUnsignedLong(Bucket.lockOf("reporting")) + " and mode = 'ShareLock' and granted";

    /** As Java's specification has it: processes of all versions must agree. */
    private static final int BUCKET_OF_42 = 533;

    private static final int LOCK_OF_REPORTING = -1080740696;

    private static final String TRIED = "select pid from pg_stat_activity where datname = current_database()"
            + " and query like 'select pg_try_advisory_lock_shared%' and state = 'idle'";

    private static final String LISTENS_ON = "select pid from pg_stat_activity where datname = current_database()"
            + " and query like 'select pg_advisory_unlock_shared%'";

    private final Inbox here = Inbox.of("reporting");
    private final Inbox elsewhere = Inbox.of("reporting");
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private Database database;
    private ReadModel users;
    private RemoteArrivals remote;

    @BeforeEach
    void connect() throws SQLException {
        database = Fixtures.database();
        users = ReadModel.table("user_replica")
                .key("user_id")
                .version("version")
                .inbox(here)
                .dataSource(database.dataSource())
                .follows("users", "user")
                .looksAgain(NEVER)
                .build();
        remote = RemoteArrivals.start(here, database.dataSource());
    }

    @AfterEach
    void stop() throws SQLException {
        remote.close();
        threads.shutdownNow();
        awaitAnnounced(); // no locks are left
    }

    private static Aggregate aggregate(String id) {
        return new Aggregate("users", "", "user", id);
    }

    private Future<Awaited> waiting(String id, long version) {
        return threads.submit(() -> users.await(Receipt.ofVersion(aggregate(id), version), NEVER));
    }

    private void awaitAnnounced(String... ids) {
        Awaitility.await()
                .atMost(PATIENCE)
                .untilAsserted(() -> assertThat(query(database, HELD)).hasSize(ids.length));
    }

    private static Awaited get(Future<Awaited> waiting) throws Exception {
        return waiting.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    @Test
    void whoWaitsIsWokenByAnotherProcess() throws Exception {
        Future<Awaited> waiting = waiting("42", 1);
        awaitAnnounced("42");

        Fixtures.handle(elsewhere, database, user("42", 1).build());

        assertThat(get(waiting).version()).isEqualTo(1);
    }

    /** It asked whether somebody waits when nobody did. Who comes then cannot announce itself before the commit. */
    @Test
    void anEventThatIsAboutToCommitWhileSomebodyComesIsNotMissed() throws Exception {
        try (Connection tx = begin(database)) {
            elsewhere.handle(tx, user("42", 1).build(), Fixtures::effect);
            Future<Awaited> waiting = waiting("42", 1);
            Awaitility.await()
                    .atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(query(database, TRIED)).isNotEmpty());
            Awaited other =
                    users.await(Receipt.ofVersion(aggregate("42"), 1), Duration.ofMillis(300)); // tries meanwhile
            assertThat(other.reached()).isFalse();
            assertThat(query(database, HELD)).isEmpty();

            tx.commit();

            assertThat(get(waiting).version()).isEqualTo(1);
        }
    }

    @Test
    void nobodyMissesAnythingWhoeverIsFirst() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        List<Future<Awaited>> all = new ArrayList<>();
        List<Future<Outcome>> handled = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            String id = "u" + i;
            boolean waitsFirst = random.nextBoolean();
            if (waitsFirst) {
                all.add(waiting(id, 1));
            }
            handled.add(threads.submit(
                    () -> Fixtures.handle(elsewhere, database, user(id, 1).build())));
            if (!waitsFirst) {
                all.add(waiting(id, 1));
            }
            if (i % 8 == 7) {
                for (Future<Outcome> one : handled) {
                    one.get();
                }
                handled.clear();
            }
        }
        for (Future<Awaited> one : all) {
            assertThat(get(one).reached()).as("seed %d", seed).isTrue();
        }
    }

    @Test
    void onlyWhatIsAwaitedIsNotified() throws Exception {
        try (Connection listener = database.connect();
                Statement listen = listener.createStatement()) {
            listen.execute("listen " + Bucket.CHANNEL);
            Fixtures.handle(elsewhere, database, user("41", 1).build());
            Future<Awaited> waiting = waiting("42", 1);
            awaitAnnounced("42");
            Fixtures.handle(elsewhere, database, user("43", 1).build());
            Fixtures.handle(elsewhere, database, user("42", 1).build());
            get(waiting);

            listen.execute("select 1"); // what was notified before has arrived with its answer
            PGNotification[] told = listener.unwrap(PGConnection.class).getNotifications();
            assertThat(told)
                    .extracting(PGNotification::getParameter)
                    .containsExactly("reporting " + Bucket.of(aggregate("42")));
        }
    }

    @Test
    void aLostConnectionIsMadeAnew() throws Exception {
        Future<Awaited> waiting = waiting("42", 1);
        awaitAnnounced("42");
        query(
                database,
                "select pg_terminate_backend(pid) from (select distinct pid from pg_locks where locktype = 'advisory'"
                        + " and mode = 'ShareLock' and classid::bigint = "
                        + Integer.toUnsignedLong(Bucket.lockOf("reporting")) + ") as holder");

        Fixtures.handle(elsewhere, database, user("42", 1).build()); // heard, or found when it listens again

        assertThat(get(waiting).version()).isEqualTo(1);
    }

    @Test
    void whoWaitsNoMoreIsNotNotified() throws SQLException {
        Future<Awaited> waiting = waiting("42", 1);
        awaitAnnounced("42");

        waiting.cancel(true);

        awaitAnnounced();
        assertThat(query(database, LISTENS_ON))
                .as("the connection is kept for the next")
                .hasSize(1);
    }

    @Test
    void bucketsAreTheSameInAllProcesses() {
        assertThat(Bucket.of(aggregate("42"))).isEqualTo(BUCKET_OF_42);
        assertThat(Bucket.lockOf("reporting")).isEqualTo(LOCK_OF_REPORTING);
        assertThat(Bucket.notified("reporting", Bucket.notification("reporting", 7)))
                .isEqualTo(7);
        assertThat(Bucket.notified("reporting", "other 7")).isEqualTo(-1);
        assertThat(Bucket.notified("reporting", "reporting x")).isEqualTo(-1);
    }
}
