package dev.tidemark.sample.demo;

import dev.tidemark.testkit.RelayProcess;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Starts again what was killed, each at once, whatever else is on its way back. Safe for many threads. */
final class Restarts implements AutoCloseable {

    private static final long ENDS_WITHIN_SECONDS = 10;

    private final ExecutorService threads = Executors.newCachedThreadPool(work -> new Thread(work, "restart"));
    private final AtomicInteger underway = new AtomicInteger();
    private volatile @Nullable Throwable failure;

    /** Starts {@code killed} again, as soon as it is gone. */
    void restart(RelayProcess killed) {
        begin(() -> {
            killed.awaitDeath();
            killed.start();
            killed.awaitReady();
            return null;
        });
    }

    /** Does all that it takes for something to come back, beginning with its death. */
    void begin(Callable<@Nullable Void> comeback) {
        underway.incrementAndGet();
        threads.execute(() -> {
            try {
                comeback.call();
                underway.decrementAndGet();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (Exception e) {
                failure = e;
            }
        });
    }

    /** Whether all that was to come back is there. */
    boolean allAreBack() {
        return underway.get() == 0;
    }

    /** Why something did not come back; null if all did so far. */
    @Nullable
    Throwable failure() {
        return failure;
    }

    @Override
    public void close() {
        threads.shutdownNow();
        try {
            threads.awaitTermination(ENDS_WITHIN_SECONDS, TimeUnit.SECONDS); // or it would start what is being stopped
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
