package dev.tidemark.inbox;

import dev.tidemark.envelope.CloudEventsRedis;
import dev.tidemark.envelope.Envelope;
import io.lettuce.core.StreamMessage;
import io.lettuce.core.api.sync.RedisCommands;

/** An entry of a Redis stream. */
record RedisEntry(RedisCommands<String, byte[]> redis, String group, StreamMessage<String, byte[]> entry)
        implements Message {

    @Override
    public Envelope event() {
        return CloudEventsRedis.read(entry.getBody());
    }

    @Override
    public void done() {
        redis.xack(entry.getStream(), group, entry.getId());
    }
}
