package dev.tidemark.outbox;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.jspecify.annotations.NullUnmarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What must never reach the table is refused where the event is made, and the message says how to do better. */
@NullUnmarked // null is one of the bad inputs
final class BadInputTest {

    private static final String LONG = "x".repeat(300);

    @Test
    void nullIsNamed() {
        assertNull(() -> OutboxEvent.of(null, "1", "t", "{}"), "aggregate type");
        assertNull(() -> OutboxEvent.of("order", null, "t", "{}"), "aggregate id");
        assertNull(() -> OutboxEvent.of("order", "1", null, "{}"), "event type");
        assertNull(() -> OutboxEvent.of("order", "1", "t", null), "payload; for an event without one, call tombstone");
        assertNull(() -> order().id(null), "id");
        assertNull(() -> order().tenantId(null), "tenant id");
        assertNull(() -> order().dataContentType(null), "data content type");
        assertNull(() -> order().traceparent(null), "traceparent");
        assertNull(() -> order().headers(null), "headers");
        assertNull(() -> order().header(null, "a"), "header name");
        assertNull(() -> order().header("a", null), "header a");
        assertNull(() -> order().occurredAt(null), "occurredAt");
        assertNull(() -> Outbox.builder().source(null), "source");
        assertNull(() -> Outbox.builder().table(null), "table");
        assertNull(() -> Outbox.builder().storage(null), "storage");
        assertNull(() -> Outbox.builder().byCaller(null), "aggregate type");
    }

