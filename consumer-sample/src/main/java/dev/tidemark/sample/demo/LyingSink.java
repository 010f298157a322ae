package dev.tidemark.sample.demo;

import dev.tidemark.envelope.Envelope;
import dev.tidemark.relay.sink.Delivery;
import dev.tidemark.relay.sink.Sink;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Says at once that everything is delivered, and delivers it a little later: what a sink must never do. */
final class LyingSink implements Sink {

    /** Long enough for the relay to acknowledge what has not been sent. */
    private static final Duration LATER = Duration.ofSeconds(2);

    private final Sink honest;

    /** One thread, so that the order is kept: this sink loses events, and does nothing else wrong. */
    private final ScheduledExecutorService later = Executors.newSingleThreadScheduledExecutor();

    private final Queue<Future<?>> sent = new ConcurrentLinkedQueue<>();

    LyingSink(Sink honest) {
        this.honest = honest;
    }

    @Override
    public List<Delivery> deliver(List<Envelope> batch) {
        List<Envelope> copy = List.copyOf(batch);
        sent.add(later.schedule(() -> honest.deliver(copy), LATER.toMillis(), TimeUnit.MILLISECONDS));
        sent.removeIf(Future::isDone);
        return Collections.nCopies(batch.size(), Delivery.delivered());
    }

    @Override
    public void close() {
        later.shutdownNow();
        honest.close();
    }
}
