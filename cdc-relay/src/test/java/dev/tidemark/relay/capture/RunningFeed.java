package dev.tidemark.relay.capture;

import dev.tidemark.relay.Patience;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A feed on a thread of its own. */
final class RunningFeed implements AutoCloseable {

    private final ChangeFeed feed;
    private final CompletableFuture<@Nullable Throwable> ended = new CompletableFuture<>();

    RunningFeed(ChangeFeed feed, ChangeFeed.Receiver receiver) {
        this.feed = feed;
        Thread thread = new Thread(() -> ended.complete(run(receiver)), "feed");
        thread.start();
    }

    /** How it ended, or null if it was closed; fails if it does not end in time. */
    @Nullable
    Throwable awaitEnd() {
        return ended.orTimeout(Patience.BOUND.toSeconds(), TimeUnit.SECONDS).join();
    }

    /** Fails, saying why, if it has ended. */
    void requireRunning() {
        if (ended.isDone()) {
            throw new AssertionError("the feed has ended", ended.join());
        }
    }

    @Override
    public void close() {
        feed.close();
        awaitEnd();
    }

    private @Nullable Throwable run(ChangeFeed.Receiver receiver) {
        try {
            feed.run(receiver);
            return null;
        } catch (FeedException | InterruptedException | RuntimeException e) {
            return e;
        }
    }
}
