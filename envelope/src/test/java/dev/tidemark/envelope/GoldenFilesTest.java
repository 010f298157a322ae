package dev.tidemark.envelope;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/**
 * Pins the wire, byte by byte and both ways: what is written today must be read for years. After a change
 * that is meant, {@code -Dgolden.write=true} writes the files anew; look at the difference before it is committed.
 */
final class GoldenFilesTest {

    @TestFactory
    Stream<DynamicTest> structured() {
        return Examples.all().entrySet().stream()
                .map(example -> DynamicTest.dynamicTest(example.getKey(), () -> {
                    byte[] golden = golden(example.getKey() + ".json", CloudEventsJson.write(example.getValue()));
                    assertThat(text(CloudEventsJson.write(example.getValue()))).isEqualTo(text(golden));
                    assertSame(CloudEventsJson.read(golden), example.getValue());
                    assertSame(CloudEventsHttp.read(structuredHeaders(), golden), example.getValue());
                }));
    }

    @TestFactory
    Stream<DynamicTest> binary() {
        return Examples.all().entrySet().stream()
                .map(example -> DynamicTest.dynamicTest(example.getKey(), () -> {
                    byte[] golden = golden(example.getKey() + ".http", message(example.getValue()));
                    assertThat(text(message(example.getValue()))).isEqualTo(text(golden));
                    assertSame(parse(golden, CloudEventsHttp::read), example.getValue());
                }));
    }

    @TestFactory
    Stream<DynamicTest> redis() {
        return Examples.all().entrySet().stream()
                .map(example -> DynamicTest.dynamicTest(example.getKey(), () -> {
                    byte[] entry = FieldsText.write(CloudEventsRedis.fields(example.getValue()));
                    byte[] golden = golden(example.getKey() + ".redis", entry);
                    assertThat(text(entry)).isEqualTo(text(golden));
                    assertSame(CloudEventsRedis.read(FieldsText.read(golden)), example.getValue());
                }));
    }

    @TestFactory
    Stream<DynamicTest> nats() {
        return Examples.all().entrySet().stream()
                .map(example -> DynamicTest.dynamicTest(example.getKey(), () -> {
                    Envelope envelope = example.getValue();
                    byte[] message = message(CloudEventsNats.headers(envelope), envelope.data());
                    byte[] golden = golden(example.getKey() + ".nats", message);
                    assertThat(text(message)).isEqualTo(text(golden));
                    assertSame(parse(golden, CloudEventsNats::read), envelope);
                    assertSame(CloudEventsNats.read(Map.of(), CloudEventsJson.write(envelope)), envelope);
                }));
    }

    @TestFactory
    Stream<DynamicTest> kafka() {
        return Examples.all().entrySet().stream()
                .map(example -> DynamicTest.dynamicTest(example.getKey(), () -> {
                    Envelope envelope = example.getValue();
                    byte[] record = FieldsText.write(kafkaRecord(envelope));
                    byte[] golden = golden(example.getKey() + ".kafka", record);
                    assertThat(text(record)).isEqualTo(text(golden));
                    Map<String, byte[]> parts = FieldsText.read(golden);
                    byte[] value = parts.remove("(value)");
                    parts.remove("(key)");
                    assertSame(CloudEventsKafka.read(lists(parts), value), envelope);
                    Map<String, List<byte[]>> structured = lists(CloudEventsKafka.structuredHeaders());
                    assertSame(CloudEventsKafka.read(structured, CloudEventsJson.write(envelope)), envelope);
                }));
    }

    @TestFactory
    Stream<DynamicTest> rabbit() {
        return Examples.all().entrySet().stream()
                .map(example -> DynamicTest.dynamicTest(example.getKey(), () -> {
                    Envelope envelope = example.getValue();
                    byte[] message = FieldsText.write(rabbitMessage(envelope));
                    byte[] golden = golden(example.getKey() + ".rabbitmq", message);
                    assertThat(text(message)).isEqualTo(text(golden));
                    Map<String, String> parts = new LinkedHashMap<>();
                    FieldsText.read(golden).forEach((name, value) -> parts.put(name, new String(value, UTF_8)));
                    byte[] body = Objects.requireNonNull(FieldsText.read(golden).get("(body)"));
                    assertSame(CloudEventsRabbit.read(parts, parts.get("(content-type)"), body), envelope);
                    assertSame(
                            CloudEventsRabbit.read(
                                    Map.of(), CloudEventsHttp.STRUCTURED, CloudEventsJson.write(envelope)),
                            envelope);
                }));
    }

    /** A tombstone's body is empty, and it has no content type. */
    private static Map<String, byte[]> rabbitMessage(Envelope envelope) {
        Map<String, byte[]> parts = new LinkedHashMap<>();
        String contentType = envelope.dataContentType();
        if (contentType != null) {
            parts.put("(content-type)", Examples.utf8(contentType));
        }
        CloudEventsRabbit.headers(envelope).forEach((name, value) -> parts.put(name, Examples.utf8(value)));
        byte[] data = envelope.data();
        parts.put("(body)", data == null ? new byte[0] : data);
        return parts;
    }

    /** A tombstone's has no value. */
    private static Map<String, byte[]> kafkaRecord(Envelope envelope) {
        Map<String, byte[]> parts = new LinkedHashMap<>();
        parts.put("(key)", CloudEventsKafka.key(envelope));
        parts.putAll(CloudEventsKafka.headers(envelope));
        byte[] data = envelope.data();
        if (data != null) {
            parts.put("(value)", data);
        }
        return parts;
    }

    static Map<String, List<byte[]>> lists(Map<String, byte[]> headers) {
        Map<String, List<byte[]>> lists = new LinkedHashMap<>();
        headers.forEach((name, value) -> lists.put(name, List.of(value)));
        return lists;
    }

    static void assertSame(Envelope actual, Envelope expected) {
        assertThat(actual).usingRecursiveComparison().isEqualTo(expected);
    }

    private static Map<String, List<String>> structuredHeaders() {
        return Map.of("Content-Type", List.of("application/cloudevents+json; charset=utf-8"));
    }

    private static byte[] golden(String name, byte[] actual) throws IOException {
        if (Boolean.getBoolean("golden.write")) {
            Files.write(Path.of("src/test/resources/golden", name), actual);
        }
        try (InputStream in = GoldenFilesTest.class.getResourceAsStream("/golden/" + name)) {
            assertThat(in).as("golden file %s", name).isNotNull();
            return in.readAllBytes();
        }
    }

    private static byte[] message(Envelope envelope) throws IOException {
        return message(CloudEventsHttp.headers(envelope), envelope.data());
    }

    private static byte[] message(Map<String, String> headers, byte @Nullable [] data) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (Map.Entry<String, String> header : headers.entrySet()) {
            out.write(Examples.utf8(header.getKey() + ": " + header.getValue() + "\n"));
        }
        out.write('\n');
        out.write(data == null ? new byte[0] : data);
        return out.toByteArray();
    }

    private static Envelope parse(byte[] message, BiFunction<Map<String, List<String>>, byte[], Envelope> reader) {
        int end = text(message).indexOf("\n\n");
        Map<String, List<String>> headers = new LinkedHashMap<>();
        for (String line : text(message).substring(0, end).split("\n", -1)) {
            int colon = line.indexOf(": ");
            headers.put(line.substring(0, colon), List.of(line.substring(colon + 2)));
        }
        return reader.apply(headers, Arrays.copyOfRange(message, end + 2, message.length));
    }

    /** One character for each byte, so that nothing is lost in the comparison. */
    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }
}
