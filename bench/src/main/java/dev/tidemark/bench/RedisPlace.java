package dev.tidemark.bench;

import dev.tidemark.testkit.Broker;
import io.lettuce.core.Limit;
import io.lettuce.core.Range;
import io.lettuce.core.RedisClient;
import io.lettuce.core.StreamMessage;
import io.lettuce.core.api.sync.RedisCommands;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** A stream of Redis, with its append-only file. */
final class RedisPlace implements Countable {

    private static final int AT_ONCE = 5000;

    private final Broker broker = Broker.redis("--appendfsync", "everysec"); // as it comes

    @Override
    public String open(String run) {
        return "redis: { url: \"" + broker.uri() + "\", stream: \"" + run + "\" }";
    }

    @Override
    public Told openForServer(String run) {
        return new Told(
                run,
                Map.of("type", "redis", "redis.address", broker.host() + ":" + broker.port()),
                Map.of("redis.batch.size", "2048"),
                Map.of("redis.message.format", "extended"));
    }

    @Override
    public Counter counter(String run) {
        RedisClient client = RedisClient.create(broker.uri().toString());
        RedisCommands<String, String> redis = client.connect().sync();
        return new Counter() {
            @Override
            public long count() {
                return redis.xlen(run);
            }

            @Override
            public void close() {
                client.close();
            }
        };
    }

    @Override
    public void read(String run, Gate gate) {
        try (RedisClient client = RedisClient.create(broker.uri().toString())) {
            RedisCommands<String, String> redis = client.connect().sync();
            Range<String> range = Range.unbounded();
            List<StreamMessage<String, String>> page = redis.xrange(run, range, Limit.from(AT_ONCE));
            while (!page.isEmpty()) {
                for (StreamMessage<String, String> message : page) {
                    String all = String.join("\n", message.getBody().values());
                    gate.arrived(Workload.findNumber(all.getBytes(StandardCharsets.UTF_8)));
                }
                Range.Boundary<String> last =
                        Range.Boundary.excluding(page.get(page.size() - 1).getId());
                page = redis.xrange(run, Range.from(last, Range.Boundary.unbounded()), Limit.from(AT_ONCE));
            }
            redis.del(run);
        }
    }

    @Override
    public void close() {
        broker.close();
    }
}
