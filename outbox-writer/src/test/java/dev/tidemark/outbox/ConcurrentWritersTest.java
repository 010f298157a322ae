package dev.tidemark.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

final class ConcurrentWritersTest {

    private static final int WRITERS = 8;
    private static final int TRANSACTIONS = 40;
    private static final Pattern INSERT = Pattern.compile(
            "(?s)table public\\.outbox_\\w+: INSERT:.* aggregateid\\[text\\]:'(\\w+)' aggregateversion\\[bigint\\]:(\\d+) .*");

    private static OutboxDatabase db;

    private final Outbox outbox = Outbox.builder().source("orders").build();

    @BeforeAll
    static void createDatabase() throws SQLException {
        db = OutboxDatabase.create();
    }

    @BeforeEach
    void empty() throws SQLException {
        db.database().run("truncate outbox, outbox_version, tidemark.relay");
    }

    /**
     * Catches versions that are claimed in another order than that of commits, given twice, or lost with a rollback:
     * the order is read from the write-ahead log, where it cannot be other than that of commits. It cannot catch
     * what needs a crash of the server.
     */
    @RepeatedTest(2)
    @Timeout(300)
    void versionsHaveNoGapInCommitOrder(RepetitionInfo repetition) throws Exception {
        System.out.println("seed " + repetition.getCurrentRepetition());
        db.createSlot("commits");
        try {
            List<Callable<Integer>> writers = new ArrayList<>();
            for (int writer = 0; writer < WRITERS; writer++) {
                Random random = new Random(100L * repetition.getCurrentRepetition() + writer);
                writers.add(() -> write(random));
            }
            int written = 0;
            for (Integer events : together(writers)) {
                written += events;
            }
            assertThat(assertDenseInCommitOrder(db.decoded("commits"))).isEqualTo(written);
        } finally {
            db.dropSlot("commits");
        }
    }

    /** Half of them one by one, half in batches; one in four is rolled back, wholly or to a savepoint. */
    private int write(Random random) throws SQLException {
        int written = 0;
        try (Connection tx = db.begin()) {
            for (int i = 0; i < TRANSACTIONS; i++) {
                int events = 1 + random.nextInt(4);
                boolean toSavepoint = random.nextInt(8) == 0;
                java.sql.Savepoint savepoint = tx.setSavepoint();
                append(tx, random, events);
                if (toSavepoint) {
                    tx.rollback(savepoint);
                    append(tx, random, events);
                }
                if (random.nextInt(8) == 0) {
                    tx.rollback();
                } else {
                    tx.commit();
                    written += events;
                }
            }
        }
        return written;
    }

    private void append(Connection tx, Random random, int events) throws SQLException {
        if (events == 1) {
            outbox.append(tx, event(random.nextInt(10)));
            return;
        }
        List<OutboxEvent> batch = new ArrayList<>();
        for (int i = 0; i < events; i++) {
            batch.add(event(random.nextInt(10)));
        }
        Collections.shuffle(batch, random);
        outbox.appendAll(tx, batch);
    }

    private static int assertDenseInCommitOrder(List<String> changes) {
        Map<String, Long> last = new HashMap<>();
        int events = 0;
        for (String change : changes) {
            Matcher insert = INSERT.matcher(change);
            if (insert.matches()) {
                long version = Long.parseLong(insert.group(2));
                assertThat(version).as(change).isEqualTo(last.getOrDefault(insert.group(1), 0L) + 1);
                last.put(insert.group(1), version);
                events++;
            }
        }
        assertThat(last).hasSize(10);
        return events;
    }

    /**
     * Two writers that append the same two aggregates in opposite order, at once and many times. Without sorting
     * this deadlocks within the first rounds; that there is no other way to deadlock it cannot show.
     */
    @Test
    @Timeout(300)
    void batchesInOppositeOrderDoNotDeadlock() throws Exception {
        CyclicBarrier start = new CyclicBarrier(2);
        List<Callable<Integer>> writers = new ArrayList<>();
        for (List<Integer> order : List.of(List.of(1, 2, 3, 4, 5, 6), List.of(6, 5, 4, 3, 2, 1))) {
            writers.add(() -> {
                try (Connection tx = db.begin()) {
                    for (int round = 0; round < 50; round++) {
                        start.await(2, TimeUnit.MINUTES);
                        outbox.appendAll(
                                tx,
                                order.stream().map(ConcurrentWritersTest::event).toList());
                        tx.commit();
                    }
                }
                return 0;
            });
        }
        together(writers);
        assertThat(db.texts("select distinct version from outbox_version")).containsExactly("100");
    }

    @Test
    @Timeout(300)
    void aContendedAggregateFailsUnderRepeatableReadAndSucceedsTheSecondTime() throws Exception {
        try (Connection first = db.begin();
                Connection second = db.begin()) {
            second.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            second.createStatement().execute("select 1"); // takes its snapshot
            outbox.append(first, event(1));
            first.commit();
            assertThatThrownBy(() -> outbox.append(second, event(1)))
                    .isInstanceOfSatisfying(
                            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("40001"));
            second.rollback();
            assertThat(outbox.append(second, event(1)).version()).isEqualTo(2);
            second.commit();
        }
    }

    private static OutboxEvent event(int aggregate) {
        return OutboxEvent.of("order", "a" + aggregate, "order-placed", "{}");
    }

    private static <T> List<T> together(List<Callable<T>> tasks) throws InterruptedException, ExecutionException {
        ExecutorService threads = Executors.newFixedThreadPool(tasks.size());
        try {
            List<T> results = new ArrayList<>();
            for (Future<T> result : threads.invokeAll(tasks)) {
                results.add(result.get());
            }
            return results;
        } finally {
            threads.shutdownNow();
        }
    }
}
