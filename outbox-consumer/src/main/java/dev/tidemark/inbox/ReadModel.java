package dev.tidemark.inbox;

import static java.util.Objects.requireNonNull;

import dev.tidemark.envelope.Envelope;
import dev.tidemark.envelope.Receipt;
import dev.tidemark.envelope.Receipts;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * A table that a service derives from the events of another, one row for each aggregate. A stale event never
 * overwrites a newer state, and never brings back a row that was deleted.
 *
 * <pre>{@code
 * ReadModel users = ReadModel.table("user_replica").key("user_id").version("version").build();
 * users.apply(tx, event, Map.of("name", name));
 * }</pre>
 *
 * <p>Give the table a primary key on its key column, and let events carry the whole row, or come in order through
 * an {@link Inbox}: an event that carries some columns is not applied any more once a newer one was.
 *
 * <p>With the inbox, the pool and what it {@linkplain Builder#follows follows}, it can be {@linkplain #await awaited}, and
 * knows its {@linkplain #freshness() freshness}.
 *
 * <p>It is safe without an {@link Inbox} too, as long as all writes to the table go through here. The transaction
 * must be READ COMMITTED, or SERIALIZABLE for all who write the table. Each key that was written holds one advisory lock until the transaction
 * ends, so a transaction should write thousands of keys at most.
 */
public final class ReadModel {

    private final String name;
    private final Function<Envelope, ?> keyOf;
    private final String keyColumn;
    private final String versionColumn;
    private final @Nullable String epochColumn;
    private final ReadModelSql sql;
    private final @Nullable Following following;

    private ReadModel(Builder b) {
        this.name = b.table;
        this.keyColumn = requireNonNull(b.keyColumn, "key is required, such as .key(\"user_id\")");
        this.versionColumn = requireNonNull(b.versionColumn, "version is required, such as .version(\"version\")");
        this.epochColumn = b.epochColumn;
        this.keyOf = b.keyOf;
        this.sql = new ReadModelSql(name, keyColumn, versionColumn, epochColumn);
        this.following = b.following();
    }

    /** Its table. */
    public String name() {
        return name;
    }

    /**
     * Begins a read model.
     *
     * @param table its name, with or without a schema before it; taken as it is written, upper and lower case. Locks and what is
     *     remembered of deletions go by this spelling: all programs that write the table must use the same, and keep it
     */
    public static Builder table(String table) {
        return new Builder(table);
    }

    /**
     * Inserts or updates the row of the event's aggregate, if the event is newer than what is there. A replay, or a state,
     * is also applied at the version the row has; a state that came through an {@link Inbox} whatever the row claims, for
     * the inbox knows that nothing newer was handled.
     *
     * @param columns values by column name; columns that are not in it keep their value, or get their default. An
     *     {@link Instant} or {@link OffsetDateTime} is in UTC in a column without a time zone; a {@code Double} keeps all its
     *     digits in a {@code numeric}
     * @return whether it was applied
     * @throws IllegalStateException if {@code tx} is in auto-commit mode or REPEATABLE READ, or if the event has a
     *     source epoch and the table has no column for it
     * @throws IllegalArgumentException if the event has no version, or a column is named badly or is the key's,
     *     the version's or the epoch's own
     * @throws UnsupportedRedelivery if the event is a redelivery other than {@code replay:} and {@code state:}
     * @throws SQLException if the statement fails; roll back
     */
    public boolean apply(Connection tx, Envelope event, Map<String, ?> columns) throws SQLException {
        check(tx, event);
        SortedMap<String, @Nullable Object> sorted = sorted(columns);
        Object key = key(event);
        try (PreparedStatement statement =
                tx.prepareStatement(sql.apply(sorted.keySet().stream().toList()))) {
            int next = bindEvent(statement, event, key);
            next = bindColumns(statement, next, sorted);
            ReadModelValues.bind(statement, next++, key);
            ReadModelValues.bind(statement, next++, key);
            next = bindColumns(statement, next, sorted);
            ReadModelValues.bind(statement, next, key);
            return run(statement);
        }
    }

    /**
     * Deletes the row of the event's aggregate, if the event is newer than what is there, and leaves a tombstone
     * with its version: later events bring the row back, earlier ones do not.
     *
     * @return whether it was applied, be it only by leaving a tombstone
     * @throws IllegalStateException as {@link #apply} does
     * @throws IllegalArgumentException as {@link #apply} does
     * @throws UnsupportedRedelivery as {@link #apply} does
     * @throws SQLException if the statement fails; roll back
     */
    public boolean delete(Connection tx, Envelope event) throws SQLException {
        check(tx, event);
        Object key = key(event);
        try (PreparedStatement statement = tx.prepareStatement(sql.delete())) {
            int next = bindEvent(statement, event, key);
            ReadModelValues.bind(statement, next++, key);
            ReadModelValues.bind(statement, next, key);
            return run(statement);
        }
    }

    /**
     * Waits until this shows what {@code receipt} stands for: until the inbox has handled the event, or a later one of its
     * aggregate, and the transaction is committed. Woken by the subscriptions of this inbox, and through
     * {@link RemoteArrivals} by other processes; looks every 250 ms besides. No connection is held while it waits.
     *
     * <p>An event that this service is not sent, as its subscription leaves its type out, is awaited in vain until a later
     * one comes. After a source went back to an older state a receipt from before may be met by what was lost with it.
     *
     * @param timeout how long at most; zero only looks. The look, one short query, may take as long as the pool
     *     and the database do
     * @return whether it has come so far, or how far it is
     * @throws IllegalStateException if this read model has no inbox
     * @throws IllegalArgumentException if the receipt is of something that this does not follow, or has no version
     * @throws SQLException if the watermark cannot be read
     * @throws InterruptedException if the thread is interrupted
     */
    public Awaited await(Receipt receipt, Duration timeout) throws SQLException, InterruptedException {
        return following().await(receipt, timeout);
    }

    /**
     * As {@link #await(Receipt, Duration)}, for all receipts of what this follows; others are left out, and so are those
     * without a version, for a client may have made them up.
     *
     * @param timeout how long at most for all together. What it leaves no time for is not looked at, and not reached, its
     *     version 0; with zero each is looked at once
     * @return one answer for each, in the order of the receipts
     */
    public List<Awaited> await(Receipts receipts, Duration timeout) throws SQLException, InterruptedException {
        return following().await(receipts, timeout);
    }

    /**
     * How new this is, by the events that were handled in this process.
     *
     * @throws IllegalStateException if this read model has no inbox
     */
    public Freshness freshness() {
        return following().freshness();
    }

    /**
     * Itself.
     *
     * @throws IllegalStateException if it has no inbox
     */
    public ReadModel requireAwaitable() {
        following();
        return this;
    }

    private Following following() {
        if (following == null) {
            throw new IllegalStateException(
                    name + " does not know which inbox keeps it, so it can neither be awaited nor "
                            + "tell its freshness; give its builder .inbox(inbox), .dataSource(pool) and "
                            + ".follows(\"users\", \"user\")");
        }
        return following;
    }

    private void check(Connection tx, Envelope event) throws SQLException {
        if (tx.getAutoCommit()) {
            throw new IllegalStateException("connection is in auto-commit mode, so event " + event.id()
                    + " would change " + name + " outside of a transaction; call setAutoCommit(false) first");
        }
        Redelivery.of(event);
        if (event.aggregateVersion() == null) {
            throw new IllegalArgumentException("event " + event + " has no aggregate version, so " + name
                    + " cannot tell whether it is newer; declare its aggregate type as versioned in the writer");
        }
        if (event.sourceEpoch() > 0 && epochColumn == null) {
            throw new IllegalStateException("event " + event + " has source epoch " + event.sourceEpoch() + ", and "
                    + name + " has no column to compare it with; add one (bigint not null default 0) and name it "
                    + "with .epoch(\"epoch\")");
        }
    }

    private SortedMap<String, @Nullable Object> sorted(Map<String, ?> columns) {
        for (String column : columns.keySet()) {
            if (column.equals(keyColumn) || column.equals(versionColumn) || column.equals(epochColumn)) {
                throw new IllegalArgumentException("column " + column + " of " + name
                        + " is set from the event and cannot be given; leave it out of columns");
            }
        }
        return new TreeMap<>(columns);
    }

    private Object key(Envelope event) {
        return requireNonNull(keyOf.apply(event), () -> "the key function of " + name + " gave null for " + event);
    }

    private int bindEvent(PreparedStatement statement, Envelope event, Object key) throws SQLException {
        String keyText = ReadModelValues.keyText(name, key);
        statement.setString(1, "tidemark:" + name + "/" + keyText);
        statement.setString(2, name);
        statement.setString(3, keyText);
        statement.setLong(4, event.sourceEpoch());
        statement.setLong(5, requireNonNull(event.aggregateVersion()));
        Redelivery redelivery = Redelivery.of(event);
        statement.setBoolean(6, redelivery != Redelivery.NONE);
        statement.setString(7, redelivery == Redelivery.STATE ? event.id().toString() : null);
        return 8;
    }

    private static int bindColumns(PreparedStatement statement, int first, SortedMap<String, @Nullable Object> columns)
            throws SQLException {
        int next = first;
        for (Object value : columns.values()) {
            ReadModelValues.bind(statement, next++, value);
        }
        return next;
    }

    /** The first of the two results is the lock's, the second says whether the event was applied. */
    private boolean run(PreparedStatement statement) throws SQLException {
        statement.execute();
        try (ResultSet lock = statement.getResultSet()) {
            lock.next();
            if ("repeatable read".equals(lock.getString(2))) {
                throw new IllegalStateException("transaction is REPEATABLE READ, so " + name + " cannot see what was "
                        + "deleted since it began; roll back and use READ COMMITTED");
            }
        }
        statement.getMoreResults();
        try (ResultSet applied = statement.getResultSet()) {
            applied.next();
            return applied.getBoolean(1);
        }
    }

    /** Collects the settings of a {@link ReadModel}; for one thread. */
    public static final class Builder {

        private final String table;
        private @Nullable String keyColumn;
        private Function<Envelope, ?> keyOf = event -> event.aggregate().id();
        private @Nullable String versionColumn;
        private @Nullable String epochColumn;
        private @Nullable Inbox inbox;
        private @Nullable DataSource dataSource;
        private Duration looksAgain = Awaiting.LOOKS_AGAIN;
        private final Set<String> follows = new TreeSet<>();

        private Builder(String table) {
            this.table = requireNonNull(table, "table");
        }

        /** The column that holds the aggregate id; its primary key. */
        public Builder key(String column) {
            this.keyColumn = requireNonNull(column, "column");
            return this;
        }

        /**
         * The key column, and what it holds. Where there are tenants, {@code Envelope::partitionKey} will do if every
         * event has one and no tenant's id has a slash: else {@code acme} with {@code eu/7} and {@code acme/eu} with
         * {@code 7} are one row.
         *
         * @param keyOf gives one value for each aggregate, never null, and different ones for different aggregates: a
         *     {@code String}, a {@code UUID}, a whole number or a {@code byte[]}, always of the same kind and spelling
         */
        public Builder key(String column, Function<Envelope, ?> keyOf) {
            this.keyOf = requireNonNull(keyOf, "keyOf");
            return key(column);
        }

        /** The column, a bigint, that holds the version of the newest event applied. */
        public Builder version(String column) {
            this.versionColumn = requireNonNull(column, "column");
            return this;
        }

        /**
         * The column, a {@code bigint not null default 0}, that holds the source epoch of the newest event applied.
         * Needed once a source came back from an older backup; until then the table can do without.
         */
        public Builder epoch(String column) {
            this.epochColumn = requireNonNull(column, "column");
            return this;
        }

        /**
         * The inbox through which its events come, the same that the subscription has: to {@link ReadModel#await} it and to
         * know its freshness; needs data source and {@link #follows} then. Make one read model for it, and keep it: the
         * inbox does too.
         */
        public Builder inbox(Inbox inbox) {
            this.inbox = requireNonNull(inbox, "inbox");
            return this;
        }

        /** A pool for the database that it is read from, to {@link ReadModel#await} it; not a standby of that. */
        public Builder dataSource(DataSource dataSource) {
            this.dataSource = requireNonNull(dataSource, "dataSource");
            return this;
        }

        /**
         * Whose events it is made of; once for each aggregate type.
         *
         * @param source such as {@code users}
         * @param aggregateType such as {@code user}
         */
        public Builder follows(String source, String aggregateType) {
            follows.add(
                    Followed.type(requireNonNull(source, "source"), requireNonNull(aggregateType, "aggregateType")));
            return this;
        }

        /** How often to look where nobody tells; for tests. */
        Builder looksAgain(Duration looksAgain) {
            this.looksAgain = looksAgain;
            return this;
        }

        private @Nullable Following following() {
            if (inbox == null && dataSource == null && follows.isEmpty()) {
                return null;
            }
            if (inbox == null || dataSource == null || follows.isEmpty()) {
                throw new IllegalArgumentException("inbox, dataSource and follows belong together, but " + table
                        + " has some of them only; it is awaited with all three, such as .inbox(inbox), "
                        + ".dataSource(pool) and .follows(\"users\", \"user\")");
            }
            return new Following(table, new Followed(follows), inbox, new Awaiting(inbox, dataSource, looksAgain));
        }

        /**
         * The read model.
         *
         * @throws NullPointerException if key or version is missing
         * @throws IllegalArgumentException if a name is not that of a table or column, or of inbox, data source and what it
         *     follows some are missing
         */
        public ReadModel build() {
            return new ReadModel(this);
        }
    }
}
