package dev.tidemark.envelope;

import com.fasterxml.jackson.core.JsonEncoding;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * An envelope as one JSON object: the structured mode of CloudEvents.
 *
 * <p>Data that is JSON stands in {@code data} byte for byte as it was written, in both directions: it is
 * copied, never parsed and written anew. Other data stands in {@code data_base64}. A tombstone has neither.
 *
 * @see <a href="https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md">JSON format</a>
 */
public final class CloudEventsJson {

    private static final JsonFactory JSON = json(JsonText.MAX_DEPTH + 1); // the event's own object is one level
    private static final JsonFactory BATCH = json(JsonText.MAX_DEPTH + 2);

    private CloudEventsJson() {}

    private static JsonFactory json(int depth) {
        return JsonFactory.builder()
                .disable(JsonFactory.Feature.CHARSET_DETECTION) // UTF-8 only, or offsets would not be of bytes
                .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
                .enable(JsonWriteFeature.COMBINE_UNICODE_SURROGATES_IN_UTF8)
                .streamReadConstraints(StreamReadConstraints.builder()
                        .maxNestingDepth(depth)
                        .maxNumberLength(Integer.MAX_VALUE)
                        .maxStringLength(Integer.MAX_VALUE)
                        .maxNameLength(Integer.MAX_VALUE)
                        .build())
                .build();
    }

    /** The event as one JSON object in UTF-8. */
    public static byte[] write(Envelope envelope) {
        return write(envelope, isJson(envelope.dataContentType()));
    }

    /** The same with the data in {@code data_base64}, whatever its type: for data that is not the JSON it is called. */
    public static byte[] writeBase64(Envelope envelope) {
        return write(envelope, false);
    }

