package dev.tidemark.relay.sink;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.BuiltinExchangeType;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.Delivery;
import com.rabbitmq.client.GetResponse;
import dev.tidemark.envelope.CloudEventsRabbit;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.testkit.Broker;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Another client of RabbitMQ, which sets up, and reads what is there. */
final class RabbitReader {

    private RabbitReader() {}

    /** Something to do with a server. */
    interface Work {
        void doWith(Channel channel) throws IOException;
    }

    static void with(Broker broker, Work work) {
        ConnectionFactory factory = new ConnectionFactory();
        factory.setHost(broker.host());
        factory.setPort(broker.port());
        try (Connection connection = factory.newConnection("test");
                Channel channel = connection.createChannel()) {
            work.doWith(channel);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot ask RabbitMQ", e);
        } catch (TimeoutException e) {
            throw new IllegalStateException("RabbitMQ does not answer", e);
        }
    }

    /** A topic exchange, and a quorum queue of the same name that takes the keys of {@code binding}. */
    static void make(Broker broker, String name, String binding, Map<String, Object> arguments) {
        Map<String, Object> all = new LinkedHashMap<>(arguments);
        all.put("x-queue-type", "quorum");
        with(broker, channel -> {
            channel.exchangeDeclare(name, BuiltinExchangeType.TOPIC, true);
            channel.queueDeclare(name, true, false, false, all);
            channel.queueBind(name, name, binding);
        });
    }

    /** Takes all messages out of a queue, in order. */
    static List<GetResponse> messages(Broker broker, String queue) {
        List<GetResponse> messages = new ArrayList<>();
        with(broker, channel -> {
            for (GetResponse next = channel.basicGet(queue, true); next != null; next = channel.basicGet(queue, true)) {
                messages.add(next);
            }
        });
        return messages;
    }

    static List<Envelope> events(Broker broker, String queue) {
        return messages(broker, queue).stream()
                .map(message -> event(message.getProps(), message.getBody()))
                .toList();
    }

    /** Waits for so many, as the active consumer of a queue that has one at a time. */
    static List<Envelope> consumed(Broker broker, String queue, int count) {
        BlockingQueue<Delivery> arrived = new LinkedBlockingQueue<>();
        List<Envelope> events = new ArrayList<>();
        with(broker, channel -> {
            channel.basicConsume(queue, true, (tag, delivery) -> arrived.add(delivery), tag -> {});
            try {
                while (events.size() < count) {
                    Delivery next = arrived.poll(1, TimeUnit.MINUTES);
                    if (next == null) {
                        throw new IOException("after " + events.size() + " no more events came");
                    }
                    events.add(event(next.getProperties(), next.getBody()));
                }
            } catch (InterruptedException e) {
                throw new IOException("interrupted", e);
            }
        });
        return events;
    }

    static Envelope event(AMQP.BasicProperties properties, byte[] body) {
        return CloudEventsRabbit.read(properties.getHeaders(), properties.getContentType(), body);
    }
}
