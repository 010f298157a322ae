package dev.tidemark.outbox;

import static java.util.Objects.requireNonNull;

import com.github.f4b6a3.uuid.UuidCreator;
import dev.tidemark.envelope.Aggregate;
import dev.tidemark.envelope.JsonText;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One thing that happened to one aggregate, to be appended to an {@link Outbox}. Immutable: each method that is
 * named after a part returns a copy with that part. Everything is checked here, so that an event that exists
 * can be stored and delivered.
 *
 * <pre>{@code
 * OutboxEvent.of("order", order.id(), "order-placed", json).tenantId("acme").header("correlationid", id)
 * }</pre>
 */
public final class OutboxEvent {

    /** The most that an outbox can be told to take, in bytes of UTF-8. */
    public static final int MAX_PAYLOAD_BYTES = 16 * 1024 * 1024;

    static final Pattern AGGREGATE_TYPE = Pattern.compile("[a-z][a-z0-9._-]{0,63}");

    private static final int MAX_ID_CHARACTERS = 255;
    private static final Pattern TYPE = Pattern.compile("[A-Za-z][A-Za-z0-9._-]{0,127}");
    private static final Pattern JSON_TYPE =
            Pattern.compile("(?=.{1,255}$)[a-z]+/([a-z0-9.-]+\\+)?json( ?; ?[a-z]+=[A-Za-z0-9._-]+)*");
    private static final String OF_EVENTS = "application/cloudevents"; // or several, in whatever form
    private static final Pattern TRACEPARENT = // version ff and ids of nothing but 0 are invalid
            Pattern.compile("(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}");
    private static final Instant EARLIEST = Instant.EPOCH;
    private static final Instant LATEST = Instant.parse("9999-12-31T00:00:00Z");

    private final Parts parts;

    private OutboxEvent(Parts parts) {
        this.parts = parts;
    }

    /**
     * An event with JSON for its payload. Its id and its time are those of this call.
     *
     * @param aggregateType such as {@code order}; matches {@code [a-z][a-z0-9._-]{0,63}}
     * @param aggregateId events that share type and id are delivered in commit order; 1 to 255 characters
     * @param type what happened, in the past tense, such as {@code order-placed}; matches
     *     {@code [A-Za-z][A-Za-z0-9._-]{0,127}}
     * @param json one JSON value, stored and delivered as it stands, of at most {@value #MAX_PAYLOAD_BYTES} bytes
     *     in UTF-8 or what the outbox allows; without {@code \u0000}
     */
    public static OutboxEvent of(String aggregateType, String aggregateId, String type, String json) {
        requireNonNull(json, "payload; for an event without one, call tombstone");
        int bytes = JsonText.utf8Bytes(json);
        if (bytes > MAX_PAYLOAD_BYTES) {
            throw new IllegalArgumentException(
                    "payload must have at most " + MAX_PAYLOAD_BYTES + " bytes in UTF-8, but has " + bytes);
        }
        return create(aggregateType, aggregateId, type, JsonText.requireValid("payload", json), bytes);
    }

    /** An event without a payload, which tells consumers that keep the last state that the aggregate is gone. */
    public static OutboxEvent tombstone(String aggregateType, String aggregateId, String type) {
        return create(aggregateType, aggregateId, type, null, 0);
    }

    private static OutboxEvent create(
            String aggregateType, String aggregateId, String type, @Nullable String payload, int payloadBytes) {
        Parts parts = new Parts(
                UuidCreator.getTimeOrderedEpoch(),
                Require.matching("aggregate type", AGGREGATE_TYPE, "order", aggregateType),
                Require.printable("aggregate id", 1, MAX_ID_CHARACTERS, aggregateId),
                Require.matching("event type", TYPE, "order-placed", type),
                payload,
                payloadBytes,
                Instant.now().truncatedTo(ChronoUnit.MICROS));
        return new OutboxEvent(parts);
    }

    /** An id that is known already: a UUIDv7, whose time decides in which partition it is stored. */
    public OutboxEvent id(UUID id) {
        requireNonNull(id, "id");
        if (id.version() != 7 || id.variant() != 2) {
            throw new IllegalArgumentException(
                    "id must be a UUID of version 7, whose first digits are its time, but was: " + id);
        }
        Parts copy = parts.copy();
        copy.id = id;
        return new OutboxEvent(copy);
    }

    /** The tenant to whom the aggregate belongs, at most 255 characters; none if it is empty. */
    public OutboxEvent tenantId(String tenantId) {
        Parts copy = parts.copy();
        copy.tenantId = Require.printable("tenant id", 0, MAX_ID_CHARACTERS, tenantId);
        return new OutboxEvent(copy);
    }

    /** The version of the aggregate after this event, from 1: for aggregate types declared {@code byCaller}. */
    public OutboxEvent version(long version) {
        Parts copy = parts.copy();
        copy.version = Require.inRange("version", 1, Long.MAX_VALUE, version);
        return new OutboxEvent(copy);
    }

    /** The version of the payload's schema, from 1, which it is unless told otherwise; part of {@code dataschema}. */
    public OutboxEvent schemaVersion(int schemaVersion) {
        Parts copy = parts.copy();
        copy.schemaVersion = (int) Require.inRange("schema version", 1, Integer.MAX_VALUE, schemaVersion);
        return new OutboxEvent(copy);
    }

