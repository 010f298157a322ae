package dev.tidemark.relay.sink;

import com.rabbitmq.client.AMQP;
import dev.tidemark.envelope.CloudEventsRabbit;
import dev.tidemark.envelope.Envelope;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Sends an envelope as a persistent, mandatory message that RabbitMQ confirms. */
record RabbitWay(RabbitChannel channel, RabbitSink.Settings settings) implements Pipeline.Way {

    private static final int PERSISTENT = 2;
    private static final byte[] NO_BYTES = {};

    /** Of short strings in AMQP, in UTF-8. */
    private static final int MOST_BYTES = 255;

    @Override
    public Pipeline.Attempt begin(Envelope envelope) {
        String key = settings.routingKey().fill(envelope);
        String what = "publishing to exchange " + settings.exchange() + " with key " + Excerpt.clean(key) + " of "
                + settings.place();
        if (utf8Length(key) > MOST_BYTES) {
            return refused(
                    what + ": a routing key has at most " + MOST_BYTES + " bytes, and this one " + utf8Length(key));
        }
        String contentType = envelope.dataContentType();
        if (contentType != null && utf8Length(contentType) > MOST_BYTES) {
            return refused(what + ": its datacontenttype has more than " + MOST_BYTES + " bytes");
        }
        Throwable blocked = channel.blocked();
        if (blocked != null) {
            return Pipeline.ended(RabbitOutcome.of(blocked, what));
        }
        byte[] data = envelope.data();
        RabbitPublication publication = new RabbitPublication(
                settings.exchange(), key, properties(envelope, contentType), data == null ? NO_BYTES : data);
        channel.publish(publication);
        return new UnderWay(what, publication);
    }

    private static int utf8Length(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }

    private static Pipeline.Attempt refused(String reason) {
        return Pipeline.ended(new Pipeline.Outcome(Delivery.rejected(reason), false));
    }

    private static AMQP.BasicProperties properties(Envelope envelope, @Nullable String contentType) {
        Map<String, Object> headers = new LinkedHashMap<>(CloudEventsRabbit.headers(envelope));
        AMQP.BasicProperties.Builder properties = new AMQP.BasicProperties.Builder()
                .messageId(envelope.id().toString())
                .deliveryMode(PERSISTENT)
                .headers(headers);
        if (contentType != null) {
            properties.contentType(contentType);
        }
        return properties.build();
    }

    private final class UnderWay implements Pipeline.Attempt {

        private final String what;
        private final RabbitPublication publication;

        private UnderWay(String what, RabbitPublication publication) {
            this.what = what;
            this.publication = publication;
        }

        @Override
        public CompletableFuture<?> end() {
            return publication.answer();
        }

        @Override
        public Pipeline.Outcome outcome(@Nullable Throwable failure) {
            if (publication.answer().isCancelled()) {
                channel.unanswered();
                String why = "no confirm within " + settings.timeout().toMillis() + " ms";
                return new Pipeline.Outcome(Delivery.retry(what + ": " + why), true);
            }
            return RabbitOutcome.of(publication.answer(), what);
        }
    }
}
