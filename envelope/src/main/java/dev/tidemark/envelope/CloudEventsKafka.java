package dev.tidemark.envelope;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An envelope as a record of Kafka. In binary mode the data is the value, byte for byte, and every attribute a header
 * in UTF-8; an event without data has the value null, a tombstone. In structured mode the value is the JSON of
 * {@link CloudEventsJson}, and never null: what such a record says, a compacted topic does not delete.
 *
 * @see <a href="https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/kafka-protocol-binding.md">Kafka
 *     protocol binding</a>
 */
public final class CloudEventsKafka {

    private static final String ANY_STRUCTURED = "application/cloudevents";
    private static final String CONTENT_TYPE = "content-type";
    private static final String PREFIX = "ce_";

    private CloudEventsKafka() {}

    /** The key in both modes: the id of the aggregate, with the tenant and a slash before it where there are tenants. */
    public static byte[] key(Envelope envelope) {
        return utf8(envelope.partitionKey());
    }

    /** The headers of the binary mode, always in the same order; the value is {@link Envelope#data()}. */
    public static Map<String, byte[]> headers(Envelope envelope) {
        Map<String, byte[]> headers = new LinkedHashMap<>();
        Attributes.write(
                envelope,
                (name, value) -> headers.put(
                        name.equals(Attributes.DATA_CONTENT_TYPE) ? CONTENT_TYPE : PREFIX + name, utf8(value)));
        return headers;
    }

    /** The only header of the structured mode; the value is that of {@link CloudEventsJson#write}. */
    public static Map<String, byte[]> structuredHeaders() {
        return Map.of(CONTENT_TYPE, utf8(CloudEventsHttp.STRUCTURED));
    }

    /**
     * The event of a record in binary or structured mode; the content type says which.
     *
     * <p>In binary mode, the columns {@code schemaversion} and {@code headers} of the outbox are taken as they are: Debezium's
     * outbox event router can write {@code ce_schemaversion} and {@code ce_headers}, but no {@code ce_dataschema} and no
     * attribute for each header of the writer.
     *
     * @param headers names in any case; those that are not CloudEvents' are not looked at, and those whose value is null are
     *     not there: so Kafka Connect writes a column that is null
     * @param value null for a tombstone; kept, not copied
     * @throws MalformedEnvelopeException if it is no event, or a batch of them
     */
    public static Envelope read(Map<String, ? extends List<byte @Nullable []>> headers, byte @Nullable [] value) {
        Map<String, String> attributes = new HashMap<>();
        String contentType = null;
        for (Map.Entry<String, ? extends List<byte @Nullable []>> header : headers.entrySet()) {
            String name = header.getKey().toLowerCase(Locale.ROOT);
            if (isNull(header.getValue())) {
                continue;
            }
            if (name.equals(CONTENT_TYPE)) {
                contentType = only(name, header.getValue());
            } else if (name.startsWith(PREFIX)) {
                String attribute = Attributes.requireName(name.substring(PREFIX.length()));
                if (attributes.put(attribute, only(name, header.getValue())) != null) {
                    throw repeated(name);
                }
            }
        }
        String mediaType = MediaType.of(contentType);
        if (mediaType.startsWith(ANY_STRUCTURED)) {
            return Attributes.requireSame(attributes, structured(mediaType, value));
        }
        if (attributes.isEmpty()) {
            throw new MalformedEnvelopeException("no CloudEvent: there are no ce_ headers, and content-type is not "
                    + CloudEventsHttp.STRUCTURED + " but: " + (contentType == null ? "not there" : mediaType));
        }
        if ((value == null) != (contentType == null)) {
            throw new MalformedEnvelopeException("value and content-type must be there both, or neither");
        }
        OutboxColumns.replace(attributes);
        return Attributes.read(attributes, contentType, value);
    }

    private static boolean isNull(List<byte @Nullable []> values) {
        return values.size() == 1 && values.get(0) == null;
    }

    private static Envelope structured(String mediaType, byte @Nullable [] value) {
        if (!mediaType.equals(CloudEventsHttp.STRUCTURED)) {
            throw new MalformedEnvelopeException("content-type must be " + CloudEventsHttp.STRUCTURED
                    + ", or that of the data in binary mode, but was: " + mediaType);
        }
        if (value == null) {
            throw new MalformedEnvelopeException("content-type is " + mediaType + ", but there is no value");
        }
        return CloudEventsJson.read(value);
    }

    private static String only(String name, List<byte @Nullable []> values) {
        byte[] value = values.size() == 1 ? values.get(0) : null;
        if (value == null) {
            throw repeated(name);
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(value))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new MalformedEnvelopeException("the value of header " + name + " is not UTF-8", e);
        }
    }

    private static MalformedEnvelopeException repeated(String name) {
        return new MalformedEnvelopeException("header " + name + " must be there once, with a value");
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
