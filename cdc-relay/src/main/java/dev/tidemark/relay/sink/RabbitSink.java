package dev.tidemark.relay.sink;

import dev.tidemark.envelope.Envelope;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Publishes each envelope to an exchange of RabbitMQ, over one channel that all lanes share. Only the publisher confirm
 * of a message that no queue has returned counts; what another answer means is decided by {@link RabbitOutcome}.
 *
 * <p>Many messages of a batch are under way at once, but never two of one aggregate.
 */
public final class RabbitSink implements Sink {

    private final Settings settings;
    private final RabbitLink link;

    /** A sink that connects when it is first used. */
    public RabbitSink(Settings settings) {
        this(settings, System::nanoTime);
    }

    /** @param nanoTime by which it says that a channel is silent */
    RabbitSink(Settings settings, LongSupplier nanoTime) {
        this.settings = settings;
        this.link = new RabbitLink(settings, nanoTime);
    }

    @Override
    public List<Delivery> deliver(List<Envelope> batch) throws InterruptedException {
        RabbitChannel channel;
        try {
            channel = link.channel().get(settings.timeout().toNanos(), TimeUnit.NANOSECONDS);
        } catch (ExecutionException e) {
            return Pipeline.notBegun(
                    batch,
                    settings.place() + ": "
                            + RabbitOutcome.whyNotConnected(e, RabbitProperties.secure(settings.url())));
        } catch (TimeoutException e) {
            return Pipeline.notBegun(
                    batch,
                    settings.place() + ": no connection within "
                            + settings.timeout().toMillis() + " ms");
        }
        return new Pipeline(batch, new RabbitWay(channel, settings), settings.timeout(), batch.size()).deliver();
    }

    /** Idempotent. */
    @Override
    public void close() {
        link.close();
    }

    /**
     * What the relay makes where it is not there: a durable topic exchange and, if it has a name, a quorum queue.
     *
     * @param queue empty for none
     * @param binding which routing keys the queue takes
     */
    public record Making(String queue, String binding) {}

    /**
     * How the sink is set up.
     *
     * @param url {@code amqp} or, with TLS, {@code amqps}; its path is the virtual host
     * @param user empty for the client's own default
     * @param password empty for the client's own default
     * @param exchange that takes all events
     * @param routingKey of an event
     * @param making null if nothing is ever made
     * @param timeout for a connection, and for the confirm of each message
     * @param properties of the client, one of {@link RabbitProperties#NAMES} each
     */
    public record Settings(
            URI url,
            String user,
            String password,
            String exchange,
            Template routingKey,
            @Nullable Making making,
            Duration timeout,
            Map<String, String> properties) {

        public Settings {
            properties = Map.copyOf(properties);
            if (timeout.isZero() || timeout.isNegative()) {
                throw new IllegalArgumentException("timeout must be more than zero, but was: " + timeout);
            }
        }

        /** For people. */
        String place() {
            return "RabbitMQ at " + url.getScheme() + "://" + url.getHost()
                    + (url.getPort() < 0 ? "" : ":" + url.getPort());
        }

        /** Without secrets. */
        @Override
        public String toString() {
            return place() + ", exchange " + exchange + ", routing key " + routingKey + ", making " + making
                    + ", timeout " + timeout + ", properties " + properties.keySet();
        }
    }
}
