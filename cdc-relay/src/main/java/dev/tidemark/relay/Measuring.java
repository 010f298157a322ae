package dev.tidemark.relay;

import dev.tidemark.relay.backlog.BacklogException;
import dev.tidemark.relay.deliver.Subscriber;
import dev.tidemark.relay.ops.VitalThread;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts the backlogs of a run, one after the other, on a thread of its own: at the start, and again where one is full.
 * Ten million rows take their time, and nobody waits for it; until then a backlog has no limit.
 */
final class Measuring implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Measuring.class);
    private static final long EVERY_SECONDS = 15;

    private final List<Subscriber> subscribers;
    private final Set<Subscriber> measured = new HashSet<>(); // the thread's
    private final CountDownLatch stop = new CountDownLatch(1);
    private final Thread thread;

    /** @param onBug called if the thread cannot go on; it is to stop the relay, and must not wait */
    Measuring(List<Subscriber> subscribers, Consumer<Throwable> onBug) {
        this.subscribers = subscribers;
        this.thread = VitalThread.of("tidemark-measure", this::measure, onBug);
        thread.setDaemon(true); // it may sit in a count when everything else has ended
    }

    void start() {
        thread.start();
    }

    @Override
    public void close() {
        stop.countDown();
    }

    private void measure() {
        try {
            do {
                subscribers.forEach(this::measure);
            } while (!stop.await(EVERY_SECONDS, TimeUnit.SECONDS));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void measure(Subscriber subscriber) {
        if (stop.getCount() == 0 || (measured.contains(subscriber) && !subscriber.isFull())) {
            return;
        }
        try {
            subscriber.measure();
            measured.add(subscriber);
        } catch (BacklogException | RuntimeException e) {
            log.debug("The backlog of {} could not be counted; again later", subscriber.name(), e);
        }
    }
}
