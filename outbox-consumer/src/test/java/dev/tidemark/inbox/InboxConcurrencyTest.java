package dev.tidemark.inbox;

import static dev.tidemark.inbox.Fixtures.handle;
import static dev.tidemark.inbox.Fixtures.query;
import static dev.tidemark.inbox.Fixtures.unversioned;
import static dev.tidemark.inbox.Fixtures.user;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.envelope.Envelope;
import dev.tidemark.testkit.Database;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.RepeatedTest;

/**
 * Many deliveries of one event at the same moment. Catches a check that is not made under the lock, and two
 * transactions that make the first row of an aggregate at once; both show as a second effect. Cannot show a
 * lock that is held too long.
 */
final class InboxConcurrencyTest {

    private static final int THREADS = 12;

    private final Inbox inbox = Inbox.of("shipping");

    @RepeatedTest(3)
    void oneOfManyDeliveriesAtOnceHasTheEffect() throws Exception {
        Database database = Fixtures.database();
        List<Envelope> events = new ArrayList<>();
        for (int i = 1; i <= 10; i++) {
            events.add(user("new-" + i, 1).build());
            events.add(unversioned("new-" + i, "u" + i).build());
            events.add(user("same", i).build());
        }
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        try {
            for (Envelope event : events) {
                List<Outcome> outcomes = atOnce(threads, () -> handle(inbox, database, event));
                assertThat(Collections.frequency(outcomes, Outcome.APPLIED))
                        .as("%s: %s", event, outcomes)
                        .isEqualTo(1);
                assertThat(Collections.frequency(outcomes, Outcome.DUPLICATE)).isEqualTo(THREADS - 1);
            }
        } finally {
            threads.shutdownNow();
        }
        assertThat(query(database, "select id from effect group by id having count(*) > 1"))
                .isEmpty();
        assertThat(query(database, "select count(*) from effect")).containsExactly("30");
    }

    private static <T> List<T> atOnce(ExecutorService threads, Callable<T> task) throws Exception {
        CyclicBarrier start = new CyclicBarrier(THREADS);
        List<Future<T>> running = new ArrayList<>();
        for (int i = 0; i < THREADS; i++) {
            running.add(threads.submit(() -> {
                start.await();
                return task.call();
            }));
        }
        List<T> results = new ArrayList<>();
        for (Future<T> result : running) {
            results.add(result.get());
        }
        return results;
    }
}
