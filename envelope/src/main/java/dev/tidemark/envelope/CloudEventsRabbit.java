package dev.tidemark.envelope;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An envelope as a message of RabbitMQ, which speaks AMQP 0-9-1. CloudEvents has no binding for that; here each
 * attribute is a header {@code cloudEvents_…}, the type of the data the property {@code content-type}, and the data the
 * body, byte for byte. What RabbitMQ makes of it for clients of AMQP 1.0 is that protocol's binding in binary mode.
 *
 * <p>A body cannot be missing, so a tombstone is a message without {@code content-type}, whose body is empty.
 *
 * @see <a href="https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/amqp-protocol-binding.md">AMQP
 *     protocol binding</a>
 */
public final class CloudEventsRabbit {

    private static final String ANY_STRUCTURED = "application/cloudevents";
    private static final String PREFIX = "cloudEvents_";

    private CloudEventsRabbit() {}

    /** The headers, always in the same order; content type and body are those of the data, or null and empty. */
    public static Map<String, String> headers(Envelope envelope) {
        Map<String, String> headers = new LinkedHashMap<>();
        Attributes.write(envelope, (name, value) -> {
            if (!name.equals(Attributes.DATA_CONTENT_TYPE)) {
                headers.put(PREFIX + name, value);
            }
        });
        return headers;
    }

    /**
     * The event of a message in binary or structured mode; the content type says which.
     *
     * @param headers names with {@code cloudEvents_} or {@code cloudEvents:} before them; others are not looked at. What
     *     a value says is its {@link Object#toString}, as that of the client's {@code LongString}
     * @param contentType null for a tombstone
     * @param body kept, not copied
     * @throws MalformedEnvelopeException if it is no event, or a batch of them
     */
    public static Envelope read(Map<String, ?> headers, @Nullable String contentType, byte[] body) {
        String mediaType = MediaType.of(contentType);
        if (mediaType.equals(CloudEventsHttp.STRUCTURED)) {
            return Attributes.requireSame(attributes(headers), CloudEventsJson.read(body));
        }
        if (mediaType.startsWith(ANY_STRUCTURED)) {
            throw new MalformedEnvelopeException("content-type must be " + CloudEventsHttp.STRUCTURED
                    + ", or that of the data in binary mode, but was: " + mediaType);
        }
        Map<String, String> attributes = attributes(headers);
        if (attributes.isEmpty()) {
            throw new MalformedEnvelopeException(
                    "no CloudEvent: there are no cloudEvents_ headers, and content-type is not "
                            + CloudEventsHttp.STRUCTURED + " but: " + (contentType == null ? "not there" : mediaType));
        }
        return Attributes.read(attributes, contentType, data(contentType, body));
    }

    private static Map<String, String> attributes(Map<String, ?> headers) {
        Map<String, String> attributes = new HashMap<>();
        headers.forEach((name, value) -> {
            if (name.replace(':', '_').toLowerCase(Locale.ROOT).startsWith(PREFIX.toLowerCase(Locale.ROOT))) {
                String attribute = Attributes.requireName(name.substring(PREFIX.length()));
                if (value == null || attributes.put(attribute, value.toString()) != null) {
                    throw new MalformedEnvelopeException("header " + name + " must be there once, with a value");
                }
            }
        });
        return attributes;
    }

    /** A body that was lost on the way must not look like a tombstone, which has no content type. */
    private static byte @Nullable [] data(@Nullable String contentType, byte[] body) {
        if (contentType == null && body.length > 0) {
            throw new MalformedEnvelopeException("there is a body of " + body.length + " bytes, but no content-type");
        }
        if (body.length == 0 && CloudEventsJson.isJson(contentType)) {
            throw new MalformedEnvelopeException("content-type is " + contentType + ", but the body is empty");
        }
        return contentType == null ? null : body;
    }
}
