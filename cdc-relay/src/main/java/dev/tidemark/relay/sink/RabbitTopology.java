package dev.tidemark.relay.sink;

import com.rabbitmq.client.BuiltinExchangeType;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.TimeoutException;

/** The exchange that events go to, and the queue behind it, where the relay may make them. */
final class RabbitTopology {

    /** Whoever reads it, and however many: one at a time, or a later event could overtake an earlier one. */
    private static final Map<String, Object> IN_ORDER =
            Map.of("x-queue-type", "quorum", "x-single-active-consumer", true);

    private RabbitTopology() {}

    /** Makes what is not there. What is there otherwise is left as it is, and refused. */
    static void make(Connection connection, String exchange, RabbitSink.Making making)
            throws IOException, TimeoutException {
        try (Channel channel = connection.createChannel()) {
            channel.exchangeDeclare(exchange, BuiltinExchangeType.TOPIC, true);
            if (!making.queue().isEmpty()) {
                channel.queueDeclare(making.queue(), true, false, false, IN_ORDER);
                channel.queueBind(making.queue(), exchange, making.binding());
            }
        }
    }

    /** Looks whether the exchange is there; else it fails as publishing would. */
    static void look(Connection connection, String exchange) throws IOException, TimeoutException {
        try (Channel channel = connection.createChannel()) {
            channel.exchangeDeclarePassive(exchange);
        }
    }
}
