package dev.tidemark.envelope;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** An envelope without its data, as CloudEvents attributes in text: what JSON and HTTP headers have in common. */
final class Attributes {

    static final String DATA_CONTENT_TYPE = "datacontenttype";

    /** The attributes that are parts of an {@link Envelope}; every other one is a header of the writer. */
    static final Set<String> NAMES = Set.of(
            "specversion",
            "id",
            "source",
            "type",
            "subject",
            "time",
            DATA_CONTENT_TYPE,
            "dataschema",
            "aggregatetype",
            "aggregateversion",
            "partitionkey",
            "tenantid",
            "sourceepoch",
            "traceparent",
            "redelivery");

    private static final Pattern NAME = Pattern.compile("[a-z0-9]+");
    private static final Pattern DIGITS = Pattern.compile("[0-9]{1,19}");

    private Attributes() {}

    /** Takes one attribute after the other. */
    interface Target<X extends Exception> {
        void put(String name, String value) throws X;
    }

    /** Hands all attributes of {@code envelope} to {@code target}, always in the same order. */
    static <X extends Exception> void write(Envelope envelope, Target<X> target) throws X {
        Aggregate aggregate = envelope.aggregate();
        target.put("specversion", "1.0");
        target.put("id", envelope.id().toString());
        target.put("source", aggregate.source());
        target.put("type", envelope.type());
        target.put("subject", aggregate.id());
        target.put("time", envelope.time().toString());
        putIfPresent(target, DATA_CONTENT_TYPE, envelope.dataContentType());
        target.put("dataschema", envelope.dataSchema());
        target.put("aggregatetype", aggregate.type());
        Long version = envelope.aggregateVersion();
        putIfPresent(target, "aggregateversion", version == null ? null : version.toString());
        target.put("partitionkey", envelope.partitionKey());
        putIfPresent(target, "tenantid", aggregate.tenantId().isEmpty() ? null : aggregate.tenantId());
        putIfPresent(target, "sourceepoch", envelope.sourceEpoch() == 0 ? null : Long.toString(envelope.sourceEpoch()));
        putIfPresent(target, "traceparent", envelope.traceparent());
        putIfPresent(target, "redelivery", envelope.redelivery());
        for (Map.Entry<String, String> header : envelope.headers().entrySet()) {
            target.put(header.getKey(), header.getValue());
        }
    }

    private static <X extends Exception> void putIfPresent(Target<X> target, String name, @Nullable String value)
            throws X {
        if (value != null) {
            target.put(name, value);
        }
    }

    /** The envelope of which these are the attributes, and {@code data} the data. {@code partitionkey} is not read: it follows. */
    static Envelope read(Map<String, String> attributes, @Nullable String dataContentType, byte @Nullable [] data) {
        Map<String, String> rest = new HashMap<>(attributes);
        String specVersion = required(rest, "specversion");
        if (!specVersion.equals("1.0")) {
            throw malformed("specversion", "must be 1.0", specVersion);
        }
        String tenantId = rest.remove("tenantid");
        String redelivery = rest.remove("redelivery");
        int firstVersion = redelivery != null && redelivery.startsWith("state:") ? 0 : 1; // a state may be that of none
        Envelope.Builder builder = Envelope.builder()
                .id(id(required(rest, "id")))
                .aggregate(new Aggregate(
                        required(rest, "source"),
                        tenantId == null ? "" : tenantId,
                        required(rest, "aggregatetype"),
                        required(rest, "subject")))
                .type(required(rest, "type"))
                .dataSchema(required(rest, "dataschema"))
                .time(time(required(rest, "time")))
                .aggregateVersion(number("aggregateversion", rest.remove("aggregateversion"), firstVersion))
                .traceparent(rest.remove("traceparent"))
                .redelivery(redelivery);
        Long sourceEpoch = number("sourceepoch", rest.remove("sourceepoch"), 0);
        builder.sourceEpoch(sourceEpoch == null ? 0 : sourceEpoch);
        if (MediaType.isOfEvents(dataContentType)) {
            throw malformed(DATA_CONTENT_TYPE, "must not be that of an event", String.valueOf(dataContentType));
        }
        if (data != null) {
            builder.data(dataContentType == null ? "application/json" : dataContentType, data);
        }
        rest.remove("partitionkey");
        rest.remove(DATA_CONTENT_TYPE);
        return builder.headers(rest).build();
    }

    /**
     * Attributes may also stand beside an event in structured mode, if they are the same. Others tell of another event, of
     * which that one is the data.
     *
     * @return {@code event}
     */
    static Envelope requireSame(Map<String, String> beside, Envelope event) {
        requireSame(beside, "id", event.id().toString());
        requireSame(beside, "source", event.aggregate().source());
        requireSame(beside, "type", event.type());
        return event;
    }

    private static void requireSame(Map<String, String> beside, String name, String value) {
        String other = beside.get(name);
        if (other != null && !other.equalsIgnoreCase(value)) {
            throw malformed(name, "must be the same in the headers and in the event, which is " + value, other);
        }
    }

    /** Refuses what cannot be the name of an attribute, since it would come back as another one, or not at all. */
    static String requireName(String name) {
        if (!NAME.matcher(name).matches() || name.equals("data")) {
            throw new MalformedEnvelopeException(
                    "an attribute's name has only a to z and 0 to 9, and is not data, but was: " + name);
        }
        return name;
    }

    private static String required(Map<String, String> attributes, String name) {
        String value = attributes.remove(name);
        if (value == null || value.isEmpty()) {
            throw new MalformedEnvelopeException("attribute " + name + " is required, but is missing or empty");
        }
        return value;
    }

    private static UUID id(String text) {
        try {
            return Uuids.parse(text);
        } catch (IllegalArgumentException e) {
            throw malformed("id", "must be a UUID", text);
        }
    }

    private static Instant time(String text) {
        try {
            return OffsetDateTime.parse(text).toInstant();
        } catch (DateTimeException e) {
            throw malformed("time", "must be a time of RFC 3339 such as 2026-11-20T10:15:30Z", text);
        }
    }

    private static @Nullable Long number(String name, @Nullable String text, long min) {
        if (text == null) {
            return null;
        }
        try {
            long number = DIGITS.matcher(text).matches() ? Long.parseLong(text) : -1;
            if (number >= min) {
                return number;
            }
        } catch (NumberFormatException e) {
            // 19 digits can be too many; said below
        }
        throw malformed(name, "must be a whole number from " + min + " to " + Long.MAX_VALUE + " in digits", text);
    }

    private static MalformedEnvelopeException malformed(String name, String rule, String found) {
        String shown = found.length() <= 100 ? found : found.substring(0, 100) + "…";
        return new MalformedEnvelopeException("attribute " + name + " " + rule + ", but was: " + shown);
    }
}