    private static void assertNull(ThrowingCallable action, String name) {
        assertThatThrownBy(action).isInstanceOf(NullPointerException.class).hasMessage(name);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "Order", "1order", "order/../x", "../", "order placed", "örder", "order\n", "order\r\nx: y"})
    void anAggregateTypeIsALowerCaseName(String bad) {
        assertRefused(
                () -> OutboxEvent.of(bad, "1", "order-placed", "{}"),
                "aggregate type must match [a-z][a-z0-9._-]{0,63}, such as order, but was: " + Require.shown(bad));
        assertRefused(() -> Outbox.builder().counted(bad), "aggregate type must match [a-z][a-z0-9._-]{0,63}");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "../", "1-placed", "order placed", "order-placed\u0000", "com.example/order"})
    void anEventTypeIsAName(String bad) {
        assertRefused(
                () -> OutboxEvent.of("order", "1", bad, "{}"),
                "event type must match [A-Za-z][A-Za-z0-9._-]{0,127}, such as order-placed, but was: "
                        + Require.shown(bad));
    }

    @Test
    void namesOf300CharactersAreRefusedAndCutShort() {
        assertRefused(() -> OutboxEvent.of(LONG, "1", "t", "{}"), "but was: " + "x".repeat(100) + "…");
        assertRefused(() -> OutboxEvent.of("order", "1", LONG, "{}"), "but was: " + "x".repeat(100) + "…");
        assertRefused(
                () -> OutboxEvent.of("order", LONG, "t", "{}"),
                "aggregate id must have 1 to 255 characters, but has 300: " + "x".repeat(100) + "…");
        assertRefused(() -> order().tenantId(LONG), "tenant id must have 0 to 255 characters, but has 300");
        assertRefused(() -> Outbox.builder().source(LONG), "source must match");
        assertRefused(() -> Outbox.builder().table(LONG), "table must be a name such as outbox or billing.outbox");
    }

    @Test
    void anAggregateIdIsTextThatCanTravelInAHeader() {
        assertRefused(() -> id(""), "aggregate id must have 1 to 255 characters, but has 0");
        assertRefused(
                () -> id("a\r\nx: y"),
                "aggregate id must not have control characters, but has U+000D at character 2: a\\u000D\\u000Ax: y");
        assertRefused(() -> id("a\0"), "aggregate id must not have control characters, but has U+0000 at character 2");
        assertRefused(() -> id("\u0085"), "has U+0085 at character 1");
        assertRefused(
                () -> id("a\ud800b"),
                "aggregate id must be text that UTF-8 can encode, but has half of a surrogate pair at character 2: a\\uD800b");
        assertRefused(() -> order().tenantId("a\ud800"), "tenant id must be text that UTF-8 can encode");
        assertRefused(() -> order().tenantId("a\0"), "tenant id must not have control characters");
        assertThat(id("../é 😀 %").aggregateId()).isEqualTo("../é 😀 %");
    }

    private static OutboxEvent id(String id) {
        return OutboxEvent.of("order", id, "order-placed", "{}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "NaN", "{", "{}x", "{'a':1}", "\"\\u0000\"", "\"\0\"", "\"\\ud800\"", "\"\ud800\"", "[1,]"})
    void aPayloadIsOneJsonValue(String bad) {
        assertRefused(() -> OutboxEvent.of("order", "1", "order-placed", bad), "payload is not valid JSON: ");
    }

    @Test
    void aPayloadIsNotNestedTenThousandDeep() {
        assertRefused(
                () -> OutboxEvent.of("order", "1", "t", "[".repeat(10_000) + "]".repeat(10_000)),
                "payload is not valid JSON: it is nested deeper than 1000 levels at character 1001 of 20000");
    }

    @Test
    void aPayloadHasAtMost16MebibytesInUtf8() {
        String json = '"' + "é".repeat(8 * 1024 * 1024) + '"';
        assertRefused(
                () -> OutboxEvent.of("order", "1", "t", json),
                "payload must have at most 16777216 bytes in UTF-8, but has 16777218");
    }

    @Test
    void headersAreAttributesOfCloudEvents() {
        for (String bad : List.of("", "Correlation", "correlation-id", "a_b", "x".repeat(21), "é", "a\r\nb")) {
            assertRefused(
                    () -> order().header(bad, "1"),
                    "header name must match [a-z0-9]{1,20}, such as correlationid, but was: " + Require.shown(bad));
        }
        for (String taken : dev.tidemark.envelope.Envelope.RESERVED_NAMES) {
            assertRefused(
                    () -> order().header(taken, "1"),
                    "header " + taken + " has a name that is taken; choose another than: aggregateid, ");
        }
        assertRefused(
                () -> order().headers(Map.of("user", "a\r\nSet-Cookie: b")),
                "header user must not have control characters, but has U+000D at character 2");
        assertRefused(() -> order().header("user", "\udc00"), "header user must be text that UTF-8 can encode");
        assertRefused(
                () -> order().header("a", "x".repeat(16 * 1024)),
                "headers must have at most 16384 bytes as JSON in UTF-8, but have 16392");
        assertThat(order().header("a", "1").header("b", "2").header("a", "3").headers())
                .isEqualTo(Map.of("a", "3", "b", "2"));
    }

    @Test
    void anIdIsAUuidOfVersion7() {
        for (String bad : List.of(
                "f47ac10b-58cc-4372-a567-0e02b2c3d479",
                "00000000-0000-0000-0000-000000000000",
                "019a9c3e-7b1a-7c3d-1e2f-5a6b7c8d9e0f")) {
            assertRefused(
                    () -> order().id(UUID.fromString(bad)),
                    "id must be a UUID of version 7, whose first digits are its time, but was: " + bad);
        }
    }

    @Test
    void idsOfOneThreadRise() {
        OutboxEvent before = order();
        for (int i = 0; i < 10_000; i++) {
            OutboxEvent next = order();
            assertThat(next.id().toString()).isGreaterThan(before.id().toString());
            before = next;
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
                "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
                "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01\n"
            })
    void aTraceparentIsW3c(String bad) {
        assertRefused(
                () -> order().traceparent(bad),
                ", such as 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01, but was: " + Require.shown(bad));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "application/avro",
                "text/plain",
                "Application/JSON",
                "application/json; charset=\"utf-8\"",
                "application/json\r\n"
            })
    void aDataContentTypeIsJson(String bad) {
        assertRefused(() -> order().dataContentType(bad), ", such as application/json, but was: " + Require.shown(bad));
    }

    @ParameterizedTest
    @ValueSource(strings = {"application/cloudevents+json", "application/cloudevents-batch+json; charset=utf-8"})
    void aDataContentTypeIsNotThatOfEvents(String bad) {
        assertRefused(
                () -> order().dataContentType(bad),
                "data content type must not be that of CloudEvents themselves, or the payload would be taken for the"
                        + " event; use application/json; it was: " + bad);
    }

    @Test
    void numbersAndTimesHaveBounds() {
        assertRefused(() -> order().version(0), "version must be from 1 to 9223372036854775807, but was: 0");
        assertRefused(() -> order().schemaVersion(0), "schema version must be from 1 to 2147483647, but was: 0");
        assertRefused(
                () -> order().occurredAt(Instant.parse("1969-12-31T23:59:59Z")),
                "occurredAt must be from 1970-01-01T00:00:00Z to before 9999-12-31T00:00:00Z, but was: 1969");
        assertRefused(() -> order().occurredAt(Instant.MAX), "occurredAt must be from");
        assertRefused(
                () -> Outbox.builder().maxPayloadBytes(0), "maxPayloadBytes must be from 1 to 16777216, but was: 0");
        assertRefused(() -> Outbox.builder().maxPayloadBytes(16777217), "but was: 16777217");
    }

    @Test
    void aSourceIsANormalUriReference() {
        for (String bad : List.of("", "or ders", "orders\n", "ördërs", "\"orders\"", "<x>")) {
            assertRefused(() -> Outbox.builder().source(bad), ", such as orders, but was: " + Require.shown(bad));
        }
        for (String bad : List.of("../orders", "/a/../b", "a/./b", "../")) {
            assertRefused(
                    () -> Outbox.builder().source(bad),
                    "source must not have . or .. between slashes, but was: " + bad);
        }
        for (String bad : List.of("%zz", "http://", ":orders")) {
            assertRefused(
                    () -> Outbox.builder().source(bad),
                    "source must be a URI reference such as orders or https://example.com/orders, but was: " + bad);
        }
        for (String good :
                List.of("orders", "/services/orders", "urn:example:orders", "https://example.com/orders?a=1#b")) {
            assertThat(Outbox.builder().source(good).build()).isNotNull();
        }
        assertThatThrownBy(() -> Outbox.builder().build())
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("an outbox needs a source, the name of the service; call source(…)");
    }

    @Test
    void aTableIsAName() {
        for (String bad :
                List.of("", "a.b.c", "Outbox", "out box", "outbox; drop table x", "\"outbox\"", "x".repeat(47))) {
            assertRefused(() -> Outbox.builder().table(bad), "table must be a name such as outbox or billing.outbox");
        }
    }

    @Test
    void anAggregateTypeIsDeclaredOnce() {
        assertRefused(
                () -> Outbox.builder().counted("order").byCaller("order"),
                "aggregate type order is declared twice; its versions are counted, byCaller or unversioned, one of them");
    }

    private static void assertRefused(ThrowingCallable action, String message) {
        assertThatThrownBy(action).isInstanceOf(IllegalArgumentException.class).hasMessageContaining(message);
    }

    private static OutboxEvent order() {
        return OutboxEvent.of("order", "1", "order-placed", "{}");
    }
}
