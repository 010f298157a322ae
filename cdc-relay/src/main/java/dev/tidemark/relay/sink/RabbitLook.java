package dev.tidemark.relay.sink;

import com.rabbitmq.client.Connection;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeoutException;

/**
 * What RabbitMQ says to the user of a sink, before any event is sent.
 *
 * @param unreachable why it cannot be asked; empty if it can
 * @param unfit why nothing can be sent to the exchange; empty if something can
 */
public record RabbitLook(String unreachable, String unfit) {

    private static final int CLOSE_MILLIS = 2_000;

    /**
     * Asks, as the sink would, but makes nothing.
     *
     * @param most how long it may take, if the sink itself would wait longer
     */
    public static RabbitLook at(RabbitSink.Settings settings, Duration most) {
        RabbitSink.Settings asking = new RabbitSink.Settings(
                settings.url(),
                settings.user(),
                settings.password(),
                settings.exchange(),
                settings.routingKey(),
                null,
                settings.timeout().compareTo(most) < 0 ? settings.timeout() : most,
                settings.properties());
        Connection connection;
        try {
            connection = RabbitProperties.factory(asking).newConnection("tidemark doctor");
        } catch (IOException | TimeoutException | RuntimeException e) {
            return new RabbitLook(RabbitOutcome.whyNotConnected(e, RabbitProperties.secure(settings.url())), "");
        }
        try {
            if (settings.making() == null) {
                RabbitTopology.look(connection, settings.exchange());
            }
            return new RabbitLook("", "");
        } catch (IOException | TimeoutException | RuntimeException e) {
            return new RabbitLook("", RabbitOutcome.whyNotConnected(e, false));
        } finally {
            connection.abort(CLOSE_MILLIS);
        }
    }
}
