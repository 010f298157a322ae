package dev.tidemark.relay.sink;

import dev.tidemark.envelope.CloudEventsRedis;
import dev.tidemark.envelope.Envelope;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.output.VoidOutput;
import io.lettuce.core.protocol.CommandType;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Sends an envelope as an {@code XADD}. Commands travel together when nothing more is begun. */
record RedisWay(RedisSink.Settings settings, StatefulRedisConnection<String, byte[]> connection, RedisLink link)
        implements Pipeline.Way {

    @Override
    public Pipeline.Attempt begin(Envelope envelope) {
        String stream = settings.stream().fill(envelope);
        CompletableFuture<Void> end = connection
                .async()
                .dispatch(
                        CommandType.XADD,
                        new VoidOutput<>(connection.getCodec()), // the id it was given is of no use here
                        new XaddArguments(
                                connection.getCodec(), stream, settings.maxLength(), CloudEventsRedis.fields(envelope)))
                .toCompletableFuture();
        return new Addition(stream, end);
    }

    @Override
    public void flush() {
        connection.flushCommands();
    }

    private final class Addition implements Pipeline.Attempt {

        private final String stream;
        private final CompletableFuture<Void> end;

        private Addition(String stream, CompletableFuture<Void> end) {
            this.stream = stream;
            this.end = end;
        }

        @Override
        public CompletableFuture<?> end() {
            return end;
        }

        @Override
        public Pipeline.Outcome outcome(@Nullable Throwable failure) {
            if (end.isCancelled()) {
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
