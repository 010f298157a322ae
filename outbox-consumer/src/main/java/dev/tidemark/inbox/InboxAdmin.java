package dev.tidemark.inbox;

import static java.util.Objects.requireNonNull;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.envelope.Envelope;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Looks at the events that an inbox keeps, and says what is to become of them. Needs the rights of a consumer in its
 * database. What is to be handled, a subscription of the consumer handles, within about a second, if one runs.
 *
 * <pre>{@code
 * InboxAdmin admin = new InboxAdmin(pool, "shipping");
 * List<KeptEvent> first = admin.list(KeptSelection.ALL, false, 100);
 * admin.retry(new KeptSelection(Set.of(), "order/42", null));
 * }</pre>
 *
 * <p>Safe for many threads.
 */
public final class InboxAdmin {

    private static final Duration LOCK_TIMEOUT = Duration.ofSeconds(5);

    private static final String SELECTED = " k.consumer = ? and (cardinality(?::text[]) = 0"
            + " or split_part(k.delivery, '/', 1) = any (?))"
            + " and (?::text is null or k.aggregatetype || '/' || k.aggregateid = ?)";

    private static final String COUNT = "select (select count(*) from inbox_waiting where consumer = ?),"
            + " (select count(*) from inbox_dead where consumer = ?),"
            + " (select count(*) from inbox_watermark where consumer = ? and held)";

    private static final String COLUMNS =
            " k.delivery, k.source, k.tenantid, k.aggregatetype, k.aggregateid, k.version,"
                    + " k.epoch, k.type, k.since, k.position";

    private static final String LIST = """
            select * from (
                select true as dead,%1$s, k.attempts, k.reason, k.retry, null::bigint as missing
                from inbox_dead k
                where%2$s and (?::text is null or strpos(k.reason, ?) > 0)
                union all
                select false,%1$s, 0, null, false, case when k.version > w.version + 1
                    and (k.epoch = w.epoch or k.epoch > w.epoch and w.version = 0)
                    and not exists (
                        select from inbox_waiting b
                        where b.consumer = k.consumer and b.source = k.source and b.tenantid = k.tenantid
                            and b.aggregatetype = k.aggregatetype and b.aggregateid = k.aggregateid
                            and b.epoch = k.epoch and b.version < k.version)
                    and not exists (
                        select from inbox_dead d
                        where d.consumer = k.consumer and d.source = k.source and d.tenantid = k.tenantid
                            and d.aggregatetype = k.aggregatetype and d.aggregateid = k.aggregateid)
                    then w.version + 1 end
                from inbox_waiting k
                join inbox_watermark w using (consumer, source, tenantid, aggregatetype, aggregateid)
                where%2$s and ?::text is null and not ?
            ) k
            order by k.source, k.tenantid, k.aggregatetype, k.aggregateid, k.epoch, k.version, k.dead desc, k.position
            limit ?""".formatted(COLUMNS, SELECTED);

    private static final String RETRY = "update inbox_dead k set retry = true where" + SELECTED
            + " and (?::text is null or strpos(k.reason, ?) > 0)";

    private static final String DEAD = "select k.source, k.delivery, k.event from inbox_dead k where" + SELECTED
            + " and (?::text is null or strpos(k.reason, ?) > 0) order by k.epoch, k.version, k.position";

    private static final String EVENT = "select event from inbox_dead where consumer = ? and delivery = ?"
            + " union all select event from inbox_waiting where consumer = ? and delivery = ?";

    private static final String WAITED_FOR = "select distinct k.source, k.tenantid, k.aggregatetype, k.aggregateid"
            + " from inbox_waiting k where" + SELECTED;

    private final DataSource dataSource;
    private final String consumer;
    private final Taking taking;

    /**
     * @param dataSource of the consumer's database
     * @param consumer whose inbox, such as {@code shipping}
     */
    public InboxAdmin(DataSource dataSource, String consumer) {
        this.dataSource = requireNonNull(dataSource, "dataSource");
        this.consumer = requireNonNull(consumer, "consumer");
        this.taking = new Taking(
                consumer,
                new BoundedWait(LOCK_TIMEOUT),
                new Gaps(GapPolicy.WAIT, FirstEvent.BEGINNING),
                InboxListener.silent());
    }

    /**
     * How much is kept.
     *
     * @param aggregates of which something is
     */
    public record Counts(long waiting, long dead, long aggregates) {}

