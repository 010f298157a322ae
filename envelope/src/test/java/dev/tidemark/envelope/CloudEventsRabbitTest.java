package dev.tidemark.envelope;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.CharBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class CloudEventsRabbitTest {

    private static final byte[] JSON = Examples.utf8("{}");
    private static final byte[] NOTHING = {};

    @Test
    void aTombstoneIsToldFromAnEmptyPayloadByItsContentType() {
        Envelope tombstone = Objects.requireNonNull(Examples.all().get("tombstone"));
        Map<String, String> headers = CloudEventsRabbit.headers(tombstone);
        assertThat(CloudEventsRabbit.read(headers, null, NOTHING).data()).isNull();
        assertThat(CloudEventsRabbit.read(headers, "text/plain", NOTHING).data())
                .isEmpty();
    }

    @Test
    void namesAreReadWithColonsTooAndOtherHeadersAreNotLookedAt() {
        Map<String, Object> headers = new LinkedHashMap<>();
        CloudEventsRabbit.headers(Examples.plain())
                .forEach((name, value) -> headers.put(name.replace('_', ':'), CharBuffer.wrap(value)));
        headers.put("x-death", 1);
        headers.put("cloudEvents", "other");
        Envelope plain = Examples.plain();
        GoldenFilesTest.assertSame(
                CloudEventsRabbit.read(headers, plain.dataContentType(), Objects.requireNonNull(plain.data())), plain);
    }

    @Test
    void whatLostAPartIsNoTombstone() {
        assertRefused(Map.of(), null, JSON, "there is a body of 2 bytes, but no content-type");
        assertRefused(Map.of(), "application/json", NOTHING, "content-type is application/json, but the body is empty");
    }

    @Test
    void whatIsNoEventIsRefused() {
        assertRefused(Map.of("cloudEvents_id", ""), "application/json", JSON, "attribute id is required");
        assertRefused(Map.of("cloudEvents:id", "a"), "application/json", JSON, "must be there once, with a value");
        assertRefused(Map.of("cloudEvents_a-b", "a"), "application/json", JSON, "but was: a-b");
        assertRefused(Map.of(), "application/cloudevents-batch+json", JSON, "but was: application/cloudevents-batch");
        assertThatThrownBy(() -> CloudEventsRabbit.read(Map.of("a", "b"), null, JSON))
                .isInstanceOf(MalformedEnvelopeException.class)
                .hasMessage("no CloudEvent: there are no cloudEvents_ headers, and content-type is not"
                        + " application/cloudevents+json but: not there");
    }

    private static void assertRefused(
            Map<String, String> more, @Nullable String contentType, byte[] body, String message) {
        Map<String, String> headers = new LinkedHashMap<>(CloudEventsRabbit.headers(Examples.plain()));
        headers.putAll(more);
        assertThatThrownBy(() -> CloudEventsRabbit.read(headers, contentType, body))
                .isInstanceOf(MalformedEnvelopeException.class)
                .hasMessageContaining(message);
    }
}
