package dev.tidemark.relay.sink;

import dev.tidemark.envelope.CloudEventsRedis;
import dev.tidemark.envelope.Envelope;
import io.lettuce.core.XAddArgs;
import io.lettuce.core.api.StatefulRedisConnection;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Sends an envelope as an {@code XADD}. Commands travel together when nothing more is begun. */
record RedisWay(
        RedisSink.Settings settings,
        StatefulRedisConnection<String, byte[]> connection,
        XAddArgs trimming,
        RedisLink link)
        implements Pipeline.Way {

    @Override
    public Pipeline.Attempt begin(Envelope envelope) {
        String stream = settings.stream().fill(envelope);
        CompletableFuture<String> id = connection
                .async()
                .xadd(stream, trimming, CloudEventsRedis.fields(envelope))
                .toCompletableFuture();
        return new Addition(stream, id);
    }

    @Override
    public void flush() {
        connection.flushCommands();
    }

    private final class Addition implements Pipeline.Attempt {

        private final String stream;
        private final CompletableFuture<String> id;

        private Addition(String stream, CompletableFuture<String> id) {
            this.stream = stream;
            this.id = id;
        }

        @Override
        public CompletableFuture<?> end() {
            return id;
        }

        @Override
        public Pipeline.Outcome outcome(@Nullable Throwable failure) {
            if (id.isCancelled()) {
                link.unanswered(connection);
                String why = "no answer within " + settings.timeout().toMillis() + " ms";
                return new Pipeline.Outcome(Delivery.retry(what() + ": " + why), true);
            }
            link.answered();
            if (failure == null) {
                return new Pipeline.Outcome(Delivery.delivered(), false);
            }
            Throwable cause = Pipeline.unwrapped(failure);
            if (RedisOutcome.refusesTheConnection(cause)) {
                link.refused(connection);
            }
            return RedisOutcome.of(cause, what());
        }

        private String what() {
            return "XADD to " + Excerpt.clean(stream) + " at " + RedisSink.shown(settings.url());
        }
    }
}