    /** Counts every row: not for a hot path. */
    public Counts count() throws SQLException {
        try (Connection connection = dataSource.getConnection();
                PreparedStatement query = connection.prepareStatement(COUNT)) {
            query.setString(1, consumer);
            query.setString(2, consumer);
            query.setString(3, consumer);
            try (ResultSet row = query.executeQuery()) {
                row.next();
                return new Counts(row.getLong(1), row.getLong(2), row.getLong(3));
            }
        }
    }

    /**
     * What is kept, aggregate by aggregate, in the order in which it is to be handled.
     *
     * @param selection with a reason, dead events only
     * @param deadOnly whether what waits is left out
     * @param atMost how many
     */
    public List<KeptEvent> list(KeptSelection selection, boolean deadOnly, int atMost) throws SQLException {
        try (Connection connection = dataSource.getConnection();
                PreparedStatement query = connection.prepareStatement(LIST)) {
            int next = bindReason(query, bind(query, 1, selection), selection);
            next = bind(query, next, selection);
            query.setString(next++, selection.reason());
            query.setBoolean(next++, deadOnly);
            query.setInt(next, atMost);
            List<KeptEvent> events = new ArrayList<>();
            try (ResultSet rows = query.executeQuery()) {
                while (rows.next()) {
                    events.add(event(rows));
                }
            }
            return events;
        }
    }

    private static KeptEvent event(ResultSet row) throws SQLException {
        long version = row.getLong("version");
        boolean dead = row.getBoolean("dead");
        return new KeptEvent(
                dead,
                row.getString("delivery"),
                new Aggregate(
                        row.getString("source"),
                        row.getString("tenantid"),
                        row.getString("aggregatetype"),
                        row.getString("aggregateid")),
                version == 0 ? null : (Long) version,
                row.getLong("epoch"),
                row.getString("type"),
                row.getObject("missing", Long.class),
                row.getObject("since", OffsetDateTime.class).toInstant(),
                row.getInt("attempts"),
                row.getString("reason"),
                row.getBoolean("retry"));
    }

    /** One of them, whole; empty if it is not kept. */
    public Optional<Envelope> event(String delivery) throws SQLException {
        try (Connection connection = dataSource.getConnection();
                PreparedStatement query = connection.prepareStatement(EVENT)) {
            query.setString(1, consumer);
            query.setString(2, delivery);
            query.setString(3, consumer);
            query.setString(4, delivery);
            try (ResultSet row = query.executeQuery()) {
                return row.next() ? Optional.of(KeptEvents.read(row.getString(1))) : Optional.empty();
            }
        }
    }

    /**
     * Has dead events tried once more, each in its turn. One that fails is dead again, with one attempt more.
     *
     * @return how many
     */
    public int retry(KeptSelection selection) throws SQLException {
        try (Connection connection = dataSource.getConnection();
                PreparedStatement update = connection.prepareStatement(RETRY)) {
            bindReason(update, bind(update, 1, selection), selection);
            int count = update.executeUpdate();
            if (!connection.getAutoCommit()) {
                connection.commit();
            }
            return count;
        }
    }

    /**
     * What came of {@link #skip}.
     *
     * @param count of the events that were passed over
     * @param refused those that are dead as before
     */
    public record Skipped(int count, List<Refused> refused) {

        /** Of a copy. */
        public Skipped {
            refused = List.copyOf(refused);
        }
    }

    /**
     * An event that cannot be passed over yet.
     *
     * @param earlier what keeps it from that; null if another transaction was busy with its aggregate for longer than 5 s, as
     *     one is that tries it
     */
    public record Refused(Envelope event, @Nullable Earlier earlier) {}

    /**
     * An event that is kept and comes before another of its aggregate.
     *
     * @param delivery see {@link KeptEvent#delivery}
     * @param dead whether it is dead; it waits otherwise
     */
    public record Earlier(String delivery, long version, boolean dead) {}

