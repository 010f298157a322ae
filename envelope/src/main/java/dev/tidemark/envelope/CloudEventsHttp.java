package dev.tidemark.envelope;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An envelope as an HTTP message. In binary mode the data is the body and every attribute a header; in
 * structured mode the body is the JSON of {@link CloudEventsJson}.
 *
 * @see <a href="https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md">HTTP
 *     protocol binding</a>
 */
public final class CloudEventsHttp {

    /** The content type of a message in structured mode. */
    public static final String STRUCTURED = "application/cloudevents+json";

    /** The content type of a batch, see {@link CloudEventsJson#batch}. */
    public static final String BATCH = "application/cloudevents-batch+json";

    private static final String ANY_STRUCTURED = "application/cloudevents";
    private static final String CONTENT_TYPE = "content-type";
    private static final String PREFIX = "ce-";

    private CloudEventsHttp() {}

    /**
     * The headers of the binary mode, {@code content-type} among them unless there is no data; the body is
     * {@link Envelope#data()}, or empty. Names are in lower case, and values percent-encoded: they are ASCII
     * without spaces and quotes, except that {@code content-type} stands as it is.
     */
    public static Map<String, String> headers(Envelope envelope) {
        Map<String, String> headers = new LinkedHashMap<>();
        Attributes.write(envelope, (name, value) -> {
            if (name.equals(Attributes.DATA_CONTENT_TYPE)) {
                headers.put(CONTENT_TYPE, value);
            } else {
                headers.put(PREFIX + name, PercentEncoding.encodeHeader(value));
            }
        });
        return headers;
    }

    /**
     * The {@code webhook-id} of Standard Webhooks: the event's id, with a slash and the job behind it for a
     * redelivery and one and the epoch of a source that came back older, percent-encoded; the same in every attempt.
     */
    public static String webhookId(Envelope envelope) {
        return PercentEncoding.encodeHeader(envelope.deduplicationId()).replace(".", "%2E"); // dots part what is signed
    }

    /**
     * The event of a message in binary or structured mode; the content type says which.
     *
     * @param headers names in any case; those that are not CloudEvents' are not looked at
     * @param body empty if there is none; kept, not copied
     * @throws MalformedEnvelopeException if it is no event, or a batch of them
     */
    public static Envelope read(Map<String, List<String>> headers, byte[] body) {
        Map<String, String> attributes = new HashMap<>();
        String contentType = null;
        for (Map.Entry<String, List<String>> header : headers.entrySet()) {
            String name = header.getKey() == null ? "" : header.getKey().toLowerCase(Locale.ROOT); // HttpURLConnection
            if (name.equals(CONTENT_TYPE)) {
                contentType = only(name, header.getValue());
            } else if (name.startsWith(PREFIX)) {
                String attribute = Attributes.requireName(name.substring(PREFIX.length()));
                if (attributes.put(attribute, decode(name, only(name, header.getValue()))) != null) {
                    throw repeated(name);
                }
            }
        }
        return read(contentType, attributes, body);
    }

    private static Envelope read(@Nullable String contentType, Map<String, String> attributes, byte[] body) {
        String mediaType = MediaType.of(contentType);
        if (mediaType.equals(STRUCTURED)) {
            return Attributes.requireSame(attributes, CloudEventsJson.read(body));
        }
        if (mediaType.startsWith(ANY_STRUCTURED)) {
            throw new MalformedEnvelopeException("content-type must be " + STRUCTURED
                    + ", or that of the data in binary mode, but was: " + mediaType);
        }
        if (attributes.isEmpty()) {
            throw new MalformedEnvelopeException("no CloudEvent: there are no ce- headers, and content-type is not "
                    + STRUCTURED + " but: " + (contentType == null ? "not there" : mediaType));
        }
        return Attributes.read(attributes, contentType, data(contentType, body));
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

    private static String only(String name, List<String> values) {
        if (values.size() != 1) {
            throw repeated(name);
        }
        return values.get(0);
    }

    private static MalformedEnvelopeException repeated(String name) {
        return new MalformedEnvelopeException("header " + name + " must be there once");
    }

    private static String decode(String name, String value) {
        try {
            return PercentEncoding.decode(unquote(value.strip()));
        } catch (IllegalArgumentException e) {
            throw new MalformedEnvelopeException("the value of header " + name + " " + e.getMessage(), e);
        }
    }

    /** Older producers put values in quotes, with backslashes before quotes and backslashes. */
    private static String unquote(String value) {
        boolean quoted = value.length() >= 2 && value.startsWith("\"") && value.endsWith("\"");
        return quoted ? value.substring(1, value.length() - 1).replaceAll("\\\\(.)", "$1") : value;
    }
}
