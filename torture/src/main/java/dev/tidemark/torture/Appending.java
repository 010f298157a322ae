package dev.tidemark.torture;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.outbox.Outbox;
import dev.tidemark.outbox.OutboxEvent;
import dev.tidemark.outbox.Storage;
import java.io.IOException;
import java.io.StringReader;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.postgresql.copy.CopyManager;
import org.postgresql.core.BaseConnection;

/** Puts the events of changes into the outbox, each {@link Way} there is. Immutable. */
final class Appending {

    /** Of the service that writes. */
    static final String SOURCE = "torture";

    static final String AGGREGATE_TYPE = "item";

    private static final String COLUMNS = "(id, source, aggregatetype, aggregateid, aggregateversion, type, payload)";

    private final Outbox retained = outbox(Storage.RETAINED);
    private final Outbox inAndOut = outbox(Storage.TRANSIENT);
    private final Outbox walOnly = outbox(Storage.WAL_ONLY);

    private static Outbox outbox(Storage mode) {
        return Outbox.builder()
                .source(SOURCE)
                .storage(mode)
                .maxPayloadBytes(16 << 20)
                .build();
    }

    /** Appends in the transaction of {@code tx}; the answer is in the order of {@code changes}. */
    List<Written> append(Connection tx, Way way, List<Change> changes) throws SQLException {
        return switch (way) {
            case RETAINED -> together(tx, retained, changes);
            case TRANSIENT -> together(tx, inAndOut, changes);
            case WAL_ONLY -> together(tx, walOnly, changes);
            case BATCH -> together(tx, retained, changes);
            case PLAIN_SQL -> plainSql(tx, changes);
            case COPY -> copy(tx, changes);
        };
    }

    private static List<Written> together(Connection tx, Outbox outbox, List<Change> changes) throws SQLException {
        List<OutboxEvent> events = changes.stream().map(Appending::event).toList();
        List<Long> versions = outbox.appendAll(tx, events).stream()
                .map(receipt -> receipt.version())
                .toList();
        List<Written> written = new ArrayList<>();
        for (int i = 0; i < events.size(); i++) {
            written.add(new Written(events.get(i).id(), aggregate(changes.get(i)), versions.get(i)));
        }
        return written;
    }

    private static OutboxEvent event(Change change) {
        String payload = change.payload();
        return payload == null
                ? OutboxEvent.tombstone(AGGREGATE_TYPE, change.key(), change.type())
                : OutboxEvent.of(AGGREGATE_TYPE, change.key(), change.type(), payload);
    }

    private static Aggregate aggregate(Change change) {
        return new Aggregate(SOURCE, "", AGGREGATE_TYPE, change.key());
    }

    private static List<Written> plainSql(Connection tx, List<Change> changes) throws SQLException {
        List<Written> events = claim(tx, changes);
        String rows = String.join(
                ", ", Collections.nCopies(changes.size(), "(?, '" + SOURCE + "', 'item', ?, ?, ?, ?::json)"));
        try (PreparedStatement insert = tx.prepareStatement("insert into outbox " + COLUMNS + " values " + rows)) {
            int next = 1;
            for (int i = 0; i < changes.size(); i++) {
                insert.setObject(next++, events.get(i).id());
                insert.setString(next++, changes.get(i).key());
                insert.setObject(next++, events.get(i).version());
                insert.setString(next++, changes.get(i).type());
                insert.setString(next++, changes.get(i).payload());
            }
            insert.executeUpdate();
        }
        return events;
    }

    private static List<Written> copy(Connection tx, List<Change> changes) throws SQLException {
        List<Written> events = claim(tx, changes);
        StringBuilder csv = new StringBuilder();
        for (int i = 0; i < changes.size(); i++) {
            Change change = changes.get(i);
            csv.append(events.get(i).id())
                    .append(',')
                    .append(SOURCE)
                    .append(",item,")
                    .append(change.key());
            csv.append(',').append(events.get(i).version()).append(',').append(change.type());
            csv.append(',').append(quoted(change.payload())).append('\n');
        }
        try {
            new CopyManager(tx.unwrap(BaseConnection.class))
                    .copyIn("copy outbox " + COLUMNS + " from stdin (format csv)", new StringReader(csv.toString()));
        } catch (IOException e) {
            throw new IllegalStateException("reading from memory failed", e);
        }
        return events;
    }

    /** An empty field without quotes is null. */
    private static String quoted(@Nullable String payload) {
        return payload == null ? "" : '"' + payload.replace("\"", "\"\"") + '"';
    }

    /** Takes a version for each change, as whoever fills the outbox by hand must; keys sorted, or writers deadlock. */
    private static List<Written> claim(Connection tx, List<Change> changes) throws SQLException {
        TreeMap<String, Integer> counts = new TreeMap<>();
        changes.forEach(change -> counts.merge(change.key(), 1, Integer::sum));
        TreeMap<String, Long> next = new TreeMap<>();
        try (PreparedStatement claim =
                tx.prepareStatement("select outbox_version_claim('" + SOURCE + "', '', 'item', ?, ?)")) {
            for (String key : counts.keySet()) {
                int count = counts.getOrDefault(key, 0);
                claim.setString(1, key);
                claim.setInt(2, count);
                try (ResultSet last = claim.executeQuery()) {
                    last.next();
                    next.put(key, last.getLong(1) - count + 1);
                }
            }
        }
        List<Written> events = new ArrayList<>();
        for (Change change : changes) {
            long version = next.merge(change.key(), 1L, Long::sum) - 1;
            events.add(new Written(uuid7(), aggregate(change), version));
        }
        return events;
    }

    private static UUID uuid7() {
        return OutboxEvent.of(AGGREGATE_TYPE, "any", Change.PUT_TYPE, "{}").id();
    }
}
