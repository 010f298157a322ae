package dev.tidemark.relay.capture;

import static org.assertj.core.api.Assertions.assertThat;

import io.debezium.pipeline.DataChangeEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class PromptQueueTest {

    private static final Schema ROW =
            SchemaBuilder.struct().field("payload", Schema.STRING_SCHEMA).build();
    private static final Schema CHANGE =
            SchemaBuilder.struct().field("after", ROW).build();

    private final ExecutorService threads = Executors.newCachedThreadPool();

    @AfterEach
    void stop() {
        threads.shutdownNow();
    }

    private static PromptQueue queue(int events, long bytes) {
        PromptQueue queue = new PromptQueue();
        queue.configure(events, bytes);
        return queue;
    }

    private static DataChangeEvent change(int number, int characters) {
        Struct row = new Struct(ROW).put("payload", "x".repeat(characters));
        return new DataChangeEvent(new SourceRecord(
                Map.of("server", "s"), Map.of("n", number), "topic", CHANGE, new Struct(CHANGE).put("after", row)));
    }

    private static List<Integer> numbers(List<SourceRecord> records) {
        List<Integer> numbers = new ArrayList<>();
        records.forEach(record -> numbers.add((Integer) record.sourceOffset().get("n")));
        return numbers;
    }

    @Test
    void whatIsThereIsTakenAtOnceInOrder() throws Exception {
        PromptQueue queue = queue(10, 1 << 20);
        for (int i = 0; i < 3; i++) {
            queue.enqueue(change(i, 1));
        }
        assertThat(numbers(queue.take())).containsExactly(0, 1, 2);
        assertThat(queue.take()).as("nothing more").isEmpty();
    }

    @Test
    void whoeverWaitsIsWokenByTheFirst() throws Exception {
        PromptQueue queue = queue(10, 1 << 20);
        Future<List<Integer>> taken = threads.submit(() -> {
            List<SourceRecord> records = queue.take();
            while (records.isEmpty()) {
                records = queue.take();
            }
            return numbers(records);
        });
        queue.enqueue(change(7, 1));
        assertThat(taken.get()).containsExactly(7);
    }

    @Test
    void whatIsFullMakesWhoeverPutsWait() throws Exception {
        PromptQueue byEvents = queue(2, 1 << 20);
        Thread third = putThree(byEvents, 1);
        awaitBlocked(third);
        assertThat(numbers(byEvents.take())).containsExactly(0, 1);
        third.join();
        assertThat(numbers(byEvents.take())).containsExactly(2);

        PromptQueue byBytes = queue(100, 500_000); // a text counts as two bytes for each character
        Thread last = putThree(byBytes, 150_000);
        awaitBlocked(last);
        assertThat(numbers(byBytes.take())).containsExactly(0, 1);
        last.join();
    }

    private static Thread putThree(PromptQueue queue, int characters) {
        Thread putting = new Thread(() -> {
            try {
                for (int i = 0; i < 3; i++) {
                    queue.enqueue(change(i, characters));
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        putting.start();
        return putting;
    }

    private static void awaitBlocked(Thread putting) {
        Awaitility.await().atMost(60, TimeUnit.SECONDS).until(() -> putting.getState() == Thread.State.WAITING);
    }

    @Test
    void oneThatIsLargerThanTheQueuePassesAlone() throws Exception {
        PromptQueue queue = queue(10, 1000);
        queue.enqueue(change(1, 100_000));
        assertThat(numbers(queue.take())).containsExactly(1);
        queue.enqueue(change(2, 100_000));
        assertThat(numbers(queue.take())).containsExactly(2);
    }

    @Test
    void whoeverWaitsForRoomCanBeInterrupted() throws Exception {
        PromptQueue queue = queue(1, 1 << 20);
        queue.enqueue(change(0, 1));
        AtomicInteger interrupted = new AtomicInteger();
        Thread putting = new Thread(() -> {
            try {
                queue.enqueue(change(1, 1));
            } catch (InterruptedException e) {
                interrupted.incrementAndGet();
            }
        });
        putting.start();
        awaitBlocked(putting);
        putting.interrupt();
        putting.join();
        assertThat(interrupted).hasValue(1);
        assertThat(numbers(queue.take())).containsExactly(0);
    }

    /** At all speeds of both: nothing lost, nothing swapped, nobody left waiting. */
    @Test
    void allComeOutAsTheyWentIn() throws Exception {
        long seed = Long.getLong("tidemark.seed", ThreadLocalRandom.current().nextLong());
        System.out.println("seed " + seed + " (repeat with -Dtidemark.seed=" + seed + ")");
        Random random = new Random(seed);
        for (int round = 0; round < 20; round++) {
            assertAllComeOut(queue(1 + random.nextInt(300), 5000L * (1 + random.nextInt(300))), random);
        }
    }

    private void assertAllComeOut(PromptQueue queue, Random random) throws InterruptedException, ExecutionException {
        int count = 3000;
        long putSeed = random.nextLong();
        Future<?> putting = threads.submit(() -> {
            Random pauses = new Random(putSeed);
            for (int i = 0; i < count; i++) {
                queue.enqueue(change(i, pauses.nextInt(500)));
                if (pauses.nextInt(200) == 0) {
                    LockSupport.parkNanos(1000L * pauses.nextInt(3000));
                }
            }
            return null;
        });
        List<Integer> out = new ArrayList<>();
        while (out.size() < count) {
            out.addAll(numbers(queue.take()));
            if (random.nextInt(50) == 0) {
                LockSupport.parkNanos(1000L * random.nextInt(3000));
            }
        }
        putting.get();
        assertThat(out).isEqualTo(IntStream.range(0, count).boxed().toList());
    }

    @Test
    void theQueueOfDebeziumSeesNothing() throws Exception {
        PromptQueue queue = queue(1, 1 << 20);
        queue.enqueue(change(0, 1));
        assertThat(queue.size()).isZero();
        assertThat(queue.poll()).isNull();
        assertThat(numbers(queue.take())).containsExactly(0);
    }

    @Test
    void itIsCollectedOnTheThreadThatMadeItOnce() {
        PromptQueue queue = new PromptQueue();
        queue.configure(Map.of("tidemark.queue.events", "10", "tidemark.queue.bytes", "1000"));
        assertThat(PromptQueue.collect()).isSameAs(queue);
        assertThat(PromptQueue.collect()).isNull();
    }
}
