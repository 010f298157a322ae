package dev.tidemark.envelope;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * An envelope as a NATS message. In structured mode its payload is the JSON of {@link CloudEventsJson}; in binary mode
 * the payload is the data and every attribute a header, percent-encoded as in HTTP. Unlike there the type of the data
 * is a header as any other, {@code ce-datacontenttype}: {@code content-type} says that a message is structured.
 *
 * @see <a href="https://github.com/cloudevents/spec/blob/main/cloudevents/bindings/nats-protocol-binding.md">NATS
 *     protocol binding</a>
 */
public final class CloudEventsNats {

    private static final String PREFIX = "ce-";
    private static final String CONTENT_TYPE = "content-type";
    private static final String DATA_CONTENT_TYPE = PREFIX + Attributes.DATA_CONTENT_TYPE;

    private CloudEventsNats() {}

    /** The headers of the binary mode; the payload is {@link Envelope#data()}, or empty. Values are ASCII. */
    public static Map<String, String> headers(Envelope envelope) {
        Map<String, String> headers = new LinkedHashMap<>();
        Attributes.write(envelope, (name, value) -> headers.put(PREFIX + name, PercentEncoding.encodeHeader(value)));
        return headers;
    }

    /** The {@code Nats-Msg-Id}, by which a stream knows that it has this message already. Visible ASCII. */
    public static String messageId(Envelope envelope) {
        return PercentEncoding.encodeHeader(envelope.deduplicationId());
    }

    /**
     * The event of a message in binary or structured mode. A message without an attribute in its headers is
     * structured, whether it says so or not: before 1.0.3 the binding had no other.
     *
     * @param headers names in any case; those that are not CloudEvents' are not looked at
     * @param payload kept, not copied
     * @throws MalformedEnvelopeException if it is no event
     */
    public static Envelope read(Map<String, List<String>> headers, byte[] payload) {
        Map<String, List<String>> asInHttp = new HashMap<>();
        boolean structured = true;
        for (Map.Entry<String, List<String>> header : headers.entrySet()) {
            String name = header.getKey().toLowerCase(Locale.ROOT);
            structured &= !name.startsWith(PREFIX);
            if (name.equals(DATA_CONTENT_TYPE)) {
                asInHttp.put(
                        CONTENT_TYPE,
                        header.getValue().stream().map(PercentEncoding::decode).toList());
            } else if (name.startsWith(PREFIX)) {
                asInHttp.put(name, header.getValue());
            }
        }
        return structured ? CloudEventsJson.read(payload) : CloudEventsHttp.read(asInHttp, payload);
    }
}
