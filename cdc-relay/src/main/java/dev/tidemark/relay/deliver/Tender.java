package dev.tidemark.relay.deliver;

import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** Looks after the lanes of a subscriber while they deliver or wait, on one thread for all of them. */
final class Tender implements Runnable {

    private static final long EVERY_MILLIS = 20;

    private final List<Lane> lanes;
    private final BooleanSupplier othersAreAhead;
    private final Consumer<Throwable> onBug;
    private final CountDownLatch stop = new CountDownLatch(1);

    Tender(List<Lane> lanes, BooleanSupplier othersAreAhead, Consumer<Throwable> onBug) {
        this.lanes = lanes;
        this.othersAreAhead = othersAreAhead;
        this.onBug = onBug;
    }

    @Override
    public void run() {
        try {
            while (!stop.await(EVERY_MILLIS, TimeUnit.MILLISECONDS)) {
                tend();
            }
        } catch (InterruptedException interrupt) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException | Error bug) {
            onBug.accept(bug);
        }
    }

    void tend() {
        boolean ahead = othersAreAhead.getAsBoolean();
        lanes.forEach(lane -> lane.tend(ahead));
    }

    void stop() {
        stop.countDown();
    }
}