    /**
     * {@code application/json} unless told otherwise; another name for JSON, such as {@code application/order+json}. Not that
     * of CloudEvents themselves ({@code application/cloudevents+json}): whoever receives the event would take its payload for
     * the event. An event that is only handed on is a payload of {@code application/json}.
     */
    public OutboxEvent dataContentType(String dataContentType) {
        Parts copy = parts.copy();
        copy.dataContentType = Require.matching("data content type", JSON_TYPE, "application/json", dataContentType);
        if (dataContentType.startsWith(OF_EVENTS)) {
            throw new IllegalArgumentException(
                    "data content type must not be that of CloudEvents themselves, or the payload"
                            + " would be taken for the event; use application/json; it was: " + dataContentType);
        }
        return new OutboxEvent(copy);
    }

    /**
     * W3C trace context of the writer, such as {@code 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01}.
     *
     * @see <a href="https://www.w3.org/TR/trace-context/#traceparent-header">traceparent</a>
     */
    public OutboxEvent traceparent(String traceparent) {
        Parts copy = parts.copy();
        copy.traceparent = Require.matching(
                "traceparent", TRACEPARENT, "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", traceparent);
        return new OutboxEvent(copy);
    }

    /**
     * One more header, which reaches consumers as an attribute of the event.
     *
     * @param name such as {@code correlationid}; matches {@code [a-z0-9]{1,20}} and is none of
     *     {@link dev.tidemark.envelope.Envelope#RESERVED_NAMES}
     * @param value without control characters; all headers together have at most 16 KiB as JSON
     */
    public OutboxEvent header(String name, String value) {
        requireNonNull(name, "header name");
        Map<String, String> headers = new TreeMap<>(parts.headers);
        headers.put(name, value);
        return headers(headers);
    }

    /** These headers and no others; see {@link #header}. */
    public OutboxEvent headers(Map<String, String> headers) {
        Parts copy = parts.copy();
        copy.headers = Headers.checked(headers);
        return new OutboxEvent(copy);
    }

    /** When it happened, from 1970 to 9999, to the microsecond; the time of creation unless told otherwise. */
    public OutboxEvent occurredAt(Instant occurredAt) {
        requireNonNull(occurredAt, "occurredAt");
        if (occurredAt.isBefore(EARLIEST) || !occurredAt.isBefore(LATEST)) {
            throw new IllegalArgumentException(
                    "occurredAt must be from " + EARLIEST + " to before " + LATEST + ", but was: " + occurredAt);
        }
        Parts copy = parts.copy();
        copy.occurredAt = occurredAt.truncatedTo(ChronoUnit.MICROS);
        return new OutboxEvent(copy);
    }

    public UUID id() {
        return parts.id;
    }

    public String aggregateType() {
        return parts.aggregateType;
    }

    public String aggregateId() {
        return parts.aggregateId;
    }

    /** Empty where there are no tenants. */
    public String tenantId() {
        return parts.tenantId;
    }

    /** Null unless the caller gave one. */
    public @Nullable Long version() {
        return parts.version;
    }

    public String type() {
        return parts.type;
    }

    public int schemaVersion() {
        return parts.schemaVersion;
    }

    public String dataContentType() {
        return parts.dataContentType;
    }

    /** Null for a tombstone. */
    public @Nullable String payload() {
        return parts.payload;
    }

    /** The length of the payload in UTF-8; 0 for a tombstone. */
    public int payloadBytes() {
        return parts.payloadBytes;
    }

    public @Nullable String traceparent() {
        return parts.traceparent;
    }

    /** Sorted and unmodifiable. */
    public Map<String, String> headers() {
        return parts.headers;
    }

    public Instant occurredAt() {
        return parts.occurredAt;
    }

    /** As it stands in the table; null if there are none. */
    @Nullable
    String headersJson() {
        return parts.headers.isEmpty() ? null : JsonText.ofStrings(parts.headers);
    }

    Aggregate aggregateOf(String source) {
        return new Aggregate(source, parts.tenantId, parts.aggregateType, parts.aggregateId);
    }

    /** For logs: type, id and aggregate; never the payload. */
    @Override
    public String toString() {
        return parts.type + " " + parts.id + " of "
                + (parts.tenantId.isEmpty() ? "" : parts.tenantId + "/")
                + parts.aggregateType + "/" + parts.aggregateId
                + (parts.version == null ? "" : "@" + parts.version);
    }

    /** Written to by one thread, before an event holds it. */
    private static final class Parts {

        private final String aggregateType;
        private final String aggregateId;
        private final String type;
        private final @Nullable String payload;
        private final int payloadBytes;
        private UUID id;
        private Instant occurredAt;
        private String tenantId = "";
        private @Nullable Long version;
        private int schemaVersion = 1;
        private String dataContentType = "application/json";
        private @Nullable String traceparent;
        private Map<String, String> headers = Map.of();

        Parts(
                UUID id,
                String aggregateType,
                String aggregateId,
                String type,
                @Nullable String payload,
                int payloadBytes,
                Instant occurredAt) {
            this.id = id;
            this.aggregateType = aggregateType;
            this.aggregateId = aggregateId;
            this.type = type;
            this.payload = payload;
            this.payloadBytes = payloadBytes;
            this.occurredAt = occurredAt;
        }

        Parts copy() {
            Parts copy = new Parts(id, aggregateType, aggregateId, type, payload, payloadBytes, occurredAt);
            copy.tenantId = tenantId;
            copy.version = version;
            copy.schemaVersion = schemaVersion;
            copy.dataContentType = dataContentType;
            copy.traceparent = traceparent;
            copy.headers = headers;
            return copy;
        }
    }
}
