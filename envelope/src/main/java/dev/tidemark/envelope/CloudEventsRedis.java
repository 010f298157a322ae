package dev.tidemark.envelope;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * An envelope as an entry of a Redis stream. There is no binding of CloudEvents for those; here each attribute is a
 * field of its own name, in UTF-8, and the data is the field {@value #DATA}, byte for byte. A tombstone has no such
 * field.
 */
public final class CloudEventsRedis {

    /** The field of the data; no attribute may have this name. */
    public static final String DATA = "data";

    private CloudEventsRedis() {}

    /** The fields of the entry, always in the same order; the data comes last and is not copied. */
    public static Map<String, byte[]> fields(Envelope envelope) {
        Map<String, byte[]> fields = new LinkedHashMap<>();
        Attributes.write(envelope, (name, value) -> fields.put(name, value.getBytes(StandardCharsets.UTF_8)));
        byte[] data = envelope.data();
        if (data != null) {
            fields.put(DATA, data);
        }
        return fields;
    }

    /**
     * The event of an entry.
     *
     * @param fields all of the entry; the data is kept, not copied
     * @throws MalformedEnvelopeException if it is no event
     */
    public static Envelope read(Map<String, byte[]> fields) {
        Map<String, String> attributes = new HashMap<>();
        fields.forEach((name, value) -> {
            if (!name.equals(DATA)) {
                attributes.put(Attributes.requireName(name), text(name, value));
            }
        });
        String contentType = attributes.get(Attributes.DATA_CONTENT_TYPE);
        byte[] data = fields.get(DATA);
        if ((data == null) != (contentType == null)) {
            throw new MalformedEnvelopeException("the fields data and datacontenttype must be there both, or neither");
        }
        return Attributes.read(attributes, contentType, data);
    }

    private static String text(String name, byte[] value) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(value))
                    .toString();
        } catch (CharacterCodingException e) {
            throw new MalformedEnvelopeException("the value of field " + name + " is not UTF-8", e);
        }
    }
}
