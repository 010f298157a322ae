package dev.tidemark.envelope;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class CloudEventsKafkaTest {

    private static final byte[] JSON = Examples.utf8("{}");

    @Test
    void theKeyIsTheAggregateWithItsTenant() {
        Envelope plain = Examples.plain();
        Aggregate aggregate = plain.aggregate();
        Envelope ofTenant = plain.toBuilder()
                .aggregate(new Aggregate(aggregate.source(), "tenant ä", aggregate.type(), aggregate.id()))
                .build();
        assertThat(CloudEventsKafka.key(plain)).isEqualTo(Examples.utf8(aggregate.id()));
        assertThat(CloudEventsKafka.key(ofTenant)).isEqualTo(Examples.utf8("tenant ä/" + aggregate.id()));
    }

    @Test
    void aTombstoneHasNoContentType() {
        Envelope tombstone = Objects.requireNonNull(Examples.all().get("tombstone"));
        assertThat(CloudEventsKafka.headers(tombstone)).doesNotContainKey("content-type");
    }

    @Test
    void namesAreReadInAnyCaseAndOtherHeadersAreNotLookedAt() {
        Map<String, List<byte[]>> headers = new LinkedHashMap<>();
        binary().forEach((name, value) -> headers.put("ce_id".equals(name) ? "CE_ID" : name, value));
        headers.put("ce-id", List.of(JSON));
        headers.put("b3", List.of(JSON, JSON));
        GoldenFilesTest.assertSame(
                CloudEventsKafka.read(headers, Examples.plain().data()), Examples.plain());
    }

    @Test
    void whatLostAPartIsNoTombstone() {
        assertRefused("content-type", null, JSON, "value and content-type must be there both, or neither");
        assertRefused("other", null, null, "value and content-type must be there both, or neither");
    }

    @Test
    void whatIsNoEventIsRefused() {
        assertRefused("ce_id", null, JSON, "attribute id is required");
        assertRefused("ce_subject", List.of(new byte[] {(byte) 0xff}), JSON, "header ce_subject is not UTF-8");
        assertRefused("ce_id", List.of(JSON, JSON), JSON, "header ce_id must be there once, with a value");
        assertRefused("ce_id", Collections.singletonList(null), JSON, "attribute id is required");
        assertRefused("ce_id", Arrays.asList(JSON, null), JSON, "header ce_id must be there once, with a value");
        assertRefused("CE_ID", List.of(JSON), JSON, "header ce_id must be there once");
        assertRefused("ce_a-b", List.of(JSON), JSON, "but was: a-b");
        assertRefused("content-type", List.of(Examples.utf8("application/cloudevents-batch+json")), JSON, "but was");
        assertRefused("content-type", List.of(Examples.utf8(CloudEventsHttp.STRUCTURED)), null, "there is no value");
        assertThatThrownBy(() -> CloudEventsKafka.read(Map.of("a", List.of(JSON)), JSON))
                .isInstanceOf(MalformedEnvelopeException.class)
                .hasMessage("no CloudEvent: there are no ce_ headers, and content-type is not"
                        + " application/cloudevents+json but: not there");
    }

    /** Kafka Connect cannot leave a header out where its column is null. */
    @Test
    void aHeaderWhoseValueIsNullIsNotThere() {
        Map<String, List<byte @Nullable []>> headers = new LinkedHashMap<>(binary());
        headers.put("ce_traceparent", Collections.singletonList(null));
        headers.put("ce_headers", Collections.singletonList(null));
        GoldenFilesTest.assertSame(
                CloudEventsKafka.read(headers, Examples.plain().data()), Examples.plain());
        headers.put("content-type", Collections.singletonList(null));
        GoldenFilesTest.assertSame(
                CloudEventsKafka.read(headers, null), Examples.builder().build());
    }

    @Test
    void columnsOfTheOutboxBecomeWhatTheRelayMakesOfThem() {
        Envelope event = Examples.plain().toBuilder()
                .dataSchema(Envelope.defaultDataSchema("orders", "order-placed", 12))
                .header("correlationid", "c 1")
                .header("user", "Zoë \"x\" 😀")
                .build();
        Map<String, List<byte @Nullable []>> headers = columns("12", JsonText.ofStrings(event.headers()));
        GoldenFilesTest.assertSame(CloudEventsKafka.read(headers, event.data()), event);

        headers.put("ce_dataschema", List.of(Examples.utf8("https://schemas.example.com/order-placed/3")));
        assertThat(CloudEventsKafka.read(headers, event.data()).schemaVersion()).isEqualTo(3);
        assertThat(CloudEventsKafka.read(columns("1", "{\"a\":\"1\", \"a\":\"2\"}"), event.data())
                        .headers())
                .isEqualTo(Map.of("a", "2"));
    }

    @Test
    void columnsThatNoWriterWroteAreRefused() {
        assertColumnsRefused("0", "{}", "attribute schemaversion must be a whole number from 1");
        assertColumnsRefused("one", "{}", "attribute schemaversion must be a whole number from 1");
        assertColumnsRefused("1", "[]", "attribute headers must be a JSON object of strings");
        assertColumnsRefused("1", "{\"a\":1}", "attribute headers must be a JSON object of strings");
        assertColumnsRefused("1", "{} {}", "attribute headers must be a JSON object of strings");
        assertColumnsRefused("1", "{\"a\":\"1\"", "not JSON");
        assertColumnsRefused("1", "{\"a-b\":\"1\"}", "but was: a-b");
        assertColumnsRefused("1", "{\"subject\":\"43\"}", "attribute subject is there, and again in headers");
        assertColumnsRefused(
                "1", "{\"redelivery\":\"state:1\"}", "attribute redelivery is there, and again in headers");
        assertColumnsRefused("1", "{\"x\":\"2\"}", "attribute x is there, and again in headers");
    }

    private static void assertColumnsRefused(String schemaVersion, String json, String message) {
        Map<String, List<byte @Nullable []>> headers = columns(schemaVersion, json);
        headers.put("ce_x", List.of(Examples.utf8("1")));
        assertThatThrownBy(() -> CloudEventsKafka.read(headers, JSON))
                .isInstanceOf(MalformedEnvelopeException.class)
                .hasMessageContaining(message);
    }

    /** What Debezium's router can write of {@link Examples#plain}. */
    private static Map<String, List<byte @Nullable []>> columns(String schemaVersion, String json) {
        Map<String, List<byte @Nullable []>> headers = new LinkedHashMap<>(binary());
        headers.remove("ce_dataschema");
        headers.put("ce_schemaversion", List.of(Examples.utf8(schemaVersion)));
        headers.put("ce_headers", List.of(Examples.utf8(json)));
        return headers;
    }

    private static Map<String, List<byte[]>> binary() {
        Map<String, List<byte[]>> headers = new LinkedHashMap<>();
        CloudEventsKafka.headers(Examples.plain()).forEach((name, value) -> headers.put(name, List.of(value)));
        return headers;
    }

    private static void assertRefused(
            String header, @Nullable List<byte @Nullable []> values, byte @Nullable [] value, String message) {
        Map<String, List<byte @Nullable []>> headers = new LinkedHashMap<>(binary());
        if (values == null) {
            headers.remove(header);
        } else {
            headers.put(header, values);
        }
        assertThatThrownBy(() -> CloudEventsKafka.read(headers, value))
                .isInstanceOf(MalformedEnvelopeException.class)
                .hasMessageContaining(message);
    }
}
