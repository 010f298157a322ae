package dev.tidemark.inbox;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import com.rabbitmq.client.Delivery;
import com.rabbitmq.client.ShutdownSignalException;
import dev.tidemark.envelope.CloudEventsRabbit;
import dev.tidemark.envelope.Envelope;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** A queue of RabbitMQ. */
final class RabbitSource implements Source {

    private static final Duration LOOK = Duration.ofMillis(100);
    private static final int HEARTBEAT_SECONDS = 10;
    private static final int ANSWER_MILLIS = 10_000;
    private static final int LARGEST_PREFETCH = 65_535;

    private final ConnectionFactory factory;
    private final String queue;
    private final @Nullable Map<String, Object> arguments;
    private final int rejectAfter;
    private final SubscriptionSettings settings;

    /** @param arguments with which the queue is declared; null if it is not */
    RabbitSource(
            ConnectionFactory factory,
            String queue,
            @Nullable Map<String, Object> arguments,
            int rejectAfter,
            SubscriptionSettings settings) {
        this.factory = factory;
        this.queue = queue;
        this.arguments = arguments;
        this.rejectAfter = rejectAfter;
        this.settings = settings;
        factory.setAutomaticRecoveryEnabled(false); // a term has one connection
        factory.setTopologyRecoveryEnabled(false);
        if (factory.getRequestedHeartbeat() == ConnectionFactory.DEFAULT_HEARTBEAT) {
            factory.setRequestedHeartbeat(HEARTBEAT_SECONDS);
        }
        if (factory.getChannelRpcTimeout() > ANSWER_MILLIS) { // a server that has just begun may never answer
            factory.setChannelRpcTimeout(ANSWER_MILLIS);
        }
    }

    @Override
    public String place() {
        return "RabbitMQ at " + factory.getHost() + ":" + factory.getPort() + ", queue " + queue;
    }

    @Override
    public void read(Term term) throws IOException, TimeoutException, InterruptedException {
        Connection connection = factory.newConnection("tidemark " + settings.consumer());
        try {
            read(connection, term);
        } finally {
            connection.abort((int) settings.stopDeadline().toMillis()); // gives back what is not acknowledged, in order
        }
    }

    private void read(Connection connection, Term term) throws IOException, InterruptedException {
        Channel channel = connection.createChannel();
        if (channel == null) {
            throw new IOException("the connection has no channel left");
        }
        if (arguments != null) {
            channel.queueDeclare(queue, true, false, false, arguments);
        } else {
            channel.queueDeclarePassive(queue);
        }
        int prefetch = Math.min(LARGEST_PREFETCH, settings.window());
        channel.basicQos(prefetch);
        CompletableFuture<String> end = new CompletableFuture<>();
        channel.addShutdownListener(cause -> end.complete(reason(cause)));
        Lot lot = term.lot("the queue " + queue);
        channel.basicConsume(
                queue,
                false,
                (consumer, delivery) -> lot.submit(new RabbitMessage(channel, delivery, rejectAfter, prefetch)),
                consumer -> end.complete("the queue was deleted, or nobody may read it any more"));
        try (term) {
            term.reads();
            while (!end.isDone()) {
                if (term.pause(LOOK)) {
                    // not cancelled first: the next consumer would begin before what this one has not handled is given
                    // back
                    return;
                }
            }
        }
        throw new IOException(end.join());
    }

    private static String reason(ShutdownSignalException cause) {
        Object reason = cause.getReason();
        if (reason instanceof AMQP.Connection.Close close) {
            return close.getReplyCode() + " " + close.getReplyText();
        }
        if (reason instanceof AMQP.Channel.Close close) {
            return close.getReplyCode() + " " + close.getReplyText();
        }
        return "the connection is lost: " + cause.getMessage();
    }

    private record RabbitMessage(Channel channel, Delivery delivery, int rejectAfter, int prefetch) implements Message {

        @Override
        public Envelope event() {
            AMQP.BasicProperties properties = delivery.getProperties();
            Map<String, Object> headers = properties.getHeaders();
            return CloudEventsRabbit.read(
                    headers == null ? Map.of() : headers, properties.getContentType(), delivery.getBody());
        }

        @Override
        public void done() throws IOException {
            channel.basicAck(tag(), false);
        }

        @Override
        public boolean givenUp(int attempts, Exception failure) throws IOException {
            if (Failures.mayPass(failure) || attempts < rejectAfter) {
                return false;
            }
            passOver();
            channel.basicQos(prefetch); // an answer says that the server has got the rejection before it
            return true;
        }

        @Override
        public void passOver() throws IOException {
            channel.basicReject(tag(), false);
        }

        private long tag() {
            return delivery.getEnvelope().getDeliveryTag();
        }
    }
}
