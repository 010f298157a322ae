package dev.tidemark.inbox;

import static dev.tidemark.inbox.Fixtures.begin;
import static dev.tidemark.inbox.Fixtures.query;
import static dev.tidemark.inbox.Fixtures.user;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.envelope.Envelope;
import dev.tidemark.testkit.Database;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;

/**
 * Histories of creations, renamings and deletions, delivered without any order, twice in part, some rolled back,
 * by several threads at once and without an inbox. The replica must end as the newest event of each user left it.
 *
 * <p>Catches a deletion that a late event undoes, also where the two are in flight together. The interleaving of
 * threads is not part of the seed, so a failure may need several runs to come back.
 */
final class ReplicaModelTest {

    private static final int USERS = 12;
    private static final int THREADS = 4;

    private final ReadModel users =
            ReadModel.table("user_replica").key("user_id").version("version").build();

    @RepeatedTest(6)
    void theReplicaEndsAsTheNewestEventsLeftIt(RepetitionInfo repetition) throws Exception {
        long seed = repetition.getCurrentRepetition();
        Random random = new Random(seed);
        Database database = Fixtures.database();
        List<String> expected = new ArrayList<>();
        List<Envelope> deliveries = new ArrayList<>();
        for (int i = 10; i < 10 + USERS; i++) {
            int versions = 1 + random.nextInt(8);
            for (int version = 1; version <= versions; version++) {
                boolean deletion = random.nextInt(3) == 0;
                Envelope event = user("u" + i, version)
                        .type(deletion ? "user-deleted" : "user-renamed")
                        .build();
                deliveries.addAll(Collections.nCopies(1 + random.nextInt(2), event));
                if (version == versions && !deletion) {
                    expected.add("u" + i + ":" + nameAt(version) + "@" + version);
                }
            }
        }
        Collections.shuffle(deliveries, random);
        deliverAll(database, deliveries, seed);
        assertThat(query(database, "select user_id || ':' || name || '@' || version from user_replica order by 1"))
                .as("seed %d", seed)
                .isEqualTo(expected);
    }

    private void deliverAll(Database database, List<Envelope> deliveries, long seed) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            List<Future<?>> running = new ArrayList<>();
            for (int t = 0; t < THREADS; t++) {
                int first = t;
                running.add(threads.submit(() -> {
                    deliverEvery(database, deliveries, first, new Random(seed * 31 + first));
                    return null;
                }));
            }
            for (Future<?> done : running) {
                done.get();
            }
        } finally {
            threads.shutdownNow();
        }
    }

    /** One delivery in {@link #THREADS}, beginning with {@code first}; one in four is rolled back and then repeated. */
    private void deliverEvery(Database database, List<Envelope> deliveries, int first, Random random)
            throws SQLException {
        try (Connection tx = begin(database)) {
            for (int i = first; i < deliveries.size(); i += THREADS) {
                if (random.nextInt(4) == 0) {
                    deliver(tx, deliveries.get(i));
                    tx.rollback();
                }
                deliver(tx, deliveries.get(i));
                tx.commit();
            }
        }
    }

    private void deliver(Connection tx, Envelope event) throws SQLException {
        long version = requireNonNull(event.aggregateVersion());
        if (event.type().equals("user-deleted")) {
            users.delete(tx, event);
        } else {
            users.apply(tx, event, Map.of("name", nameAt(version)));
        }
    }

    private static String nameAt(long version) {
        return "name " + version;
    }
}
