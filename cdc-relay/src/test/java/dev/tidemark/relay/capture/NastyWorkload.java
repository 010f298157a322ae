package dev.tidemark.relay.capture;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.envelope.CloudEventsJson;
import dev.tidemark.envelope.Envelope;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;

/**
 * Transactions that overlap and do what transactions can do to an outbox: rows, COPY, rows that are deleted at once, logical
 * messages, savepoints and rollbacks, texts of all kinds, and rows and messages that are no events. On one thread; a seed
 * has the same events in the same order of commits.
 */
final class NastyWorkload implements AutoCloseable {

    private static final int TRANSACTIONS = 4;
    private static final String INSERT =
            "insert into outbox (id, source, tenantid, aggregatetype, aggregateid, aggregateversion, type, schemaversion, payload,"
                    + " traceparent, headers, occurredat) values (?, ?, ?, ?, ?, ?, ?, ?, ?::json, ?, ?::json, ?::timestamptz)";

    private static final List<String> PAYLOADS = List.of(
            "{}",
            "null",
            "{\"b\" : 1,  \"a\":\"h\u00e9 \\u00e9 \ud83d\ude80\"}",
            "\"\\\\ ' \\\" \\n \\t ; -- $1 \u2028\"",
            "[1.50, 1e400, -0, 123456789012345678901234567890]",
            "\n { \"same\": 1, \"same\": 2 } \n");

    private static final List<String> TIMES = List.of(
            "2026-11-21 10:15:30+00",
            "2026-11-21 10:15:30.5+05:30",
            "2026-11-21 23:59:59.999999-08",
            "1970-01-01 00:00:00+00",
            "9998-12-31 23:59:59.000001+00");

    /** Sources and types that are no names, so that no envelope can have them; the table of the test takes them. */
    private static final List<String> ODD = List.of("", "a b", "\u00fcber", "x'); drop table outbox; --", "{}", "a\tb");

    /** One that is open. */
    private static final class Open {
        private final Connection connection;
        private final List<UUID> ids = new ArrayList<>();

        private Open(Connection connection) {
            this.connection = connection;
        }
    }

    private final FedOutbox outbox;
    private final boolean loose;
    private boolean fenced;
    private final Random random;
    private final List<Open> open = new ArrayList<>();
    private final Set<UUID> committed = new HashSet<>();
    private final Set<UUID> odd = new HashSet<>();
    private int events;

    /** @param loose whether there are messages of ours, too, that belong to no transaction */
    NastyWorkload(FedOutbox outbox, long seed, boolean loose) throws SQLException {
        this.outbox = outbox;
        this.loose = loose;
        this.random = new Random(seed);
        outbox.run(
                "alter table outbox drop constraint outbox_type_is_name, drop constraint outbox_source_is_uri_reference");
        for (int i = 0; i < TRANSACTIONS; i++) {
            open.add(new Open(outbox.begin()));
        }
    }

    /** From now on a row stands right before and right after each transactional message, in the same subtransaction. */
    void fence() {
        fenced = true;
    }

    /** Ids of the events that are committed, but those of odd rows. */
    Set<UUID> committed() {
        return committed;
    }

    /** Ids of rows that may be no events, rolled back or not. */
    Set<UUID> odd() {
        return odd;
    }

    /** One thing more, in one of the open transactions. */
    void step() throws Exception {
        Open tx = open.get(random.nextInt(open.size()));
        switch (random.nextInt(16)) {
            case 0, 1, 2 -> insert(tx, 1);
            case 3 -> insert(tx, 1 + random.nextInt(50));
            case 4 -> copy(tx, 1 + random.nextInt(200));
            case 5 -> insertAndDelete(tx);
            case 6, 7 -> emit(tx);
            case 8 -> savepoint(tx);
            case 9 -> odd(tx);
            case 10 -> foreign(tx);
            case 11 -> run(tx, "update outbox set headers = null where aggregateid = '1'");
            case 12 -> rollback(tx);
            default -> commit(tx);
        }
    }

