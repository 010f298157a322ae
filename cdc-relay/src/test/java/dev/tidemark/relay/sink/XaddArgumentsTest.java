package dev.tidemark.relay.sink;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.envelope.CloudEventsRedis;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.relay.Events;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.protocol.CommandArgs;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Byte for byte what the client itself would have sent. */
class XaddArgumentsTest {

    private static final RedisCodec<String, byte[]> CODEC = RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE);

    @Test
    void theEntryOfAnEventIsAsTheClientWritesIt() {
        Envelope event = Events.event("é\uD83C\uDF0A", 7);
        isAsTheClientWritesIt("events:order", 0, CloudEventsRedis.fields(event));
        isAsTheClientWritesIt("events:größe", 1_000_000, CloudEventsRedis.fields(event));
    }

    @Test
    void argumentsOfEveryLengthAreAsTheClientWritesThem() {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        for (int length : new int[] {0, 1, 9, 10, 11, 99, 100, 999, 1000, 1001, 1023, 1024, 1025, 99_999, 1 << 20}) {
            byte[] value = new byte[length];
            random.nextBytes(value);
            Map<String, byte[]> fields = new LinkedHashMap<>();
            fields.put("first", value);
            fields.put("x".repeat(Math.min(length, 5000)), new byte[random.nextInt(3000)]);
            fields.put("last", value);
            isAsTheClientWritesIt("s".repeat(length % 2000), random.nextInt(3), fields);
        }
    }

    private static void isAsTheClientWritesIt(String stream, long maxLength, Map<String, byte[]> fields) {
        CommandArgs<String, byte[]> own = new CommandArgs<>(CODEC).addKey(stream);
        if (maxLength > 0) {
            own.add("MAXLEN").add("~").add(maxLength);
        }
        own.add("*");
        fields.forEach((name, value) -> own.addKey(name).addValue(value));
        XaddArguments ours = new XaddArguments(CODEC, stream, maxLength, fields);
        assertThat(ours.count()).isEqualTo(own.count());
        assertThat(written(ours)).isEqualTo(written(own));
    }

    private static byte[] written(CommandArgs<String, byte[]> arguments) {
        ByteBuf buffer = Unpooled.buffer();
        arguments.encode(buffer);
        return ByteBufUtil.getBytes(buffer);
    }
}
