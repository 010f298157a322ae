package dev.tidemark.envelope;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * Columns of the outbox that stand among the attributes as they are in the table. So writes them who can copy columns and
 * make nothing of them: Debezium's outbox event router. No event of a writer can have attributes of these names.
 *
 * @see Envelope#RESERVED_NAMES
 */
final class OutboxColumns {

    private static final String SCHEMA_VERSION = "schemaversion";
    private static final String HEADERS = "headers";
    private static final String DATA_SCHEMA = "dataschema";

    private OutboxColumns() {}

    /** Puts in place of {@code schemaversion} and {@code headers} what the relay makes of them. */
    static void replace(Map<String, String> attributes) {
        String schemaVersion = attributes.remove(SCHEMA_VERSION);
        if (schemaVersion != null && !attributes.containsKey(DATA_SCHEMA)) {
            attributes.put(
                    DATA_SCHEMA,
                    Envelope.defaultDataSchema(
                            attributes.getOrDefault("source", ""),
                            attributes.getOrDefault("type", ""),
                            version(schemaVersion)));
        }
        String headers = attributes.remove(HEADERS);
        if (headers != null) {
            strings(headers).forEach((name, value) -> {
                if (Attributes.NAMES.contains(name) || attributes.put(Attributes.requireName(name), value) != null) {
                    throw new MalformedEnvelopeException("attribute " + name + " is there, and again in headers");
                }
            });
        }
    }

    private static int version(String text) {
        try {
            int version = Integer.parseInt(text);
            if (version >= 1) {
                return version;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw new MalformedEnvelopeException("attribute schemaversion must be a whole number from 1");
    }

    /** The last one where a name is there twice, as the relay has it. */
    private static Map<String, String> strings(String json) {
        return CloudEventsJson.parse(json.getBytes(StandardCharsets.UTF_8), parser -> {
            Map<String, String> strings = new HashMap<>();
            require(parser.nextToken() == JsonToken.START_OBJECT);
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                strings.put(parser.currentName(), string(parser));
            }
            require(parser.nextToken() == null);
            return strings;
        });
    }

    private static String string(JsonParser parser) throws IOException {
        require(parser.nextToken() == JsonToken.VALUE_STRING);
        return parser.getText();
    }

    private static void require(boolean is) {
        if (!is) {
            throw new MalformedEnvelopeException("attribute headers must be a JSON object of strings");
        }
    }
}
