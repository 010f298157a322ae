package dev.tidemark.relay.backlog;

import static java.util.Objects.requireNonNull;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.envelope.Envelope;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Puts events into a subscriber's backlog, in order, by as few statements as memory allows. */
final class Storing {

    /** What one statement takes, so that its copies in the driver and the server stay small. */
    static final int MOST_EVENTS = 1000;

    static final int MOST_BYTES = 8 * 1024 * 1024;

    private static final int TRIES = 3;

    private static final String STORE = """
            , stored as (
                insert into tidemark.backlog (%s subscriber, id, bucket, hash, source, tenantid, aggregatetype, aggregateid,
                    aggregateversion, sourceepoch, type, state, cause, envelope, raw, bytes, attempts, reason,
                    committed_at, passed_lsn)
                %s
                select %s ?, a.id, a.bucket, a.hash, a.source, a.tenantid, a.aggregatetype, a.aggregateid,
                    a.aggregateversion, a.sourceepoch, a.type, a.state, a.cause, a.envelope, a.raw,
                    coalesce(octet_length(a.envelope), octet_length(a.raw), 0), a.attempts, a.reason,
                    a.committed_at, (select coalesce(?::pg_lsn, pg_current_wal_insert_lsn()))
                from fence, unnest(?::uuid[], ?::int2[], ?::int4[], ?::text[], ?::text[], ?::text[], ?::text[],
                        ?::int8[], ?::int8[], ?::text[], ?::text[], ?::text[], ?::bytea[], ?::text[], ?::int4[],
                        ?::text[], ?::timestamptz[])
                    with ordinality as a (id, bucket, hash, source, tenantid, aggregatetype, aggregateid,
                        aggregateversion, sourceepoch, type, state, cause, envelope, raw, attempts,
                        reason, committed_at, n)
                order by a.n
                on conflict (subscriber, id) do nothing
                returning id, position, state)
            select id, position, state, true from stored
            union all
            select id, position, state, false from tidemark.backlog where subscriber = ? and id = any (?::uuid[])
            union all
            select null, count(*), null, null from fence
            """;

    /** Positions are given in the order of n: a default is evaluated after the sort. */
    private static final String BEHIND = STORE.formatted("", "", "");

    private static final String AHEAD =
            STORE.formatted("position, redelivery,", "overriding system value", "? + a.n, ?::bigint,");

    /** What is settled and comes once more gives way. */
    private static final String CLEAR = """
            , gone as (
                delete from tidemark.backlog b using fence
                where b.subscriber = ? and b.id = any (?::uuid[]) and b.state = 'settled')
            select count(*) from fence
            """;

    private final Access access;
    private final String subscriber;

    Storing(Access access, String subscriber) {
        this.access = access;
        this.subscriber = subscriber;
    }

    /**
     * Where events go that go ahead of all others.
     *
     * @param position each gets a higher one than this, and than the event before it
     * @param redelivery the job that puts them there; null if none does
     */
    record Ahead(long position, @Nullable Long redelivery) {

        Ahead plus(int events) {
            return new Ahead(position + events, redelivery);
        }
    }

    List<Placed> store(List<Arrival> arrivals) throws BacklogException {
        return store(arrivals, null);
    }

    /** Forgets the keys of these events, if they are settled. */
    void clear(List<Arrival> arrivals) throws BacklogException {
        Object[] ids = column(arrivals, Arrival::id);
        access.run(
                "make room for " + ids.length + " events for " + subscriber,
                tx -> access.fenced(tx, CLEAR)
                        .text(subscriber)
                        .array("uuid", ids)
                        .query(row -> {
                            row.next();
                            access.requireLead(row.getLong(1));
                            return true;
                        }));
    }

    /** @param ahead null for behind all others */
    List<Placed> store(List<Arrival> arrivals, @Nullable Ahead ahead) throws BacklogException {
        Set<UUID> seen = new HashSet<>();
        List<Placed> placed = new ArrayList<>(arrivals.size());
        int from = 0;
        while (from < arrivals.size()) {
            int to = endOfBatch(arrivals, from);
            List<Arrival> batch = arrivals.subList(from, to);
            Map<UUID, Placed> found = storeBatch(batch, ahead == null ? null : ahead.plus(from));
            for (Arrival arrival : batch) {
                Placed one = requireNonNull(found.get(arrival.id()), "every event was found");
                boolean first = seen.add(arrival.id());
                placed.add(first ? one : new Placed(one.position(), one.state(), false));
            }
            from = to;
        }
        return placed;
    }

    private static int endOfBatch(List<Arrival> arrivals, int from) {
        long bytes = 0;
        int to = from;
        while (to < arrivals.size() && to - from < MOST_EVENTS) {
            Envelope envelope = arrivals.get(to).envelope();
            bytes += envelope == null ? 0 : envelope.approximateBytes();
            if (to > from && bytes > MOST_BYTES) {
                break;
            }
            to++;
        }
        return to;
    }

