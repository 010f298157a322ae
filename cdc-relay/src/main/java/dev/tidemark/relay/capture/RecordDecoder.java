package dev.tidemark.relay.capture;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;
import org.jspecify.annotations.Nullable;

/** From Debezium's records to changes. */
final class RecordDecoder {

    private final EventDecoder events;

    RecordDecoder(EventDecoder events) {
        this.events = events;
    }

    /** The event in {@code record}, or null if it is something else: a heartbeat, a foreign message. */
    @Nullable
    Change decode(SourceRecord record) {
        if (!(record.value() instanceof Struct value) || value.schema().field("source") == null) {
            return null;
        }
        Struct source = value.getStruct("source");
        Lsn lsn = new Lsn(source.getInt64("lsn"));
        Instant committedAt = Instant.EPOCH.plus(source.getInt64("ts_us"), ChronoUnit.MICROS);
        if ("m".equals(value.getString("op"))) {
            Struct message = value.getStruct("message");
            Object content = message.get("content");
            return events.message(
                    lsn,
                    committedAt,
                    message.getString("prefix"),
                    content == null ? new byte[0] : EventDecoder.bytes(content));
        }
        Struct after = value.getStruct("after");
        return after == null
                ? null
                : events.row(lsn, committedAt, column -> optional(after, column), () -> String.valueOf(after));
    }

    private static @Nullable Object optional(Struct row, String column) {
        Field field = row.schema().field(column);
        return field == null ? null : row.get(field);
    }
}
