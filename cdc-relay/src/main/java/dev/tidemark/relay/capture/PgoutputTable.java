package dev.tidemark.relay.capture;

import static java.util.Objects.requireNonNull;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A table as pgoutput describes it, and its rows as {@link EventDecoder} takes them: numbers, bytes, times as ISO 8601,
 * and everything else as text. Immutable.
 */
final class PgoutputTable {

    /**
     * A column.
     *
     * @param type oid of its type
     */
    record Column(String name, int type) {}

    private static final String PAYLOAD = "payload";
    private static final int BOOL = 16;
    private static final int BYTEA = 17;
    private static final int INT8 = 20;
    private static final int INT4 = 23;
    private static final int TIMESTAMPTZ = 1184;
    private static final HexFormat HEX = HexFormat.of();

    private final String name;
    private final List<Column> columns;
    private final Map<String, Integer> places = new HashMap<>();

    /** @param name with its schema, such as {@code public.outbox} */
    PgoutputTable(String name, List<Column> columns) {
        this.name = name;
        this.columns = List.copyOf(columns);
        for (int i = 0; i < columns.size(); i++) {
            places.put(columns.get(i).name(), i);
        }
    }

    String name() {
        return name;
    }

    List<Column> columns() {
        return columns;
    }

    /** A row's columns by name; null for one that is null or not there. */
    Function<String, @Nullable Object> row(List<@Nullable ByteBuffer> values) {
        requireAll(values);
        return column -> {
            Integer place = places.get(column);
            ByteBuffer text = place == null ? null : values.get(place);
            if (text == null) {
                return null;
            }
            int type = columns.get(requireNonNull(place)).type();
            return column.equals(PAYLOAD) && type != BYTEA ? text : value(type, text);
        };
    }

    /** All of a row that is not null, as Debezium's feed shows it: who is told of it twice must know it again. */
    String raw(List<@Nullable ByteBuffer> values) {
        StringJoiner raw = new StringJoiner(",", "Struct{", "}");
        for (int i = 0; i < columns.size(); i++) {
            ByteBuffer text = values.get(i);
            if (text != null) {
                int type = columns.get(i).type();
                raw.add(columns.get(i).name() + "=" + (type == BYTEA ? text(text) : value(type, text)));
            }
        }
        return raw.toString();
    }

    private void requireAll(List<@Nullable ByteBuffer> values) {
        if (values.size() != columns.size()) {
            throw new IllegalArgumentException("a row of " + name + " has " + values.size() + " columns, but "
                    + columns.size() + " were announced");
        }
    }

    private static Object value(int type, ByteBuffer bytes) {
        String text = text(bytes);
        return switch (type) {
            case BOOL -> text.equals("t");
            case BYTEA -> HEX.parseHex(text, 2, text.length()); // after \x
            case INT8 -> Long.valueOf(text);
            case INT4 -> Integer.valueOf(text);
            case TIMESTAMPTZ -> iso(text);
            default -> text;
        };
    }

    /** The stream's time zone is UTC and its style of dates ISO: {@code 2026-11-21 10:15:30.5+00}. */
    private static String iso(String time) {
        return time.endsWith("+00")
                ? time.substring(0, time.length() - 3).replace(' ', 'T') + "Z"
                : time; // not a time as the outbox has it
    }

    private static String text(ByteBuffer bytes) {
        return bytes.hasArray()
                ? new String(
                        bytes.array(),
                        bytes.arrayOffset() + bytes.position(),
                        bytes.remaining(),
                        StandardCharsets.UTF_8)
                : StandardCharsets.UTF_8.decode(bytes.duplicate()).toString();
    }
}
