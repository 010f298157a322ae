package dev.tidemark.sample.scaleout;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.envelope.Receipt;
import dev.tidemark.outbox.Outbox;
import dev.tidemark.outbox.OutboxEvent;
import dev.tidemark.outbox.Storage;
import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.HistoryChecker;
import dev.tidemark.testkit.Outcome;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;

/**
 * Writers on several connections, who share the aggregates: orders and users, some of a tenant, and notes, which have no
 * versions. They write all that an event can have, and roll some of it back.
 */
final class ScaleOutWriters {

    static final List<String> TYPES = List.of("note", "order", "user");

    private static final String SOURCE = "shop";
    private static final int WRITERS = 4;
    private static final int MOST_TOGETHER = 5;
    private static final int BIG = 524_000; // 1 MiB, nearly

    private final Database database;
    private final HistoryChecker history;
    private final Map<UUID, Envelope> written = new ConcurrentHashMap<>();
    private final List<Outbox> outboxes;
    private final Semaphore allowed;

    /** @param ahead how many events they may write before the first of them is handled */
    ScaleOutWriters(Database database, HistoryChecker history, int ahead) {
        this.database = database;
        this.history = history;
        this.allowed = new Semaphore(ahead);
        this.outboxes = List.of(outbox(Storage.RETAINED), outbox(Storage.TRANSIENT));
    }

    private static Outbox outbox(Storage storage) {
        return Outbox.builder()
                .source(SOURCE)
                .storage(storage)
                .unversioned("note")
                .build();
    }

    /** What is to arrive, by its id. */
    Map<UUID, Envelope> written() {
        return written;
    }

    /** An event was handled for the first time: another may be written. */
    void handled() {
        allowed.release();
    }

    /** Writes {@code versions} events of each of so many aggregates, until the answer is complete. */
    Future<?> start(int aggregates, int versions, long seed) {
        List<Integer> turns = new ArrayList<>();
        for (int i = 0; i < aggregates; i++) {
            turns.addAll(Collections.nCopies(versions, i));
        }
        Collections.shuffle(turns, new Random(seed));
        ExecutorService threads = Executors.newFixedThreadPool(WRITERS + 1);
        List<Future<?>> running = new ArrayList<>();
        for (int i = 0; i < WRITERS; i++) {
            int from = turns.size() * i / WRITERS;
            int to = turns.size() * (i + 1) / WRITERS;
            Random random = new Random(seed + i);
            running.add(threads.submit(() -> write(turns.subList(from, to), random)));
        }
        Future<?> all = threads.submit(() -> {
            for (Future<?> one : running) {
                one.get();
            }
            return null;
        });
        threads.shutdown();
        return all;
    }

    /** Writes one event more, when all others are written. */
    void writeLast() throws SQLException {
        try (Connection tx = database.connect()) {
            tx.setAutoCommit(false);
            List<Envelope> events = append(tx, List.of(1), new Random(0));
            tx.commit();
            events.forEach(this::note);
        }
    }

    private @Nullable Void write(List<Integer> turns, Random random) throws SQLException, InterruptedException {
        try (Connection tx = database.connect()) {
            tx.setAutoCommit(false);
            for (int next = 0; next < turns.size(); ) {
                int together = Math.min(1 + random.nextInt(MOST_TOGETHER), turns.size() - next);
                allowed.acquire(together);
                if (random.nextInt(20) == 0) {
                    append(tx, turns.subList(next, next + together), random);
                    tx.rollback();
                }
                List<Envelope> events = append(tx, turns.subList(next, next + together), random);
                tx.commit();
                events.forEach(this::note);
                next += together;
            }
        }
        return null;
    }

    private List<Envelope> append(Connection tx, List<Integer> aggregates, Random random) throws SQLException {
        List<OutboxEvent> events =
                aggregates.stream().map(aggregate -> event(aggregate, random)).toList();
        List<Receipt> receipts = outboxes.get(random.nextInt(outboxes.size())).appendAll(tx, events);
        List<Envelope> envelopes = new ArrayList<>();
        for (int i = 0; i < events.size(); i++) {
            envelopes.add(envelope(events.get(i), receipts.get(i).version()));
        }
        return envelopes;
    }

    private void note(Envelope event) {
        written.put(event.id(), event);
        history.wrote(event.id(), event.aggregate().toString(), event.aggregateVersion(), Outcome.COMMITTED);
    }

    private static OutboxEvent event(int aggregate, Random random) {
        String type = TYPES.get(aggregate % TYPES.size());
        String id = aggregate % 4 == 0 ? "ö " + aggregate : "a-" + aggregate;
        OutboxEvent event = (random.nextInt(10) == 0
                        ? OutboxEvent.tombstone(type, id, type + "-deleted")
                        : OutboxEvent.of(type, id, type + "-changed", payload(random)))
                .occurredAt(
                        Instant.ofEpochSecond(1_700_000_000 + random.nextInt(1000), random.nextInt(4) * 120_000_000L));
        if (aggregate % 7 == 0) {
            event = event.tenantId("acme ä");
        }
        if (random.nextInt(3) == 0) {
            event = event.schemaVersion(1 + random.nextInt(12)).dataContentType("application/" + type + "+json");
        }
        if (random.nextInt(3) == 0) {
            event = event.traceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
                    .header("tracestate", "vendor=x,other=y")
                    .header("correlationid", "c " + random.nextInt(1000))
                    .header("user", " Zoë \"%20\" 😀\\ ");
        }
        return event;
    }

    private static String payload(Random random) {
        return switch (random.nextInt(6)) {
            case 0 -> "null";
            case 1 -> "{ \"total\": 12.50,\t\"a\" :1e2,\n\"a\":[ ] }";
            case 2 -> "\"\\u00e9 \\\" \\\\ é 😀 \u007f \u2028\"";
            case 3 -> random.nextInt(40) == 0 ? "[\"" + "ü".repeat(BIG) + "\"]" : " [1] ";
            default -> "{\"n\":" + random.nextInt() + "}";
        };
    }

    /** What the relay would make of it. */
    private static Envelope envelope(OutboxEvent event, @Nullable Long version) {
        Envelope.Builder envelope = Envelope.builder()
                .id(event.id())
                .aggregate(new Aggregate(SOURCE, event.tenantId(), event.aggregateType(), event.aggregateId()))
                .aggregateVersion(version)
                .type(event.type())
                .dataSchema(Envelope.defaultDataSchema(SOURCE, event.type(), event.schemaVersion()))
                .time(event.occurredAt())
                .traceparent(event.traceparent())
                .headers(event.headers());
        String payload = event.payload();
        return payload == null
                ? envelope.build()
                : envelope.data(event.dataContentType(), payload.getBytes(StandardCharsets.UTF_8))
                        .build();
    }
}
