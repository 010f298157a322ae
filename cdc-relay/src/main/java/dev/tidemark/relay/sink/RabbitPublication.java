package dev.tidemark.relay.sink;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.Channel;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** One message on its way: handed over, written, and then confirmed, refused or given up. */
final class RabbitPublication {

    private static final byte[] NO_BYTES = {};
    private static final AMQP.BasicProperties NO_PROPERTIES = new AMQP.BasicProperties();

    /** What the server says to a message. */
    enum Answer {
        CONFIRMED,
        /** A negative confirm. */
        REFUSED,
        /** No queue takes it. */
        UNROUTABLE,
        /** It was returned, or an earlier attempt at the same event was: the return does not say which. */
        PERHAPS_UNROUTABLE,
        /** Larger than the server's {@code max_message_size}. */
        TOO_LARGE
    }

    private final String exchange;
    private final String routingKey;
    private final String messageId;
    private final int bytes;
    private volatile AMQP.BasicProperties properties;
    private volatile byte[] body;
    private final CompletableFuture<Answer> answer = new CompletableFuture<>();
    private volatile @Nullable Answer returned;

    RabbitPublication(String exchange, String routingKey, AMQP.BasicProperties properties, byte[] body) {
        this.exchange = exchange;
        this.routingKey = routingKey;
        this.messageId = properties.getMessageId();
        this.properties = properties;
        this.bytes = body.length;
        this.body = body;
    }

    /** Cancelled when nobody waits any more. */
    CompletableFuture<Answer> answer() {
        return answer;
    }

    String messageId() {
        return messageId;
    }

    /** Of the body. */
    int bytes() {
        return bytes;
    }

    boolean isDone() {
        return answer.isDone();
    }

    /** Once. Neither body nor headers are kept: what is never confirmed stays known for a while, but holds nothing. */
    void writeTo(Channel channel) throws IOException {
        AMQP.BasicProperties head = properties;
        byte[] data = body;
        properties = NO_PROPERTIES;
        body = NO_BYTES;
        channel.basicPublish(exchange, routingKey, true, head, data);
    }

    void returned(Answer how) {
        returned = how;
    }

    void settle(Answer how) {
        Answer before = returned;
        answer.complete(before == null ? how : before);
    }

    void endAsTooLarge() {
        answer.complete(Answer.TOO_LARGE);
    }

    void end(Throwable why) {
        answer.completeExceptionally(why);
    }
}