    /** Ends all that is open; the table gets a column more. */
    void alter(String column) throws SQLException {
        for (Open tx : open) {
            commit(tx);
        }
        outbox.run("alter table outbox add column " + column);
    }

    /** A transaction of its own, of so many rows. */
    void big(int rows) throws Exception {
        Open tx = open.get(0);
        copy(tx, rows / 2);
        insert(open.get(1), 1);
        commit(open.get(1));
        copy(tx, rows - rows / 2);
        commit(tx);
    }

    /**
     * Big transactions that overlap, with big subtransactions, of which some are rolled back, as is one transaction in four;
     * and with small transactions between.
     */
    void bigOnes(int rows) throws Exception {
        for (int part = 0; part < 4; part++) {
            for (Open tx : open.subList(1, open.size())) {
                copy(tx, rows / 4);
                bigSavepoint(tx, rows / 4);
                insert(tx, 10);
                emit(tx);
            }
            insert(open.get(0), 1);
            foreign(open.get(0));
            commit(open.get(0));
        }
        for (Open tx : open) {
            if (random.nextInt(4) == 0) {
                rollback(tx);
            } else {
                commit(tx);
            }
        }
    }

    private void bigSavepoint(Open tx, int rows) throws Exception {
        int before = tx.ids.size();
        Savepoint savepoint = tx.connection.setSavepoint();
        copy(tx, rows / 2);
        int within = tx.ids.size();
        Savepoint inner = tx.connection.setSavepoint();
        emit(tx);
        copy(tx, rows / 2);
        if (random.nextBoolean()) {
            tx.connection.rollback(inner);
            tx.ids.subList(within, tx.ids.size()).clear();
        } else {
            tx.connection.releaseSavepoint(inner);
        }
        insert(tx, 3);
        if (random.nextBoolean()) {
            tx.connection.rollback(savepoint);
            tx.ids.subList(before, tx.ids.size()).clear();
        }
    }

    /** The last event of all. */
    void end(UUID id) throws SQLException {
        for (Open tx : open) {
            commit(tx);
        }
        outbox.insert(id, "last", 1L, "{}");
        committed.add(id);
    }

    @Override
    public void close() throws SQLException {
        for (Open tx : open) {
            tx.connection.close();
        }
    }

    private UUID next(Open tx) {
        events++;
        UUID id = FedOutbox.uuid(events);
        tx.ids.add(id);
        return id;
    }

    private void insert(Open tx, int rows) throws SQLException {
        try (PreparedStatement insert = tx.connection.prepareStatement(INSERT)) {
            for (int i = 0; i < rows; i++) {
                bind(insert, next(tx), "orders", "order-placed");
                insert.addBatch();
            }
            insert.executeBatch();
        }
    }

