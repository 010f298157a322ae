package dev.tidemark.relay.sink;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.envelope.CloudEventsHttp;
import dev.tidemark.envelope.CloudEventsJson;
import dev.tidemark.envelope.Envelope;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An envelope as a message of SQS or SNS: the JSON of {@link CloudEventsJson} as its body.
 *
 * @param target a queue or a topic
 * @param body of characters that XML 1.0 allows; others those services refuse, or replace without a word
 * @param attributes beside the body, each a text
 * @param fifo null unless the target is FIFO
 */
record AwsMessage(
        String target,
        String body,
        Map<String, String> attributes,
        @Nullable Fifo fifo) {

    /** How the name of every queue and topic ends that keeps an order, and of no other. */
    static final String FIFO_SUFFIX = ".fifo";

    static final String CONTENT_TYPE = "contentType";

    private static final String TYPE_OF_ATTRIBUTES = "String";
    private static final int DIGEST_BYTES = 16;

    /** What a deduplication id may be. */
    private static final Pattern DEDUPLICATION = Pattern.compile("[!-~]{1,128}");

    /** Not allowed by XML 1.0. In JSON they stand in texts only, and have a form there that is ASCII. */
    private static final Pattern NOT_IN_XML =
            Pattern.compile("[^\\x09\\x0A\\x0D\\x20-\\x{D7FF}\\x{E000}-\\x{FFFD}\\x{10000}-\\x{10FFFF}]");

    /**
     * What a FIFO queue or topic goes by.
     *
     * @param group within which the order is kept: the aggregate
     * @param deduplication of two messages with the same one, within five minutes, one is kept: the event, and the job
     *     of a redelivery
     */
    record Fifo(String group, String deduplication) {}

    /**
     * The message of {@code envelope}.
     *
     * @throws CharacterCodingException if its data is called JSON and is not UTF-8
     */
    static AwsMessage of(Envelope envelope, String target) throws CharacterCodingException {
        Map<String, String> attributes = new LinkedHashMap<>();
        attributes.put(CONTENT_TYPE, CloudEventsHttp.STRUCTURED);
        Fifo fifo =
                target.endsWith(FIFO_SUFFIX) ? new Fifo(group(envelope.aggregate()), deduplication(envelope)) : null;
        return new AwsMessage(target, body(envelope), attributes, fifo);
    }

    /**
     * With another attribute, to filter by. One without a value has no form there; one with characters that are not
     * allowed is left out too: it is in the body.
     */
    AwsMessage with(String name, String value) {
        if (value.isEmpty() || NOT_IN_XML.matcher(value).find()) {
            return this;
        }
        Map<String, String> more = new LinkedHashMap<>(attributes);
        more.put(name, value);
        return new AwsMessage(target, body, more, fifo);
    }

    private static String body(Envelope envelope) throws CharacterCodingException {
        String json = StandardCharsets.UTF_8
                .newDecoder()
                .decode(ByteBuffer.wrap(CloudEventsJson.write(envelope)))
                .toString();
        return NOT_IN_XML
                .matcher(json)
                .replaceAll(
                        found -> String.format("\\\\u%04x", (int) found.group().charAt(0)));
    }

    /** The same for all events of an aggregate, and of no other; each part after its length, so that none runs over. */
    private static String group(Aggregate aggregate) {
        StringBuilder parts = new StringBuilder();
        for (String part : new String[] {aggregate.source(), aggregate.tenantId(), aggregate.type(), aggregate.id()}) {
            parts.append(part.length()).append(':').append(part);
        }
        return digest(parts.toString());
    }

    /** The name of a job may have characters that are not allowed, or too many. */
    private static String deduplication(Envelope envelope) {
        String id = envelope.deduplicationId();
        return DEDUPLICATION.matcher(id).matches() ? id : envelope.id() + "/" + digest(id);
    }

    private static String digest(String text) {
        try {
            byte[] all = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(all, 0, DIGEST_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JVM has SHA-256, but this one fails", e);
        }
    }

    /** What the service counts: the body, and of each attribute its name, type and value. */
    int bytes() {
        int bytes = utf8Length(body);
        for (Map.Entry<String, String> attribute : attributes.entrySet()) {
            bytes += utf8Length(attribute.getKey()) + TYPE_OF_ATTRIBUTES.length() + utf8Length(attribute.getValue());
        }
        return bytes;
    }

    private static int utf8Length(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }
}
