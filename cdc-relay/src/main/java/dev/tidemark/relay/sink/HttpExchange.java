package dev.tidemark.relay.sink;

import java.io.IOException;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import org.apache.hc.core5.http.HttpException;
import org.jspecify.annotations.Nullable;

/**
 * One request and its answer, on a thread of its own. Ends when the answer is read, or never will be; cancelled, it takes
 * its connection with it, so that nothing of it arrives that has not reached the other machine by then.
 */
final class HttpExchange extends CompletableFuture<Void> implements Runnable {

    private final HttpLinks links;
    private final HttpPost request;
    private final HttpAnswer answer;
    private @Nullable HttpLink link; // guarded by this, as the next one
    private boolean givenUp;

    HttpExchange(HttpLinks links, HttpPost request, HttpAnswer answer) {
        this.links = links;
        this.request = request;
        this.answer = answer;
    }

    @Override
    public void run() {
        try {
            HttpLink taken = links.take(this::hold);
            boolean canBeKept = taken.exchange(request, answer);
            if (canBeKept && release()) {
                links.keep(taken);
            }
            complete(null);
        } catch (IOException | HttpException | RuntimeException | Error e) {
            completeExceptionally(e);
        } finally {
            giveUp();
        }
    }

    private synchronized void hold(HttpLink taken) {
        link = taken;
        if (givenUp) {
            throw new CancellationException("nobody waits for it any more");
        }
    }

    private synchronized boolean release() {
        link = null;
        return !givenUp;
    }

    private synchronized void giveUp() {
        givenUp = true;
        if (link != null) {
            link.close();
        }
    }

    @Override
    public boolean cancel(boolean mayInterruptIfRunning) {
        boolean cancelled = super.cancel(mayInterruptIfRunning);
        if (cancelled) {
            abandon();
        }
        return cancelled;
    }

    private synchronized void abandon() {
        if (link != null) {
            link.abandon();
        }
        giveUp();
    }
}