    /**
     * Passes over dead events for good: they count as handled though they never were, and what waits behind them goes on. One
     * is refused while an earlier event of its aggregate is kept, which would count as handled with it: that is to be retried
     * or skipped first, or, if it waits, handled. What is missing before it, and is not kept, does count as handled. A dead
     * state says nothing of what is before it, and is only thrown away.
     *
     * <p>Each is a transaction of its own. If one fails, those before it are passed over, and it and those behind it are dead
     * as before.
     *
     * @param keeper is given each event, whole, just before the commit after which the inbox has it no more. If it throws, the
     *     event is dead as before; so may be the last one that it was given, if this throws
     */
    public Skipped skip(KeptSelection selection, Consumer<Envelope> keeper) throws SQLException {
        List<Refused> refused = new ArrayList<>();
        List<Envelope> skipped = oneByOne(tx -> dead(tx, selection), (tx, event) -> {
            Taking.Skip skip;
            try {
                skip = taking.skip(tx, event);
            } catch (InboxLocked e) {
                tx.rollback();
                refused.add(new Refused(event, null));
                return false;
            }
            KeptEvents.Earlier earlier = skip.earlier();
            if (earlier != null) {
                refused.add(new Refused(event, new Earlier(earlier.delivery(), earlier.version(), earlier.dead())));
            }
            if (skip.done()) {
                keeper.accept(event);
            }
            return skip.done();
        });
        return new Skipped(skipped.size(), refused);
    }

    private interface Finding<T> {
        List<T> find(Connection tx) throws SQLException;
    }

    private interface Deciding<T> {
        boolean decide(Connection tx, T one) throws SQLException;
    }

    /** Each in a transaction of its own; returns those of which something was decided. */
    private <T> List<T> oneByOne(Finding<T> finding, Deciding<T> deciding) throws SQLException {
        List<T> decided = new ArrayList<>();
        try (Connection tx = dataSource.getConnection()) {
            boolean autoCommit = tx.getAutoCommit();
            tx.setAutoCommit(false);
            try {
                for (T one : finding.find(tx)) {
                    boolean was = deciding.decide(tx, one);
                    tx.commit();
                    if (was) {
                        decided.add(one);
                    }
                }
            } finally {
                tx.rollback();
                tx.setAutoCommit(autoCommit);
            }
        }
        return decided;
    }

    private List<Envelope> dead(Connection tx, KeptSelection selection) throws SQLException {
        try (PreparedStatement query = tx.prepareStatement(DEAD)) {
            bindReason(query, bind(query, 1, selection), selection);
            List<Envelope> dead = new ArrayList<>();
            try (ResultSet rows = query.executeQuery()) {
                while (rows.next()) {
                    dead.add(KeptEvents.read(rows.getString("event")));
                }
            }
            return dead;
        }
    }

    /**
     * Gives up what is missing before the first event that waits, of each aggregate, for good: what waits goes on. Better is
     * a replay of the aggregate, or its state, by the relay: both close the gap.
     *
     * @param selection without ids and reason
     * @return aggregates of which a gap was passed
     */
    public List<Aggregate> passGaps(KeptSelection selection) throws SQLException {
        if (!selection.ids().isEmpty() || selection.reason() != null) {
            throw new IllegalArgumentException("gaps are passed by aggregate, and not by id or reason");
        }
        return oneByOne(tx -> waitedFor(tx, selection), taking::passGap);
    }

    private List<Aggregate> waitedFor(Connection tx, KeptSelection selection) throws SQLException {
        try (PreparedStatement query = tx.prepareStatement(WAITED_FOR)) {
            bind(query, 1, selection);
            List<Aggregate> aggregates = new ArrayList<>();
            try (ResultSet rows = query.executeQuery()) {
                while (rows.next()) {
                    aggregates.add(
                            new Aggregate(rows.getString(1), rows.getString(2), rows.getString(3), rows.getString(4)));
                }
            }
            return aggregates;
        }
    }

    private int bind(PreparedStatement statement, int first, KeptSelection selection) throws SQLException {
        Object[] ids = selection.ids().stream().map(Object::toString).toArray();
        @Nullable String aggregate = selection.aggregate();
        statement.setString(first, consumer);
        statement.setArray(first + 1, statement.getConnection().createArrayOf("text", ids));
        statement.setArray(first + 2, statement.getConnection().createArrayOf("text", ids));
        statement.setString(first + 3, aggregate);
        statement.setString(first + 4, aggregate);
        return first + 5;
    }

    private static int bindReason(PreparedStatement statement, int first, KeptSelection selection) throws SQLException {
        statement.setString(first, selection.reason());
        statement.setString(first + 1, selection.reason());
        return first + 2;
    }
}
