package dev.tidemark.inbox;

import dev.tidemark.envelope.CloudEventsRedis;
import dev.tidemark.envelope.Envelope;
import io.lettuce.core.StreamMessage;
import io.lettuce.core.api.sync.RedisCommands;
import java.util.function.Consumer;

/**
 * An entry of a Redis stream.
 *
 * @param unacknowledged is told why it could not be acknowledged
 */
record RedisEntry(
        RedisCommands<String, byte[]> redis,
        String group,
        StreamMessage<String, byte[]> entry,
        Consumer<RuntimeException> unacknowledged)
        implements Message {

    @Override
    public Envelope event() {
        return CloudEventsRedis.read(entry.getBody());
    }

    @Override
    public void done() {
        try {
            redis.xack(entry.getStream(), group, entry.getId());
        } catch (RuntimeException e) {
            unacknowledged.accept(e);
            throw e;
        }
    }
}
