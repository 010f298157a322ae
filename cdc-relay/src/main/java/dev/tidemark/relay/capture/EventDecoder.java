package dev.tidemark.relay.capture;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tidemark.envelope.Aggregate;
import dev.tidemark.envelope.CloudEventsJson;
import dev.tidemark.envelope.Envelope;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * From what a feed reads to envelopes: rows of the outbox, and logical messages.
 *
 * <p>What cannot be decoded is not dropped and throws nothing: it becomes a change that says why.
 */
public final class EventDecoder {

    /** Prefix of the logical messages that are events; the version of their form follows. */
    static final String MESSAGE_PREFIX = "tidemark.outbox.";

    private static final String MESSAGE_V1 = MESSAGE_PREFIX + "v1";
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final TypeReference<Map<String, String>> HEADERS = new TypeReference<>() {};

    /** There are as many as a service has contracts; whoever makes names up must not fill the memory. */
    private static final int MOST_SHOWN = 1000;

    private final WireNames names;
    private final ToLongFunction<String> sourceEpochs;
    private final Map<Named, Shown> shown = new ConcurrentHashMap<>();

    /** What a service calls the form of an event. */
    private record Named(String source, String type, int schemaVersion) {}

    /** The same on the wire. */
    private record Shown(String type, String dataSchema) {}

    /** @param sourceEpochs the epoch of each source, 0 where none was raised */
    public EventDecoder(WireNames names, ToLongFunction<String> sourceEpochs) {
        this.names = requireNonNull(names, "names");
        this.sourceEpochs = requireNonNull(sourceEpochs, "sourceEpochs");
    }

    /**
     * A row of the outbox as an event.
     *
     * @param raw all that there is of it, for a person to read; asked only if it cannot be decoded
     */
    Change row(Lsn lsn, Instant committedAt, Function<String, @Nullable Object> row, Supplier<String> raw) {
        try {
            Envelope envelope = row(row);
            requireStorable(envelope);
            return Change.of(lsn, committedAt, envelope);
        } catch (RuntimeException e) {
            return undecodable("row", lsn, committedAt, e, raw.get());
        }
    }

    /** A logical message as an event, or null if it is somebody else's. */
    @Nullable
    Change message(Lsn lsn, Instant committedAt, String prefix, byte[] content) {
        if (!prefix.startsWith(MESSAGE_PREFIX)) {
            return null;
        }
        try {
            Envelope envelope = message(prefix, content);
            requireStorable(envelope);
            return Change.of(lsn, committedAt, envelope);
        } catch (RuntimeException e) {
            String raw = prefix + " " + new String(content, StandardCharsets.UTF_8);
            return undecodable("logical message", lsn, committedAt, e, raw);
        }
    }

    /** NUL, which Postgres cannot store as text, is shown as U+FFFD. */
    private static Change undecodable(String what, Lsn lsn, Instant committedAt, RuntimeException why, String raw) {
        String reason = what + " at " + lsn + " cannot be decoded: " + why.getMessage();
        return Change.undecodable(lsn, committedAt, reason.replace('\0', '\uFFFD'), raw.replace('\0', '\uFFFD'));
    }

    /** No column of ours could have it, a logical message can; the backlog could not store it. */
    private static void requireStorable(Envelope envelope) {
        Aggregate aggregate = envelope.aggregate();
        if (hasNul(aggregate.source())
                || hasNul(aggregate.tenantId())
                || hasNul(aggregate.type())
                || hasNul(aggregate.id())
                || hasNul(envelope.type())) {
            throw new IllegalArgumentException("the type or the aggregate has the character NUL in its name");
        }
    }

    private static boolean hasNul(String text) {
        return text.indexOf('\0') >= 0;
    }

    /** @param row its columns by name, as Debezium gives them; null for one that is null or not there */
    Envelope row(Function<String, @Nullable Object> row) {
        String source = text(row, "source");
        Shown shown =
                shown(source, text(row, "type"), requireNonNull((Integer) row.apply("schemaversion"), "schemaversion"));
        Envelope.Builder envelope = Envelope.builder()
                .id(UUID.fromString(text(row, "id")))
                .aggregate(new Aggregate(
                        source, text(row, "tenantid"), text(row, "aggregatetype"), text(row, "aggregateid")))
                .aggregateVersion((Long) row.apply("aggregateversion"))
                .sourceEpoch(sourceEpochs.applyAsLong(source))
                .type(shown.type())
                .dataSchema(shown.dataSchema())
                .time(Iso8601.parse(text(row, "occurredat")))
                .traceparent((String) row.apply("traceparent"));
        Object payload = row.apply("payload");
        if (payload != null) {
            envelope.data(text(row, "datacontenttype"), bytes(payload));
        }
        String headers = (String) row.apply("headers");
        return headers == null
                ? envelope.build()
                : envelope.headers(parseHeaders(headers)).build();
    }

    /** Most events have a form that an earlier one had; its names take as long to make as the rest of a row. */
    private Shown shown(String source, String type, int schemaVersion) {
        Named named = new Named(source, type, schemaVersion);
        Shown known = shown.get(named);
        if (known != null) {
            return known;
        }
        Shown made = new Shown(names.type(type), names.dataSchema(source, type, schemaVersion));
        if (shown.size() < MOST_SHOWN) {
            shown.put(named, made);
        }
        return made;
    }

    String wireType(String type) {
        return names.type(type);
    }

    private Envelope message(String prefix, byte[] content) {
        if (!prefix.equals(MESSAGE_V1)) {
            throw new IllegalArgumentException(
                    "prefix is " + prefix + ", but this relay knows " + MESSAGE_V1 + " only");
        }
        Envelope written = CloudEventsJson.read(content);
        String source = written.aggregate().source();
        Shown shown = shown(source, written.type(), written.schemaVersion());
        return written.toBuilder()
                .sourceEpoch(sourceEpochs.applyAsLong(source))
                .type(shown.type())
                .dataSchema(shown.dataSchema())
                .build();
    }

    private static Map<String, String> parseHeaders(String json) {
        try {
            return JSON.readValue(json, HEADERS);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("headers must be a JSON object of strings", e);
        }
    }

    private static String text(Function<String, @Nullable Object> row, String column) {
        Object value = row.apply(column);
        if (value == null) {
            throw new IllegalArgumentException("column " + column + " is missing or null");
        }
        return (String) value;
    }

    /** Text as it was written, or the bytes of a binary payload. */
    static byte[] bytes(Object value) {
        if (value instanceof String text) {
            return text.getBytes(StandardCharsets.UTF_8);
        }
        if (value instanceof ByteBuffer buffer) {
            byte[] copy = new byte[buffer.remaining()];
            buffer.duplicate().get(copy);
            return copy;
        }
        return (byte[]) value;
    }
}
