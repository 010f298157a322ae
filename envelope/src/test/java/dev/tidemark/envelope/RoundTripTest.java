package dev.tidemark.envelope;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.RepetitionInfo;
import org.junit.jupiter.api.Test;

/** Whatever is written is read back equal, in both modes. The repetition is the seed. */
final class RoundTripTest {

    private static final String[] NASTY = {
        "a",
        "Z",
        "0",
        " ",
        "  ",
        "%",
        "%2",
        "%25",
        "%zz",
        "\"",
        "\"\"",
        "\\",
        "\\\"",
        "/",
        ":",
        "@",
        "+",
        "\t",
        "\r\n",
        "\u0000",
        "\u0001",
        "\u007f",
        "\u0080",
        "é",
        "ß",
        "\u00a0",
        "\u2028",
        "\ufeff",
        "\uffff",
        "漢",
        "😀",
        "\ud800\udc00",
        "{}",
        "null"
    };

    @RepeatedTest(200)
    void comesBackEqual(RepetitionInfo repetition) {
        System.out.println("seed " + repetition.getCurrentRepetition());
        Random random = new Random(repetition.getCurrentRepetition());
        Envelope envelope = envelope(random);
        GoldenFilesTest.assertSame(CloudEventsJson.read(CloudEventsJson.write(envelope)), envelope);
        GoldenFilesTest.assertSame(throughHeaders(envelope), envelope);
        GoldenFilesTest.assertSame(CloudEventsRedis.read(CloudEventsRedis.fields(envelope)), envelope);
        GoldenFilesTest.assertSame(throughNats(envelope), envelope);
        Map<String, List<byte[]>> headers = GoldenFilesTest.lists(CloudEventsKafka.headers(envelope));
        GoldenFilesTest.assertSame(CloudEventsKafka.read(headers, envelope.data()), envelope);
        GoldenFilesTest.assertSame(throughRabbit(envelope), envelope);
    }

    @RepeatedTest(50)
    void aBatchComesBackEqualInItsOrder(RepetitionInfo repetition) {
        System.out.println("seed " + repetition.getCurrentRepetition());
        Random random = new Random(repetition.getCurrentRepetition());
        List<Envelope> events =
                random.ints(random.nextInt(6)).mapToObj(i -> envelope(random)).toList();
        List<Envelope> read = CloudEventsJson.readBatch(CloudEventsJson.batch(
                events.stream().map(CloudEventsJson::write).toList()));
        assertThat(read).hasSameSizeAs(events);
        for (int i = 0; i < events.size(); i++) {
            GoldenFilesTest.assertSame(read.get(i), events.get(i));
        }
    }

    @Test
    void theDeepestDataIsReadInABatchToo() {
        byte[] deepest = ("[".repeat(JsonText.MAX_DEPTH) + "]".repeat(JsonText.MAX_DEPTH)).getBytes(UTF_8);
        Envelope event = Examples.builder().data("application/json", deepest).build();
        byte[] json = CloudEventsJson.write(event);
        assertThat(CloudEventsJson.read(json).data()).isEqualTo(deepest);
        assertThat(CloudEventsJson.readBatch(CloudEventsJson.batch(List.of(json)))
                        .get(0)
                        .data())
                .isEqualTo(deepest);
    }

    private static Envelope throughHeaders(Envelope envelope) {
        Map<String, List<String>> headers = new HashMap<>();
        CloudEventsHttp.headers(envelope).forEach((name, value) -> headers.put(name, List.of(value)));
        byte[] data = envelope.data();
        return CloudEventsHttp.read(headers, data == null ? new byte[0] : data);
    }

    private static Envelope throughRabbit(Envelope envelope) {
        byte[] data = envelope.data();
        return CloudEventsRabbit.read(
                CloudEventsRabbit.headers(envelope), envelope.dataContentType(), data == null ? new byte[0] : data);
    }

    private static Envelope throughNats(Envelope envelope) {
        Map<String, List<String>> headers = new HashMap<>();
        CloudEventsNats.headers(envelope).forEach((name, value) -> headers.put(name, List.of(value)));
        byte[] data = envelope.data();
        return CloudEventsNats.read(headers, data == null ? new byte[0] : data);
    }

    private static Envelope envelope(Random random) {
        Envelope.Builder builder = Envelope.builder()
                .id(new UUID(random.nextLong(), random.nextLong()))
                .aggregate(new Aggregate(text(random, 1), text(random, 0), text(random, 1), text(random, 1)))
                .aggregateVersion(random.nextInt(4) == 0 ? null : 1 + (random.nextLong() >>> (1 + random.nextInt(62))))
                .sourceEpoch(random.nextInt(3))
                .type(text(random, 1))
                .dataSchema(text(random, 1))
                .time(Instant.ofEpochSecond(random.nextInt(), random.nextInt(1_000_000_000)))
                .traceparent(textOrNull(random))
                .redelivery(textOrNull(random));
        for (int i = random.nextInt(5); i > 0; i--) {
            builder.header("h" + random.nextInt(100), text(random, 0));
        }
        switch (random.nextInt(4)) {
            case 0 -> builder.data("application/json", json(random, 5));
            case 1 -> builder.data("application/x+json; charset=utf-8", json(random, 0));
            case 2 -> {
                byte[] bytes = new byte[random.nextInt(50)];
                random.nextBytes(bytes);
                builder.data("application/octet-stream", bytes);
            }
            default -> {}
        }
        return builder.build();
    }

    /** Of an aggregate that never had an event; only a state can be. */
    @Test
    void aStateMayHaveVersionZero() {
        Envelope state =
                Examples.builder().aggregateVersion(0L).redelivery("state:7").build();
        assertThat(CloudEventsJson.read(CloudEventsJson.write(state)).aggregateVersion())
                .isZero();
        byte[] replay =
                CloudEventsJson.write(state.toBuilder().redelivery("replay:7").build());
        assertThatThrownBy(() -> CloudEventsJson.read(replay))
                .isInstanceOf(MalformedEnvelopeException.class)
                .hasMessageContaining("aggregateversion must be a whole number from 1");
    }

    private static String text(Random random, int min) {
        StringBuilder text = new StringBuilder();
        for (int i = min + random.nextInt(6); i > 0; i--) {
            text.append(NASTY[random.nextInt(NASTY.length)]);
        }
        return text.toString();
    }

    private static @Nullable String textOrNull(Random random) {
        return random.nextBoolean() ? null : text(random, 0);
    }

    /** With odd white space, which must survive. */
    private static byte[] json(Random random, int depth) {
        return Examples.utf8(random.nextBoolean() ? jsonText(random, depth) : " \n" + jsonText(random, depth) + "\t");
    }

    private static String jsonText(Random random, int depth) {
        String[] scalars = {
            "0", "-0.0", "1e+3", "123456789012345678901234567890.10", "true", "false", "null", "\"\\u00E9\\/😀\""
        };
        if (depth == 0 || random.nextInt(3) == 0) {
            return scalars[random.nextInt(scalars.length)];
        }
        String inner = jsonText(random, depth - 1);
        return random.nextBoolean()
                ? "[ " + inner + " ,\n" + inner + "\t]"
                : "{\"a\": " + inner + ",  \"a\" :" + inner + "}";
    }
}
