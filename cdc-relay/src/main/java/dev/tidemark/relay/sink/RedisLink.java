package dev.tidemark.relay.sink;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The one connection of a {@link RedisSink}, made anew when it is asked for and is broken. The client must not do so
 * itself: it would send again what was given up, behind what was sent since.
 *
 * <p>A connection on which nothing is answered is kept at first. A server that was frozen then carries out what it
 * got before whatever is sent later, and nothing old comes last.
 */
final class RedisLink implements AutoCloseable {

    /** So many timeouts without any answer, and the connection is one that goes nowhere. */
    private static final int PATIENCE = 3;

    private static final Duration END = Duration.ofSeconds(2);

    private final RedisURI uri;
    private final Duration timeout;
    private final Map<String, String> properties;
    private final LongSupplier nanoTime;
    private final RedisClient client;
    private @Nullable CompletableFuture<StatefulRedisConnection<String, byte[]>> connection;
    private @Nullable Long silentSince; // when the first of those was sent that had no answer
    private boolean closed;

    RedisLink(RedisURI uri, Duration timeout, Map<String, String> properties) {
        this(uri, timeout, properties, System::nanoTime);
    }

    /** @param properties of TLS */
    RedisLink(RedisURI uri, Duration timeout, Map<String, String> properties, LongSupplier nanoTime) {
        this.uri = uri;
        this.timeout = timeout;
        this.properties = properties;
        this.nanoTime = nanoTime;
        uri.setTimeout(timeout);
        client = RedisClient.create();
    }

    private ClientOptions options() throws RedisProperties.Unusable {
        return ClientOptions.builder()
                .autoReconnect(false)
                .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
                .socketOptions(SocketOptions.builder()
                        .connectTimeout(timeout)
                        .keepAlive(true)
                        .build())
                .sslOptions(RedisProperties.tls(properties))
                .build();
    }

    /** The connection that is open, or one that is being made. */
    synchronized CompletableFuture<StatefulRedisConnection<String, byte[]>> connection() {
        if (closed) {
            throw new IllegalStateException("the sink of Redis at " + uri.getHost() + " is closed");
        }
        CompletableFuture<StatefulRedisConnection<String, byte[]>> now = connection;
        if (now == null || isBroken(now)) {
            if (now != null && !now.isCompletedExceptionally()) {
                close(now.join()); // else the client keeps what is left of it
            }
            now = connect();
            connection = now;
        }
        return now.copy(); // whoever gives up waiting must not end it for the others
    }

    private static boolean isBroken(CompletableFuture<StatefulRedisConnection<String, byte[]>> made) {
        return made.isCompletedExceptionally() || (made.isDone() && !made.join().isOpen());
    }

    private CompletableFuture<StatefulRedisConnection<String, byte[]>> connect() {
        try {
            client.setOptions(options());
        } catch (RedisProperties.Unusable e) {
            return CompletableFuture.failedFuture(e);
        }
        RedisCodec<String, byte[]> codec = RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE);
        return client.connectAsync(codec, uri).toCompletableFuture().thenApply(made -> {
            answered();
            made.setAutoFlushCommands(false); // what belongs to one batch travels together
            return made;
        });
    }

    /** The server has answered something. */
    synchronized void answered() {
        silentSince = null;
    }

    /** The server has not answered in time over {@code silent} what was sent a timeout ago. */
    synchronized void unanswered(StatefulRedisConnection<String, byte[]> silent) {
        long now = nanoTime.getAsLong();
        long since = silentSince == null ? now - timeout.toNanos() : silentSince;
        silentSince = since;
        if (silent.isOpen() && now - since >= PATIENCE * timeout.toNanos()) {
            close(silent);
        }
    }

    /** The server takes nothing over this connection any more: the next who asks gets another one. */
    void refused(StatefulRedisConnection<String, byte[]> refusing) {
        close(refusing);
    }

    @SuppressWarnings("FutureReturnValueIgnored") // nobody has to wait until it is closed
    private static void close(StatefulRedisConnection<String, byte[]> made) {
        made.closeAsync();
    }

    @Override
    public synchronized void close() {
        if (closed) {
            return;
        }
        closed = true;
        client.shutdown(0, END.toMillis(), TimeUnit.MILLISECONDS);
    }
}