    private void bind(PreparedStatement insert, UUID id, String source, String type) throws SQLException {
        insert.setObject(1, id);
        insert.setString(2, source);
        insert.setString(3, random.nextBoolean() ? "" : "acme \u00e4");
        insert.setString(4, "order");
        insert.setString(5, random.nextInt(5) == 0 ? "\ud83d\ude80,\"'\\" : Integer.toString(random.nextInt(5)));
        insert.setObject(6, random.nextInt(4) == 0 ? null : (Object) (1 + Math.abs(random.nextLong() / 2)));
        insert.setString(7, type);
        insert.setInt(8, 1 + random.nextInt(3));
        insert.setString(9, payload());
        insert.setString(10, random.nextBoolean() ? null : "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        insert.setString(11, random.nextBoolean() ? null : "{\"correlationid\" : \"c \u00fc\", \"user\":\"\"}");
        insert.setString(12, TIMES.get(random.nextInt(TIMES.size())));
    }

    private @Nullable String payload() {
        int which = random.nextInt(PAYLOADS.size() + 2);
        if (which == PAYLOADS.size()) {
            return null;
        }
        return which < PAYLOADS.size() ? PAYLOADS.get(which) : "\"" + "x\u00e9".repeat(random.nextInt(20_000)) + "\"";
    }

    private void copy(Open tx, int rows) throws Exception {
        StringBuilder csv = new StringBuilder();
        for (int i = 0; i < rows; i++) {
            csv.append(next(tx)).append(",orders,order,copied,").append(i + 1).append(",order-placed,{}\n");
        }
        tx.connection
                .unwrap(PGConnection.class)
                .getCopyAPI()
                .copyIn(
                        "copy outbox (id, source, aggregatetype, aggregateid, aggregateversion, type, payload) from stdin csv",
                        new StringReader(csv.toString()));
    }

    private void insertAndDelete(Open tx) throws SQLException {
        insert(tx, 1);
        run(tx, "delete from outbox where id = '" + tx.ids.get(tx.ids.size() - 1) + "'");
    }

    private void emit(Open tx) throws SQLException {
        String text = payload();
        Envelope.Builder envelope = Envelope.builder()
                .id(next(tx))
                .aggregate(new Aggregate("orders", "", "order", "emitted"))
                .aggregateVersion(1L + random.nextInt(100))
                .type("order-placed")
                .dataSchema(Envelope.defaultDataSchema("orders", "order-placed", 2))
                .time(Instant.parse("2026-11-21T10:15:30.123456Z"))
                .header("correlationid", "c-\u00fc");
        if (text != null) {
            envelope.data("application/json", text.getBytes(StandardCharsets.UTF_8));
        }
        String json = new String(CloudEventsJson.write(envelope.build()), StandardCharsets.UTF_8);
        emit(tx, true, "tidemark.outbox.v1", json);
    }

    private void savepoint(Open tx) throws Exception {
        int before = tx.ids.size();
        Savepoint savepoint = tx.connection.setSavepoint();
        insert(tx, 1 + random.nextInt(3));
        emit(tx);
        if (random.nextBoolean()) {
            Savepoint inner = tx.connection.setSavepoint();
            copy(tx, 3);
            tx.connection.releaseSavepoint(inner);
        }
        if (random.nextBoolean()) {
            tx.connection.rollback(savepoint);
            tx.ids.subList(before, tx.ids.size()).clear();
        } else {
            tx.connection.releaseSavepoint(savepoint);
        }
    }

    private void odd(Open tx) throws SQLException {
        String name = ODD.get(random.nextInt(ODD.size()));
        if (random.nextBoolean()) {
            emit(tx, true, "tidemark.outbox.v" + (1 + random.nextInt(2)), name);
        } else {
            events++;
            UUID id = FedOutbox.uuid(events);
            odd.add(id);
            try (PreparedStatement insert = tx.connection.prepareStatement(INSERT)) {
                bind(insert, id, random.nextBoolean() ? "orders" : "not a source", name);
                insert.executeUpdate();
            }
        }
    }

    private void foreign(Open tx) throws SQLException {
        boolean ours = loose && !committed.isEmpty() && random.nextBoolean();
        emit(tx, !ours && random.nextBoolean(), ours ? "tidemark.outbox.v1" : "somebody.else", "{}");
    }

    private void emit(Open tx, boolean transactional, String prefix, String content) throws SQLException {
        if (fenced && transactional) {
            insert(tx, 1);
        }
        try (PreparedStatement emit = tx.connection.prepareStatement("select pg_logical_emit_message(?, ?, ?)")) {
            emit.setBoolean(1, transactional);
            emit.setString(2, prefix);
            emit.setString(3, content);
            emit.execute();
        }
        if (fenced && transactional) {
            insert(tx, 1);
        }
    }

    private static void run(Open tx, String sql) throws SQLException {
        try (Statement statement = tx.connection.createStatement()) {
            statement.execute("set local lock_timeout = 1"); // others have rows locked, and are on this thread
            Savepoint savepoint = tx.connection.setSavepoint();
            try {
                statement.execute(sql);
                tx.connection.releaseSavepoint(savepoint);
            } catch (SQLException e) {
                tx.connection.rollback(savepoint);
            }
        }
    }

    private static void rollback(Open tx) throws SQLException {
        tx.connection.rollback();
        tx.ids.clear();
    }

    private void commit(Open tx) throws SQLException {
        tx.connection.commit();
        committed.addAll(tx.ids);
        tx.ids.clear();
    }
}
