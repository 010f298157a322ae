package dev.tidemark.relay.sink;

import dev.tidemark.envelope.Envelope;
import io.nats.client.Connection;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Publishes each envelope to a stream of NATS JetStream, over one connection that all lanes share. Only the stream's
 * acknowledgement counts; what another answer means is decided by {@link NatsOutcome}.
 *
 * <p>Many messages of a batch are under way at once, but never two of one aggregate. Each has the event's id as its
 * {@code Nats-Msg-Id}, so that within its window the stream keeps one of those that are sent twice.
 */
public final class NatsSink implements Sink {

    private final Settings settings;
    private final NatsLink link;

    /**
     * A sink that connects when it is first used.
     *
     * @throws IllegalArgumentException if a property is not as the client wants it
     */
    public NatsSink(Settings settings) {
        this.settings = settings;
        this.link = new NatsLink(settings);
    }

    @Override
    public List<Delivery> deliver(List<Envelope> batch) throws InterruptedException {
        Connection connection;
        try {
            connection = link.connection().get(settings.timeout().toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            return Pipeline.notBegun(
                    batch, settings.place() + ": " + NatsOutcome.whyNotConnected(e, settings.secure()));
        } catch (TimeoutException e) {
            return Pipeline.notBegun(
                    batch,
                    settings.place() + ": no connection within "
                            + settings.timeout().toMillis() + " ms");
        }
        return deliver(batch, connection);
    }

    /** Over a connection that may have been closed since it was found open. */
    List<Delivery> deliver(List<Envelope> batch, Connection connection) throws InterruptedException {
        NatsWay way;
        try {
            way = NatsWay.over(connection, settings);
        } catch (IOException e) {
            return Pipeline.notBegun(batch, settings.place() + ": connection broken");
        }
        return new Pipeline(batch, way, settings.timeout(), batch.size()).deliver();
    }

    /** Idempotent. */
    @Override
    public void close() {
        link.close();
    }

    /** How a CloudEvent is put into a message. */
    public enum Mode {
        /** All in one JSON payload. */
        STRUCTURED,
        /** Attributes in headers, data in the payload. */
        BINARY
    }

    /**
     * How the sink is set up.
     *
     * @param url {@code nats} or, with TLS, {@code tls}
     * @param user empty for none
     * @param password empty for none
     * @param subject of an event
     * @param stream that must take it; empty for whichever does
     * @param timeout for a connection, and for the acknowledgement of each message
     * @param properties of the client, with or without {@code io.nats.client.}
     */
    public record Settings(
            URI url,
            String user,
            String password,
            Template subject,
            String stream,
            Mode mode,
            Duration timeout,
            Map<String, String> properties) {

        public Settings {
            properties = Map.copyOf(properties);
            if (timeout.isZero() || timeout.isNegative()) {
                throw new IllegalArgumentException("timeout must be more than zero, but was: " + timeout);
            }
        }

        /** Whether it speaks TLS, as the client sees it. */
        boolean secure() {
            return "tls".equalsIgnoreCase(url.getScheme())
                    || properties.keySet().stream().anyMatch(name -> name.endsWith("Store"));
        }

        /** For people. */
        String place() {
            return "NATS at " + url.getScheme() + "://" + url.getHost()
                    + (url.getPort() < 0 ? "" : ":" + url.getPort());
        }

        /** Without secrets. */
        @Override
        public String toString() {
            return place() + ", subject " + subject + ", stream " + stream + ", " + mode + ", timeout " + timeout
                    + ", properties " + properties.keySet();
        }
    }
}
