package dev.tidemark.relay.deliver;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * One thread adds while three settle the same entries, each at its own pace. Catches a prefix that passes
 * an entry before its last delivery, counts that are lost between two settlements, and a wait that is never
 * woken. Cannot catch a fault that needs more than the few threads this machine runs at once, nor one that
 * its memory model hides.
 */
class InFlightStressTest {

    private static final int ENTRIES = 100_000;
    private static final int SUBSCRIBERS = 3;

    private final InFlight inFlight = new InFlight(500, 20_000, System::nanoTime);
    private final AtomicIntegerArray missing = new AtomicIntegerArray(ENTRIES);
    private final List<LinkedBlockingQueue<InFlight.Entry>> queues = new ArrayList<>();

    @Test
    @Timeout(300)
    void nothingIsPassedBeforeItsLastDeliveryAndAllIsPassedInTheEnd() throws Exception {
        ExecutorService lanes = Executors.newFixedThreadPool(SUBSCRIBERS);
        try {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < SUBSCRIBERS; i++) {
                LinkedBlockingQueue<InFlight.Entry> queue = new LinkedBlockingQueue<>();
                queues.add(queue);
                running.add(lanes.submit(() -> settleAll(queue)));
            }
            feed(running);
        } finally {
            lanes.shutdownNow();
        }
        assertThat(inFlight.settledPrefix()).isEqualTo(ENTRIES);
        assertThat(inFlight.events()).isZero();
        assertThat(inFlight.bytes()).isZero();
    }

    private void feed(List<Future<?>> running) throws InterruptedException, ExecutionException {
        long checked = 0;
        for (int i = 0; i < ENTRIES; i++) {
            int bytes = i % 97;
            while (!inFlight.hasRoom(bytes)) {
                inFlight.awaitSettled(Duration.ofSeconds(1));
                checked = check(checked);
            }
            missing.set(i, SUBSCRIBERS);
            InFlight.Entry entry = inFlight.add(bytes, SUBSCRIBERS);
            queues.forEach(queue -> queue.add(entry));
            checked = check(checked);
        }
        for (Future<?> lane : running) {
            lane.get();
        }
        check(checked);
    }

    private long check(long from) {
        long prefix = inFlight.settledPrefix();
        assertThat(prefix).as("never falls").isGreaterThanOrEqualTo(from);
        for (long i = from; i < prefix; i++) {
            if (missing.get(Math.toIntExact(i)) != 0) {
                throw new AssertionError("entry " + i + " was passed before its last delivery");
            }
        }
        return prefix;
    }

    private Void settleAll(LinkedBlockingQueue<InFlight.Entry> queue) throws InterruptedException {
        for (int i = 0; i < ENTRIES; i++) {
            InFlight.Entry entry = queue.take();
            missing.decrementAndGet(i);
            entry.settled();
        }
        return null;
    }
}
