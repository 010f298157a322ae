package dev.tidemark.relay.capture;

import static java.util.Objects.requireNonNull;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Reads what the table of the outbox holds at one moment: the events of each aggregate by version, those of an
 * unversioned one by id; aggregates among one another roughly by time. For one thread, on a connection in auto-commit
 * mode that nobody else uses; another thread may {@linkplain Connection#abort abort} it.
 *
 * <p>The server sorts, and keeps the ids in a file of its own while it is read: no transaction is open meanwhile, so
 * nothing is kept from vacuum or upkeep. A row that upkeep has taken away by the time it is to be read is left out.
 */
public final class RetainedOutbox {

    private static final int READ_BYTES = 4 << 20;
    private static final int SORT_MILLIS = Math.toIntExact(TimeUnit.HOURS.toMillis(2));
    private static final int ANSWER_MILLIS = Math.toIntExact(TimeUnit.MINUTES.toMillis(1));

    /** The latest time up to an event of its aggregate: it never goes back there, whatever the writers' clocks did. */
    private static final String DECLARE = """
            declare retained scroll cursor with hold for
            select id, aggregatetype, type, tenantid from (
                select id, source, tenantid, aggregatetype, aggregateid, aggregateversion, type,
                    max(occurredat) over (ascending rows unbounded preceding) as time,
                    row_number() over ascending = count(*) over aggregate as newest
                from %s where %s
                window aggregate as (partition by source, tenantid, aggregatetype, aggregateid),
                    ascending as (aggregate order by aggregateversion, id)) as retained
            where newest or not %s
            order by time, source, tenantid, aggregatetype, aggregateid, aggregateversion, id""";

    private static final String OF_AGGREGATE = """
            aggregateid = any (%1$s) and %2$s in (
                aggregatetype || '/' || aggregateid,
                source || '/' || case tenantid when '' then '' else tenantid || '/' end || aggregatetype || '/' || aggregateid)""";

    /** Transactions that may have written to the outbox or a partition, and are not over for those who look. */
    private static final String WRITERS = """
            select virtualtransaction || coalesce(' of pid ' || pid, '')
            from pg_locks
            where locktype = 'relation' and mode = 'RowExclusiveLock' and granted
              and database = (select oid from pg_database where datname = current_database())
              and relation in (select relid from pg_partition_tree(to_regclass(?)))""";

    private static final String SIZES =
            "select id, coalesce(octet_length(payload::text), 0) from %s where id = any (?::uuid[])";

    private static final String ROWS = "select * from %s where id = any (?::uuid[])";

    private final Connection connection;
    private final String table;
    private final EventDecoder decoder;
    private long rows;

    /**
     * An event that may be wanted.
     *
     * @param type as it is on the wire
     */
    public record Candidate(UUID id, String aggregateType, String type, String tenantId) {}

    /**
     * An event, or why its row is none.
     *
     * @param id of the row
     * @param change committed when the event says that it occurred, which is all that is known
     */
    public record Row(UUID id, Change change) {}

    /** @param table with its schema, as {@code source.table} is */
    public RetainedOutbox(Connection connection, String table, EventDecoder decoder) {
        this.connection = connection;
        this.table = table;
        this.decoder = decoder;
    }

    /**
     * Transactions that are open and may have written to the outbox, with names for people. One that has committed
     * may still be among them: it is in the log, and nobody sees its rows yet.
     */
    public Set<String> writers() throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(WRITERS)) {
            query.setString(1, table);
            try (ResultSet rows = query.executeQuery()) {
                Set<String> writers = new HashSet<>();
                while (rows.next()) {
                    writers.add(rows.getString(1));
                }
                return writers;
            }
        }
    }

    /** Sorts what there is now, which takes long where there is much. Returns where the log ends behind all of it. */
    public Lsn open() throws SQLException {
        return open(null, null, false);
    }

    /**
     * As {@link #open()}, for some of it.
     *
     * @param since only events that occurred then or later; null for all
     * @param aggregate only those of one, such as {@code order/42}, or with its source, and tenant, before it; null for all
     * @param newest only the newest of each aggregate
     */
    public Lsn open(@Nullable Instant since, @Nullable String aggregate, boolean newest) throws SQLException {
        connection.setNetworkTimeout(Runnable::run, SORT_MILLIS);
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
            statement.execute(DECLARE.formatted(table, condition(since, aggregate), newest));
            connection.commit();
            connection.setAutoCommit(true);
            rows = statement.executeUpdate("move forward all in retained");
            statement.execute("move absolute 0 in retained");
            connection.setNetworkTimeout(Runnable::run, ANSWER_MILLIS);
            try (ResultSet row = statement.executeQuery("select pg_current_wal_insert_lsn()")) {
                row.next();
                return Lsn.parse(row.getString(1));
            }
        }
    }

    /** How many rows were sorted. */
    public long rows() {
        return rows;
    }

    private String condition(@Nullable Instant since, @Nullable String aggregate) throws SQLException {
        StringJoiner and = new StringJoiner(" and ").setEmptyValue("true");
        if (since != null) {
            and.add("occurredat >= " + literal(since.toString()) + "::timestamptz");
        }
        if (aggregate != null) {
            and.add(OF_AGGREGATE.formatted(ids(aggregate), literal(aggregate)));
        }
        return and.toString();
    }

    /** As the server quotes it, whatever its settings: a cursor takes no parameters. */
    private String literal(String text) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement("select quote_literal(?)")) {
            query.setString(1, text);
            try (ResultSet row = query.executeQuery()) {
                row.next();
                return row.getString(1);
            }
        }
    }

    /** What may be the id in such a name: what follows one of its slashes. */
    private String ids(String aggregate) throws SQLException {
        StringJoiner ids = new StringJoiner(", ", "array[", "]");
        for (int slash = aggregate.indexOf('/'); slash >= 0; slash = aggregate.indexOf('/', slash + 1)) {
            ids.add(literal(aggregate.substring(slash + 1)));
        }
        return ids.toString();
    }

    /** Whether the slot has confirmed everything up to a position. */
    public boolean isConfirmed(String slot, Lsn position) throws SQLException {
        try (PreparedStatement query = connection.prepareStatement(
                "select confirmed_flush_lsn >= ?::pg_lsn from pg_replication_slots where slot_name = ?")) {
            query.setString(1, position.toString());
            query.setString(2, slot);
            try (ResultSet row = query.executeQuery()) {
                return row.next() && row.getBoolean(1);
            }
        }
    }

    /** Has the log go on, also where nothing is written: what was asked for last comes to be confirmed with it. */
    public void nudge() throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("select tidemark.nudge()");
        }
    }

    /** The next ones of what was sorted, in order; none when that was all. */
    public List<Candidate> next(int most) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("fetch forward " + most + " from retained")) {
            List<Candidate> candidates = new ArrayList<>();
            while (rows.next()) {
                candidates.add(new Candidate(
                        rows.getObject(1, UUID.class),
                        rows.getString(2),
                        decoder.wireType(rows.getString(3)),
                        rows.getString(4)));
            }
            return candidates;
        }
    }

    /** What a batch of ids is divided into, so that each part can be read into memory. Keeps the order. */
    public List<List<UUID>> parts(List<UUID> ids) throws SQLException {
        Map<UUID, Long> sizes = new HashMap<>();
        try (PreparedStatement query = connection.prepareStatement(SIZES.formatted(table))) {
            query.setArray(1, connection.createArrayOf("uuid", ids.toArray()));
            try (ResultSet rows = query.executeQuery()) {
                while (rows.next()) {
                    sizes.put(rows.getObject(1, UUID.class), rows.getLong(2));
                }
            }
        }
        List<List<UUID>> parts = new ArrayList<>();
        long bytes = READ_BYTES;
        for (UUID id : ids) {
            Long size = sizes.get(id);
            if (size == null) {
                continue; // gone
            }
            if (bytes + size > READ_BYTES) {
                parts.add(new ArrayList<>());
                bytes = 0;
            }
            parts.get(parts.size() - 1).add(id);
            bytes += size;
        }
        return parts;
    }

    /** The events of these ids, in this order, without those that are gone. */
    public List<Row> read(List<UUID> ids) throws SQLException {
        Map<UUID, Change> found = new HashMap<>();
        try (PreparedStatement query = connection.prepareStatement(ROWS.formatted(table))) {
            query.setArray(1, connection.createArrayOf("uuid", ids.toArray()));
            try (ResultSet rows = query.executeQuery()) {
                while (rows.next()) {
                    found.put(rows.getObject("id", UUID.class), change(columns(rows)));
                }
            }
        }
        List<Row> read = new ArrayList<>();
        for (UUID id : ids) {
            Change change = found.get(id);
            if (change != null) {
                read.add(new Row(id, change));
            }
        }
        return read;
    }

    private Change change(Map<String, @Nullable Object> row) {
        Instant occurredAt = Instant.EPOCH;
        try {
            String time = (String) requireNonNull(row.get("occurredat"), "occurredat");
            occurredAt = OffsetDateTime.parse(time).toInstant();
            return Change.of(new Lsn(0), occurredAt, decoder.row(row::get));
        } catch (RuntimeException e) {
            String reason = "row " + row.get("id") + " of " + table + " cannot be decoded: " + e.getMessage();
            return Change.undecodable(new Lsn(0), occurredAt, reason, row.toString());
        }
    }

    /** As the decoder has them from the log: numbers, bytes, times as ISO 8601, and everything else as text. */
    private static Map<String, @Nullable Object> columns(ResultSet row) throws SQLException {
        Map<String, @Nullable Object> columns = new HashMap<>();
        for (int i = 1; i <= row.getMetaData().getColumnCount(); i++) {
            String type = row.getMetaData().getColumnTypeName(i);
            columns.put(
                    row.getMetaData().getColumnName(i),
                    switch (type) {
                        case "int8" -> row.getObject(i, Long.class);
                        case "int4" -> row.getObject(i, Integer.class);
                        case "bytea" -> row.getBytes(i);
                        case "timestamptz" -> iso(row.getObject(i, OffsetDateTime.class));
                        default -> row.getString(i);
                    });
        }
        return columns;
    }

    private static @Nullable String iso(@Nullable OffsetDateTime time) {
        return time == null ? null : time.toString();
    }
}
