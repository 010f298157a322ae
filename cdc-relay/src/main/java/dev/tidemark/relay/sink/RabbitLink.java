package dev.tidemark.relay.sink;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The one channel of a {@link RabbitSink}, with a connection of its own, made anew when it is asked for and has ended.
 * The client must not do so itself: it would send again what was given up. The old connection is closed before there is
 * a new one, so that what RabbitMQ still gets from it comes first.
 */
final class RabbitLink implements AutoCloseable {

    private final RabbitSink.Settings settings;
    private final LongSupplier nanoTime;
    private final ExecutorService connecting =
            Executors.newSingleThreadExecutor(work -> daemon(work, "rabbitmq-sink-connect"));
    private @Nullable CompletableFuture<RabbitChannel> channel;
    private boolean closed;

    RabbitLink(RabbitSink.Settings settings, LongSupplier nanoTime) {
        this.settings = settings;
        this.nanoTime = nanoTime;
    }

    static Thread daemon(Runnable work, String name) {
        Thread thread = new Thread(work, name);
        thread.setDaemon(true);
        return thread;
    }

    /** The channel that is open, or one that is being made. */
    synchronized CompletableFuture<RabbitChannel> channel() {
        if (closed) {
            throw new IllegalStateException("the sink of " + settings.place() + " is closed");
        }
        CompletableFuture<RabbitChannel> now = channel;
        if (now == null || hasEnded(now)) {
            CompletableFuture<RabbitChannel> before = now;
            now = CompletableFuture.supplyAsync(() -> replace(before), connecting);
            channel = now;
        }
        return now.copy(); // whoever gives up waiting must not end it for the others
    }

    private static boolean hasEnded(CompletableFuture<RabbitChannel> made) {
        return made.isCompletedExceptionally() || (made.isDone() && made.join().hasEnded());
    }

    private RabbitChannel replace(@Nullable CompletableFuture<RabbitChannel> before) {
        if (before != null && !before.isCompletedExceptionally()) {
            before.join().close();
        }
        return RabbitChannel.open(settings, nanoTime);
    }

    @Override
    public void close() {
        CompletableFuture<RabbitChannel> last;
        synchronized (this) {
            closed = true;
            last = channel;
            channel = null;
        }
        connecting.shutdown();
        if (last != null) {
            last.thenAccept(RabbitChannel::close).exceptionally(nothingToClose -> null);
        }
    }
}
