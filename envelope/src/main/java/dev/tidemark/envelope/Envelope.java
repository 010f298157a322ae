package dev.tidemark.envelope;

import static java.util.Objects.requireNonNull;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * One event as it travels from the relay to its subscribers: a CloudEvent whose attributes have the names
 * of the outbox's columns.
 *
 * <p>Immutable, except that the array of {@link #data()} is shared and not copied: nobody may write to it.
 *
 * @see <a href="https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md">CloudEvents 1.0.2</a>
 */
public final class Envelope {

    /**
     * What no header of a writer may be called: the names of attributes, of {@code data}, and of the outbox's
     * columns, so that a name means the same in the table and on the wire.
     */
    public static final Set<String> RESERVED_NAMES = reservedNames();

    private static final Instant EARLIEST = Instant.parse("0001-01-01T00:00:00Z");
    private static final Instant LATEST = Instant.parse("9999-12-31T23:59:59Z").plusSeconds(1);

    private final UUID id;
    private final Aggregate aggregate;
    private final @Nullable Long aggregateVersion;
    private final long sourceEpoch;
    private final String type;
    private final String dataSchema;
    private final Instant time;
    private final @Nullable String dataContentType;
    private final byte @Nullable [] data;
    private final @Nullable String traceparent;
    private final Map<String, String> headers;
    private final @Nullable String redelivery;

    private Envelope(Builder b) {
        this.id = requireNonNull(b.id, "id");
        this.aggregate = requireNonNull(b.aggregate, "aggregate");
        this.aggregateVersion = b.aggregateVersion;
        this.sourceEpoch = b.sourceEpoch;
        this.type = requireNonNull(b.type, "type");
        this.dataSchema = requireNonNull(b.dataSchema, "dataSchema");
        this.time = requireFourDigitYear(requireNonNull(b.time, "time")).truncatedTo(ChronoUnit.MICROS);
        this.data = b.data;
        this.dataContentType =
                b.data == null ? null : requireOfData(requireNonNull(b.dataContentType, "dataContentType"));
        this.traceparent = b.traceparent;
        this.headers = Collections.unmodifiableMap(new TreeMap<>(b.headers));
        this.redelivery = b.redelivery;
    }

    private static Set<String> reservedNames() {
        Set<String> names = new TreeSet<>(Attributes.NAMES);
        Collections.addAll(names, "data", "aggregateid", "schemaversion", "payload", "headers", "occurredat");
        return Collections.unmodifiableSet(names);
    }

    /** In binary mode it would say that the data is the event, and whoever reads it would take that for the event. */
    private static String requireOfData(String contentType) {
        if (MediaType.isOfEvents(contentType)) {
            throw new IllegalArgumentException(
                    "dataContentType must not be that of CloudEvents themselves, which may be data"
                            + " as application/json, but was: " + contentType);
        }
        return contentType;
    }

    private static Instant requireFourDigitYear(Instant time) {
        if (time.isBefore(EARLIEST) || !time.isBefore(LATEST)) {
            throw new IllegalArgumentException("time must be in the years 0001 to 9999, but was: " + time);
        }
        return time;
    }

    public static Builder builder() {
        return new Builder();
    }

    /** A builder that begins with all the parts of this envelope. */
    public Builder toBuilder() {
        Builder builder = new Builder()
                .id(id)
                .aggregate(aggregate)
                .aggregateVersion(aggregateVersion)
                .sourceEpoch(sourceEpoch)
                .type(type)
                .dataSchema(dataSchema)
                .time(time)
                .traceparent(traceparent)
                .headers(headers)
                .redelivery(redelivery);
        return data == null || dataContentType == null ? builder : builder.data(dataContentType, data);
    }

    /** The {@code dataschema} of an event whose relay has no base of its own: {@code urn:tidemark:orders:order-placed:1}. */
    public static String defaultDataSchema(String source, String type, int schemaVersion) {
        return "urn:tidemark:" + PercentEncoding.encodeUrn(source) + ":" + PercentEncoding.encodeUrn(type) + ":"
                + schemaVersion;
    }

    /** UUIDv7 made by the writer; the same in every attempt and every redelivery. */
    public UUID id() {
        return id;
    }

    public Aggregate aggregate() {
        return aggregate;
    }

    /**
     * 1, 2, 3 … one for each event of the aggregate; null for an unversioned aggregate type. Of a state ({@code redelivery}
     * begins with {@code state:}) the version that it is true for, 0 if the aggregate never had an event.
     */
    public @Nullable Long aggregateVersion() {
        return aggregateVersion;
    }

    /** Raised when the source's database came back older than its consumers; 0 until then. */
    public long sourceEpoch() {
        return sourceEpoch;
    }

    /** Such as {@code order-placed}, or {@code com.example.order-placed} where the relay puts a prefix before it. */
    public String type() {
        return type;
    }

    /** An absolute URI whose last part is the schema version. */
    public String dataSchema() {
        return dataSchema;
    }

    /** The digits after the last {@code :} or {@code /} of {@link #dataSchema()}; 1 if there are none. */
    public int schemaVersion() {
        int start = Math.max(dataSchema.lastIndexOf(':'), dataSchema.lastIndexOf('/')) + 1;
        try {
            return Integer.parseInt(dataSchema, start, dataSchema.length(), 10);
        } catch (NumberFormatException e) {
            return 1;
        }
    }

    /** When it occurred, to the microsecond, by the writer's clock. */
    public Instant time() {
        return time;
    }

    /** Null exactly if there is no data. */
    public @Nullable String dataContentType() {
        return dataContentType;
    }

    /** The payload byte for byte as it was written, or null for a tombstone. Shared: do not write to it. */
    public byte @Nullable [] data() {
        return data;
    }

    /** The data as text, or null for a tombstone. */
    public @Nullable String dataAsText() {
        return data == null ? null : new String(data, StandardCharsets.UTF_8);
    }

    /** The writer's W3C trace context, never changed on the way. */
    public @Nullable String traceparent() {
        return traceparent;
    }

    /** The writer's headers, such as {@code correlationid} and {@code tracestate}; sorted and unmodifiable. */
    public Map<String, String> headers() {
        return headers;
    }

    /** {@code replay:<job>} or {@code state:<job>}; null for a live event. */
    public @Nullable String redelivery() {
        return redelivery;
    }

    /** Aggregate id, with the tenant and a slash before it where there are tenants. */
    public String partitionKey() {
        return aggregate.tenantId().isEmpty() ? aggregate.id() : aggregate.tenantId() + "/" + aggregate.id();
    }

    /**
     * What tells a broker that it has this message already: the id, with a slash and the job behind it for a
     * redelivery, and {@code /epoch:1} and so on for what a source that came back older sends again; a broker would
     * swallow both otherwise.
     */
    public String deduplicationId() {
        String of = redelivery == null ? id.toString() : id + "/" + redelivery.substring(redelivery.indexOf(':') + 1);
        return sourceEpoch == 0 ? of : of + "/epoch:" + sourceEpoch;
    }

    /** How much of the heap it holds, roughly: what counts against the relay's limits. */
    public int approximateBytes() {
        int text = aggregate.id().length() + type.length() + dataSchema.length();
        for (Map.Entry<String, String> header : headers.entrySet()) {
            text += header.getKey().length() + header.getValue().length() + 64;
        }
        return 512 + text + (data == null ? 0 : data.length);
    }

    /** For logs: id, aggregate, version and type; never the data. */
    @Override
    public String toString() {
        return type + " " + id + " of " + aggregate + (aggregateVersion == null ? "" : "@" + aggregateVersion);
    }

    /** Collects the parts of an {@link Envelope}; for one thread. */
    public static final class Builder {

        private @Nullable UUID id;
        private @Nullable Aggregate aggregate;
        private @Nullable Long aggregateVersion;
        private long sourceEpoch;
        private @Nullable String type;
        private @Nullable String dataSchema;
        private @Nullable Instant time;
        private @Nullable String dataContentType;
        private byte @Nullable [] data;
        private @Nullable String traceparent;
        private final Map<String, String> headers = new TreeMap<>();
        private @Nullable String redelivery;

        private Builder() {}

        public Builder id(UUID id) {
            this.id = id;
            return this;
        }

        public Builder aggregate(Aggregate aggregate) {
            this.aggregate = aggregate;
            return this;
        }

        public Builder aggregateVersion(@Nullable Long aggregateVersion) {
            this.aggregateVersion = aggregateVersion;
            return this;
        }

        public Builder sourceEpoch(long sourceEpoch) {
            this.sourceEpoch = sourceEpoch;
            return this;
        }

        public Builder type(String type) {
            this.type = type;
            return this;
        }

        public Builder dataSchema(String dataSchema) {
            this.dataSchema = dataSchema;
            return this;
        }

        public Builder time(Instant time) {
            this.time = time;
            return this;
        }

        /** The payload and its content type, which is not one of CloudEvents themselves; the array is kept, not copied. */
        public Builder data(String dataContentType, byte[] data) {
            this.dataContentType = dataContentType;
            this.data = data;
            return this;
        }

        public Builder traceparent(@Nullable String traceparent) {
            this.traceparent = traceparent;
            return this;
        }

        /** @throws IllegalArgumentException if an attribute has that name, or none can have it */
        public Builder header(String name, String value) {
            if (Attributes.NAMES.contains(name)) {
                throw new IllegalArgumentException("a header cannot be called " + name + ": an attribute is");
            }
            headers.put(Attributes.requireName(name), requireNonNull(value, name));
            return this;
        }

        /** @throws IllegalArgumentException if an attribute has one of the names, or none can have it */
        public Builder headers(Map<String, String> headers) {
            headers.forEach(this::header);
            return this;
        }

        public Builder redelivery(@Nullable String redelivery) {
            this.redelivery = redelivery;
            return this;
        }

        /**
         * The envelope.
         *
         * @throws NullPointerException naming the part, if id, aggregate, type, dataSchema or time is missing
         * @throws IllegalArgumentException if the time is not in the years 0001 to 9999, as RFC 3339 demands
         */
        public Envelope build() {
            return new Envelope(this);
        }
    }
}