    /**
     * A batch: one JSON array.
     *
     * @param events as {@link #write} wrote them, in their order
     * @see <a href="https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md#4-json-batch-format">JSON
     *     batch format</a>
     */
    public static byte[] batch(List<byte[]> events) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write('[');
        for (byte[] event : events) {
            if (out.size() > 1) {
                out.write(',');
            }
            out.writeBytes(event);
        }
        out.write(']');
        return out.toByteArray();
    }

    private static byte[] write(Envelope envelope, boolean isJson) {
        byte[] data = envelope.data();
        ByteArrayOutputStream out = new ByteArrayOutputStream(1024 + (data == null ? 0 : data.length));
        try (JsonGenerator json = JSON.createGenerator(out, JsonEncoding.UTF8)) {
            json.writeStartObject();
            Attributes.write(envelope, json::writeStringField);
            if (data != null && isJson) {
                json.writeFieldName("data");
                json.writeRawValue("");
                json.flush();
                out.write(data);
            } else if (data != null) {
                json.writeStringField("data_base64", Base64.getEncoder().encodeToString(data));
            }
            json.writeEndObject();
        } catch (IOException e) {
            throw new UncheckedIOException("event " + envelope.id() + " has no form in JSON: " + e.getMessage(), e);
        }
        return out.toByteArray();
    }

    /**
     * The event that {@link #write} or another producer of CloudEvents wrote.
     *
     * @throws MalformedEnvelopeException if it is not one, or lacks what makes it an event of an aggregate
     */
    public static Envelope read(byte[] json) {
        return parse(JSON, json, parser -> {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new MalformedEnvelopeException("an event is a JSON object, but this is something else");
            }
            Envelope event = Members.read(parser, json).toEnvelope();
            if (parser.nextToken() != null) {
                throw new MalformedEnvelopeException("there is something after the event's JSON object");
            }
            return event;
        });
    }

    /**
     * The events of a {@linkplain #batch batch}, in their order.
     *
     * @throws MalformedEnvelopeException if it is not an array, or one of them is not such an event
     */
    public static List<Envelope> readBatch(byte[] json) {
        return parse(BATCH, json, parser -> {
            if (parser.nextToken() != JsonToken.START_ARRAY) {
                throw new MalformedEnvelopeException("a batch of events is a JSON array, but this is something else");
            }
            List<Envelope> events = new ArrayList<>();
            while (parser.nextToken() == JsonToken.START_OBJECT) {
                events.add(Members.read(parser, json).toEnvelope());
            }
            if (parser.currentToken() != JsonToken.END_ARRAY) {
                throw new MalformedEnvelopeException(
                        "element " + events.size() + " of the batch is something else than a JSON object");
            }
            if (parser.nextToken() != null) {
                throw new MalformedEnvelopeException("there is something after the JSON array of the batch");
            }
            return events;
        });
    }

    /** Takes what it wants from the beginning of a JSON text. */
    interface Reading<T> {
        T from(JsonParser parser) throws IOException;
    }

    /** @throws MalformedEnvelopeException if it is not JSON in UTF-8, as far as {@code reading} has read */
    static <T> T parse(byte[] json, Reading<T> reading) {
        return parse(JSON, json, reading);
    }

    private static <T> T parse(JsonFactory factory, byte[] json, Reading<T> reading) {
        requireUtf8(json);
        try (JsonParser parser = factory.createParser(json)) {
            return reading.from(parser);
        } catch (JsonProcessingException e) {
            JsonLocation at = e.getLocation();
            throw new MalformedEnvelopeException(
                    "not JSON: " + e.getOriginalMessage() + (at == null ? "" : ", at byte " + at.getByteOffset()), e);
        } catch (IOException e) {
            throw new UncheckedIOException(e); // there is no input or output here
        }
    }

    private static void requireUtf8(byte[] json) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(json));
        } catch (CharacterCodingException e) {
            throw new MalformedEnvelopeException("not UTF-8", e);
        }
    }

    /** Whether data of this content type is JSON, by {@code …/json} or {@code …+json}. */
    static boolean isJson(@Nullable String contentType) {
        String type = MediaType.of(contentType);
        return type.endsWith("/json") || type.endsWith("+json");
    }

    /** The members of the event's object. */
    private static final class Members {

        private final Map<String, String> attributes = new HashMap<>();
        private byte @Nullable [] data; // as it stands in the JSON
        private @Nullable String text; // of the data, if that is a string
        private byte @Nullable [] binary;

        static Members read(JsonParser parser, byte[] json) throws IOException {
            Members members = new Members();
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                parser.nextToken();
                switch (name) {
                    case "data" -> members.readData(parser, json);
                    case "data_base64" -> members.readBinary(parser);
                    default -> members.readAttribute(Attributes.requireName(name), parser);
                }
            }
            return members;
        }

        private void readData(JsonParser parser, byte[] json) throws IOException {
            requireFirst("data", data);
            int start = (int) parser.currentTokenLocation().getByteOffset();
            if (parser.currentToken() == JsonToken.VALUE_STRING) {
                text = parser.getText();
            }
            parser.skipChildren();
            parser.finishToken();
            int end = (int) parser.currentLocation().getByteOffset();
            while (isWhitespace(json[start - 1])) { // the payload's own, perhaps: it stays byte for byte
                start--;
            }
            while (end < json.length && isWhitespace(json[end])) {
                end++;
            }
            data = Arrays.copyOfRange(json, start, end);
        }

        private static boolean isWhitespace(byte b) {
            return b == ' ' || b == '\t' || b == '\n' || b == '\r';
        }

        private void readBinary(JsonParser parser) throws IOException {
            requireFirst("data_base64", binary);
            if (parser.currentToken() == JsonToken.VALUE_NULL) {
                return;
            }
            try {
                binary = Base64.getDecoder().decode(scalar("data_base64", parser));
            } catch (IllegalArgumentException e) {
                throw new MalformedEnvelopeException("data_base64 is not base64: " + e.getMessage(), e);
            }
        }

        private void readAttribute(String name, JsonParser parser) throws IOException {
            if (parser.currentToken() != JsonToken.VALUE_NULL) { // CloudEvents: null is the same as absent
                requireFirst(name, attributes.put(name, scalar(name, parser)));
            }
        }

        private static String scalar(String name, JsonParser parser) throws IOException {
            if (!parser.currentToken().isScalarValue()) {
                throw new MalformedEnvelopeException(
                        "attribute " + name + " must be a string, a number or a boolean, but is an object or an array");
            }
            return parser.getText();
        }

        private static void requireFirst(String name, @Nullable Object before) {
            if (before != null) {
                throw new MalformedEnvelopeException(name + " is there twice");
            }
        }

        Envelope toEnvelope() {
            String contentType = attributes.get(Attributes.DATA_CONTENT_TYPE);
            if (binary != null) {
                requireFirst("the data, as data and as data_base64,", data);
                return Attributes.read(attributes, contentType, binary);
            }
            if (text != null && contentType != null && !isJson(contentType)) {
                return Attributes.read(attributes, contentType, text.getBytes(StandardCharsets.UTF_8));
            }
            return Attributes.read(attributes, contentType, data);
        }
    }
}
