package dev.tidemark.relay.sink;

import io.nats.client.AuthenticationException;
import io.nats.client.Connection;
import io.nats.client.ErrorListener;
import io.nats.client.Nats;
import io.nats.client.Options;
import java.io.IOException;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * The one connection of a {@link NatsSink}, made anew when it is asked for and is broken. The client must not do so
 * itself: it would send again what was given up.
 *
 * <p>A connection on which nothing is answered is kept until so many pings have had no answer. A server that was
 * frozen then gets what it was sent before whatever is sent later, and nothing old comes last.
 */
final class NatsLink implements AutoCloseable {

    private static final int PINGS = 2;
    private static final Duration BEYOND_TIMEOUT = Duration.ofSeconds(5);

    private final String place;
    private final NatsSink.Settings settings;
    private final ExecutorService connecting = Executors.newSingleThreadExecutor(work -> {
        Thread thread = new Thread(work, "nats-sink-connect");
        thread.setDaemon(true);
        return thread;
    });
    private @Nullable CompletableFuture<Connection> connection;
    private boolean closed;

    /** @throws IllegalArgumentException or IllegalStateException if a property is not as the client wants it */
    NatsLink(NatsSink.Settings settings) {
        this.place = settings.place();
        this.settings = settings;
        options(settings, new Failures());
    }

    /** By what is in its files now. */
    private static Options options(NatsSink.Settings settings, ErrorListener listener) {
        Properties properties = new Properties();
        properties.putAll(settings.properties());
        Options.Builder builder = new Options.Builder()
                .properties(properties)
                .server(settings.url().toString())
                .connectionTimeout(settings.timeout().dividedBy(2)) // it says why not when its time is up, not before
                .pingInterval(settings.timeout())
                .maxPingsOut(PINGS)
                .requestCleanupInterval(settings.timeout().plus(BEYOND_TIMEOUT)) // the sink itself gives up before
                .errorListener(listener) // outcomes say it all; the client's own would log each
                .noReconnect();
        if (!settings.user().isEmpty()) {
            builder.userInfo(settings.user().toCharArray(), settings.password().toCharArray());
        }
        return NatsTls.checkingHosts(builder.build());
    }

    /** The connection that is open, or one that is being made. */
    synchronized CompletableFuture<Connection> connection() {
        if (closed) {
            throw new IllegalStateException("the sink of " + place + " is closed");
        }
        CompletableFuture<Connection> now = connection;
        if (now == null || isBroken(now)) {
            now = CompletableFuture.supplyAsync(this::connect, connecting);
            connection = now;
        }
        return now.copy(); // whoever gives up waiting must not end it for the others
    }

    private static boolean isBroken(CompletableFuture<Connection> made) {
        return made.isCompletedExceptionally()
                || (made.isDone() && made.join().getStatus() != Connection.Status.CONNECTED);
    }

    /** What the client itself does not say where it fails to connect; it has told of it before. Of TLS rather than others. */
    private static final class Failures implements ErrorListener {

        private volatile @Nullable Exception heard;

        @Override
        public void exceptionOccurred(Connection connection, Exception failure) {
            if (heard == null || isOfTls(failure)) {
                heard = failure;
            }
        }

        private static boolean isOfTls(Throwable failure) {
            Throwable cause = failure.getCause();
            return failure instanceof SSLException || (cause != null && isOfTls(cause));
        }
    }

    private Connection connect() {
        Failures failures = new Failures();
        try {
            return Nats.connect(options(settings, failures));
        } catch (IOException e) {
            Exception heard = failures.heard;
            throw new CompletionException(heard == null || e instanceof AuthenticationException ? e : heard);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CompletionException(e);
        }
    }

    @Override
    public void close() {
        CompletableFuture<Connection> last;
        synchronized (this) {
            closed = true;
            last = connection;
            connection = null;
        }
        connecting.shutdown();
        if (last != null) {
            last.thenAccept(NatsLink::close).exceptionally(nothingToClose -> null);
        }
    }

    private static void close(Connection made) {
        try {
            made.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
