package dev.tidemark.relay.sink;

import dev.tidemark.envelope.Envelope;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Adds each envelope to a Redis stream, with {@code XADD}, over one connection that all lanes share. What an answer
 * means is decided by {@link RedisOutcome}.
 *
 * <p>Many commands of a batch are under way at once, but never two of one aggregate. A command that is given up after
 * its timeout may still be carried out; as the connection is kept, that happens before whatever is sent later.
 */
public final class RedisSink implements Sink {

    private final Settings settings;
    private final RedisLink link;

    /** A sink that connects when it is first used. */
    public RedisSink(Settings settings) {
        this.settings = settings;
        this.link = new RedisLink(settings.uri(), settings.timeout(), settings.properties());
    }

    @Override
    public List<Delivery> deliver(List<Envelope> batch) throws InterruptedException {
        StatefulRedisConnection<String, byte[]> connection;
        try {
            connection = link.connection().get(settings.timeout().toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            return Pipeline.notBegun(batch, place() + RedisOutcome.whyNotConnected(e, settings.secure()));
        } catch (TimeoutException e) {
            return Pipeline.notBegun(
                    batch,
                    place() + "no connection within " + settings.timeout().toMillis() + " ms");
        }
        RedisWay way = new RedisWay(settings, connection, link);
        return new Pipeline(batch, way, settings.timeout(), batch.size()).deliver();
    }

    private String place() {
        return "Redis at " + shown(settings.url()) + ": ";
    }

    /** Idempotent. */
    @Override
    public void close() {
        link.close();
    }

    /** Scheme, host and port. */
    static String shown(URI url) {
        return url.getScheme() + "://" + url.getHost() + (url.getPort() < 0 ? "" : ":" + url.getPort());
    }

    /**
     * How the sink is set up.
     *
     * @param url {@code redis} or, with TLS, {@code rediss}; a path is the number of the database
     * @param user empty for Redis's own {@code default}
     * @param password empty for none
     * @param stream the key of the stream of an event
     * @param maxLength how many entries a stream keeps, roughly; 0 for all
     * @param timeout for a connection, and for the answer to each command
     * @param properties of TLS, one of {@link RedisProperties#NAMES} each
     */
    public record Settings(
            URI url,
            String user,
            String password,
            Template stream,
            long maxLength,
            Duration timeout,
            Map<String, String> properties) {

        public Settings {
            properties = Map.copyOf(properties);
            if (timeout.isZero() || timeout.isNegative()) {
                throw new IllegalArgumentException("timeout must be more than zero, but was: " + timeout);
            }
            if (maxLength < 0) {
                throw new IllegalArgumentException("maxLength must be at least 0, but was: " + maxLength);
            }
        }

        /** Whether it speaks TLS. */
        boolean secure() {
            return "rediss".equalsIgnoreCase(url.getScheme());
        }

        /** As the client wants it. */
        RedisURI uri() {
            RedisURI uri = RedisURI.create(url);
            return password.isEmpty()
                    ? uri
                    : RedisURI.builder(uri)
                            .withAuthentication(user.isEmpty() ? "default" : user, password.toCharArray())
                            .build();
        }

        /** Without secrets. */
        @Override
        public String toString() {
            return "Redis at " + shown(url) + ", stream " + stream + ", maxLength " + maxLength + ", timeout " + timeout
                    + ", properties " + properties.keySet();
        }
    }
}
