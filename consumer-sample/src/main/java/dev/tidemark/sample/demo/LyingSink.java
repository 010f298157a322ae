package dev.tidemark.sample.demo;

import dev.tidemark.envelope.Envelope;
import dev.tidemark.relay.sink.Delivery;
import dev.tidemark.relay.sink.Sink;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Says at once that everything is delivered, waits until the slot has been told so, and delivers it a little later:
 * what a sink must never do.
 */
final class LyingSink implements Sink {

    /** Long enough for a kill to come in between. */
    private static final Duration LATER = Duration.ofMillis(500);

    private static final Duration LOOK_AGAIN = Duration.ofMillis(50);

    private final Sink honest;
    private final SlotView slot;

    /** One thread, so that the order is kept: this sink loses events, and does nothing else wrong. */
    private final ExecutorService later = Executors.newSingleThreadExecutor();

    private final BlockingQueue<List<Envelope>> held = new LinkedBlockingQueue<>();
    private final CountDownLatch closed = new CountDownLatch(1);

    LyingSink(Sink honest, SlotView slot) {
        this.honest = honest;
        this.slot = slot;
        later.execute(this::deliverLater);
    }

    @Override
    public List<Delivery> deliver(List<Envelope> batch) {
        held.add(List.copyOf(batch));
        return Collections.nCopies(batch.size(), Delivery.delivered());
    }

    private void deliverLater() {
        try {
            while (closed.getCount() > 0) {
                List<List<Envelope>> batches = new ArrayList<>(List.of(held.take()));
                held.drainTo(batches);
                String mark = slot.mark();
                while (!slot.isToldOf(mark) && !closed.await(LOOK_AGAIN.toMillis(), TimeUnit.MILLISECONDS)) {
                    // a heartbeat will tell it
                }
                if (!closed.await(LATER.toMillis(), TimeUnit.MILLISECONDS)) {
                    for (List<Envelope> batch : batches) {
                        honest.deliver(batch);
                    }
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public void close() {
        closed.countDown();
        later.shutdownNow();
        honest.close();
    }
}