    /**
     * An event that is neither stored now nor was there when the statement began was being stored meanwhile, by an
     * earlier try of ours whose answer was lost: the next statement sees it.
     */
    private Map<UUID, Placed> storeBatch(List<Arrival> batch, @Nullable Ahead ahead) throws BacklogException {
        Map<UUID, Placed> found = new HashMap<>();
        String end = access.endOfSourceLog(); // all of the batch was committed before
        for (int tries = 0; tries < TRIES; tries++) {
            access.run(
                    "store " + batch.size() + " events for " + subscriber, tx -> place(tx, batch, ahead, end, found));
            if (batch.stream().allMatch(arrival -> found.containsKey(arrival.id()))) {
                return found;
            }
        }
        throw new BacklogException("events for " + subscriber + " are being stored by somebody else; try again");
    }

    private Map<UUID, Placed> place(
            Connection connection,
            List<Arrival> batch,
            @Nullable Ahead ahead,
            @Nullable String end,
            Map<UUID, Placed> found)
            throws SQLException, BacklogException {
        Object[] ids = column(batch, Arrival::id);
        Parameters statement = access.fenced(connection, ahead == null ? BEHIND : AHEAD);
        if (ahead != null) {
            statement.number(ahead.position).number(ahead.redelivery);
        }
        statement.text(subscriber).text(end);
        bindKey(statement, batch);
        bindEvent(statement, batch);
        return statement.text(subscriber).array("uuid", ids).query(rows -> read(rows, found));
    }

    private static void bindKey(Parameters statement, List<Arrival> batch) throws SQLException {
        statement
                .array("uuid", column(batch, Arrival::id))
                .array("int2", ofAggregate(batch, aggregate -> (short) Buckets.of(aggregate), (short) 0))
                .array("int4", ofAggregate(batch, Aggregate::hash32, 0))
                .array("text", ofAggregate(batch, Aggregate::source, ""))
                .array("text", ofAggregate(batch, Aggregate::tenantId, ""))
                .array("text", ofAggregate(batch, Aggregate::type, ""))
                .array("text", ofAggregate(batch, Aggregate::id, ""))
                .array("int8", ofEnvelope(batch, Storing::version, null))
                .array("int8", ofEnvelope(batch, Envelope::sourceEpoch, 0L))
                .array("text", ofEnvelope(batch, Envelope::type, ""));
    }

    private static void bindEvent(Parameters statement, List<Arrival> batch) throws SQLException {
        statement
                .array("text", column(batch, arrival -> lowerCase(arrival.state())))
                .array("text", column(batch, arrival -> lowerCase(arrival.cause())))
                .array("bytea", batch.stream().map(Storing::bytes).toArray(byte[][]::new))
                .array("text", column(batch, arrival -> storable(arrival.raw())))
                .array("int4", column(batch, Arrival::attempts))
                .array("text", column(batch, arrival -> storable(arrival.reason())))
                .array(
                        "timestamptz",
                        column(batch, arrival -> arrival.committedAt().toString()));
    }

    private Map<UUID, Placed> read(ResultSet rows, Map<UUID, Placed> found) throws SQLException, BacklogException {
        while (rows.next()) {
            UUID id = rows.getObject(1, UUID.class);
            if (id == null) {
                access.requireLead(rows.getLong(2));
            } else {
                found.putIfAbsent(id, new Placed(rows.getLong(2), state(rows.getString(3)), rows.getBoolean(4)));
            }
        }
        return found;
    }

    /**
     * Of a state it is not noted: events up to its version may still come, and are not known by it to have come before.
     */
    private static @Nullable Long version(Envelope envelope) {
        String redelivery = envelope.redelivery();
        return redelivery != null && redelivery.startsWith("state:") ? null : envelope.aggregateVersion();
    }

    private static byte @Nullable [] bytes(Arrival arrival) {
        Envelope envelope = arrival.envelope();
        return envelope == null ? null : StoredEnvelope.write(envelope);
    }

    private static @Nullable Object[] column(List<Arrival> batch, Function<Arrival, @Nullable Object> part) {
        @Nullable Object[] column = new Object[batch.size()];
        for (int i = 0; i < column.length; i++) {
            column[i] = part.apply(batch.get(i));
        }
        return column;
    }

    private static @Nullable Object[] ofEnvelope(
            List<Arrival> batch, Function<Envelope, @Nullable Object> part, @Nullable Object without) {
        return column(batch, arrival -> {
            Envelope envelope = arrival.envelope();
            return envelope == null ? without : part.apply(envelope);
        });
    }

    private static @Nullable Object[] ofAggregate(
            List<Arrival> batch, Function<Aggregate, @Nullable Object> part, Object without) {
        return ofEnvelope(batch, envelope -> part.apply(envelope.aggregate()), without);
    }

    static String lowerCase(Enum<?> value) {
        return value.name().toLowerCase(Locale.ROOT);
    }

    static State state(String column) {
        return State.valueOf(column.toUpperCase(Locale.ROOT));
    }

    /** Text for people, without what no column of Postgres can hold: NUL and lone surrogates. */
    static @Nullable String storable(@Nullable String text) {
        if (text == null) {
            return null;
        }
        byte[] utf8 = text.replace('\0', '\ufffd').getBytes(StandardCharsets.UTF_8); // ? for lone surrogates
        return new String(utf8, StandardCharsets.UTF_8);
    }
}
