package dev.tidemark.bench;

import com.rabbitmq.client.BuiltinExchangeType;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import dev.tidemark.testkit.Broker;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A quorum queue of RabbitMQ, one node. */
final class RabbitPlace implements Countable {

    private static final long COMES_WITHIN_SECONDS = 30;
    private static final long NOTHING_MORE_SECONDS = 1;

    private final Broker broker = Broker.rabbitmq();

    @Override
    public String open(String run) {
        return "rabbitmq: { url: \"amqp://" + broker.host() + ":" + broker.port() + "\", exchange: " + run
                + ", routingkey: \"{aggregatetype}\", create: { queue: " + run + ", binding: \"#\" } }";
    }

    private ConnectionFactory factory() {
        ConnectionFactory factory = new ConnectionFactory();
        factory.setHost(broker.host());
        factory.setPort(broker.port());
        return factory;
    }

    @Override
    public Told openForServer(String run) throws Exception {
        try (Connection connection = factory().newConnection("bench");
                Channel channel = connection.createChannel()) {
            channel.exchangeDeclare(run, BuiltinExchangeType.TOPIC, true);
            channel.queueDeclare(run, true, false, false, Map.of("x-queue-type", "quorum"));
            channel.queueBind(run, run, "#");
        }
        return new Told(
                run,
                Map.of(
                        "type",
                        "rabbitmq",
                        "rabbitmq.connection.host",
                        broker.host(),
                        "rabbitmq.connection.port",
                        Integer.toString(broker.port()),
                        "rabbitmq.exchange",
                        run,
                        "rabbitmq.routingKeySource",
                        "static",
                        "rabbitmq.routingKey",
                        Workload.AGGREGATE_TYPE),
                Map.of(),
                Map.of());
    }

    @Override
    public Counter counter(String run) throws Exception {
        Connection connection = factory().newConnection("bench");
        Channel channel = connection.createChannel();
        return new Counter() {
            @Override
            public long count() throws IOException {
                return channel.messageCount(run);
            }

            @Override
            public void close() throws IOException {
                connection.close();
            }
        };
    }

    @Override
    public void read(String run, Gate gate) throws Exception {
        BlockingQueue<byte[]> arrived = new LinkedBlockingQueue<>();
        try (Connection connection = factory().newConnection("bench");
                Channel channel = connection.createChannel()) {
            channel.basicConsume(run, true, (tag, delivery) -> arrived.add(delivery.getBody()), tag -> {});
            byte @Nullable [] next = arrived.poll(COMES_WITHIN_SECONDS, TimeUnit.SECONDS);
            while (next != null) {
                gate.arrived(Workload.findNumber(next));
                next = arrived.poll(gate.isComplete() ? NOTHING_MORE_SECONDS : COMES_WITHIN_SECONDS, TimeUnit.SECONDS);
            }
            channel.queueDelete(run);
            channel.exchangeDelete(run);
        }
    }

    @Override
    public void close() {
        broker.close();
    }
}
