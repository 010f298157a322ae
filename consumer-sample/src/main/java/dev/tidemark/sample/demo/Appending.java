package dev.tidemark.sample.demo;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.envelope.Receipt;
import dev.tidemark.outbox.Outbox;
import dev.tidemark.outbox.OutboxEvent;
import dev.tidemark.outbox.Storage;
import dev.tidemark.sample.demo.Ledger.Written;
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
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.postgresql.copy.CopyManager;
import org.postgresql.core.BaseConnection;

/** Puts the events of changes into the outbox of users, each {@link Way} there is. */
final class Appending {

    private static final String COLUMNS = "(id, source, aggregatetype, aggregateid, aggregateversion, type, payload)";

    private final Outbox retained = outbox(Storage.RETAINED);
    private final Outbox inAndOut = outbox(Storage.TRANSIENT);
    private final Outbox walOnly = outbox(Storage.WAL_ONLY);

    private static Outbox outbox(Storage mode) {
        return Outbox.builder().source("users").storage(mode).build();
    }

    /** Appends in the transaction of {@code tx}; the answer is in the order of {@code changes}. */
    List<Written> append(Connection tx, Way way, List<Change> changes) throws SQLException {
        return switch (way) {
            case RETAINED -> oneByOne(tx, retained, changes);
            case TRANSIENT -> oneByOne(tx, inAndOut, changes);
            case WAL_ONLY -> oneByOne(tx, walOnly, changes);
            case BATCH -> together(tx, changes);
            case PLAIN_SQL -> plainSql(tx, changes);
            case COPY -> copy(tx, changes);
        };
    }

    private static List<Written> oneByOne(Connection tx, Outbox outbox, List<Change> changes) throws SQLException {
        List<Written> written = new ArrayList<>();
        for (Change change : changes) {
            OutboxEvent event = event(change);
            written.add(written(event, outbox.append(tx, event)));
        }
        return written;
    }

    private List<Written> together(Connection tx, List<Change> changes) throws SQLException {
        List<OutboxEvent> events = changes.stream().map(Appending::event).toList();
        List<Receipt> receipts = retained.appendAll(tx, events);
        List<Written> written = new ArrayList<>();
        for (int i = 0; i < events.size(); i++) {
            written.add(written(events.get(i), receipts.get(i)));
        }
        return written;
    }

    private static OutboxEvent event(Change change) {
        String payload = change.payload();
        return payload == null
                ? OutboxEvent.tombstone("user", change.id(), change.eventType())
                : OutboxEvent.of("user", change.id(), change.eventType(), payload);
    }

    private static Written written(OutboxEvent event, Receipt receipt) {
        Long version = receipt.version();
        if (version == null) {
            throw new IllegalStateException("users are counted, but the receipt has no version: " + receipt);
        }
        return new Written(event.id(), receipt.aggregate(), version);
    }

    private static List<Written> plainSql(Connection tx, List<Change> changes) throws SQLException {
        List<Written> events = claim(tx, changes);
        String rows = String.join(", ", Collections.nCopies(changes.size(), "(?, 'users', 'user', ?, ?, ?, ?::json)"));
        try (PreparedStatement insert = tx.prepareStatement("insert into outbox " + COLUMNS + " values " + rows)) {
            int next = 1;
            for (int i = 0; i < changes.size(); i++) {
                insert.setObject(next++, events.get(i).id());
                insert.setString(next++, changes.get(i).id());
                insert.setLong(next++, events.get(i).version());
                insert.setString(next++, changes.get(i).eventType());
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
            csv.append(events.get(i).id()).append(",users,user,").append(change.id());
            csv.append(',').append(events.get(i).version()).append(',').append(change.eventType());
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
        changes.forEach(change -> counts.merge(change.id(), 1, Integer::sum));
        TreeMap<String, Long> next = new TreeMap<>();
        try (PreparedStatement claim = tx.prepareStatement("select outbox_version_claim('users', '', 'user', ?, ?)")) {
            for (String id : counts.keySet()) {
                claim.setString(1, id);
                claim.setInt(2, counts.get(id));
                try (ResultSet last = claim.executeQuery()) {
                    last.next();
                    next.put(id, last.getLong(1) - counts.get(id) + 1);
                }
            }
        }
        List<Written> events = new ArrayList<>();
        for (Change change : changes) {
            long version = next.merge(change.id(), 1L, Long::sum) - 1;
            events.add(new Written(uuid7(), new Aggregate("users", "", "user", change.id()), version));
        }
        return events;
    }

    /** Time first, then randomness: what a writer in another language would make. */
    private static UUID uuid7() {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        long time = System.currentTimeMillis() << 16 | 0x7000 | random.nextInt(0x1000);
        return new UUID(time, Long.MIN_VALUE | random.nextLong() >>> 2);
    }
}
