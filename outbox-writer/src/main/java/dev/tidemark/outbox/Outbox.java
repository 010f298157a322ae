package dev.tidemark.outbox;

import static java.util.Objects.requireNonNull;

import dev.tidemark.envelope.Receipt;
import java.net.URI;
import java.net.URISyntaxException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Appends events in the caller's transaction: they are relayed if and when it commits.
 *
 * <pre>{@code
 * Outbox outbox = Outbox.builder().source("orders").build();   // immutable, shared by all threads
 * orders.insert(tx, order);
 * outbox.append(tx, OutboxEvent.of("order", order.id(), "order-placed", json));
 * tx.commit();                                                  // both, or neither
 * }</pre>
 *
 * <p>Appending locks the version counter of the aggregate until the transaction ends, which makes the order of
 * versions the order of commits. Two things follow. Under {@code repeatable read} and stricter, a contended
 * aggregate fails with SQLSTATE 40001: run the transaction again. And two transactions that append to the same two
 * aggregates in opposite order deadlock (40P01): append them together with {@link #appendAll}, which sorts.
 */
public final class Outbox {

    private final String source;
    private final Storage storage;
    private final TableName table;
    private final int maxPayloadBytes;
    private final Map<String, Versioning> versionings;
    private final EventCheck check;
    private final String sql;

    private Outbox(Builder builder, String source) {
        this.source = source;
        this.storage = builder.storage;
        this.table = builder.table;
        this.maxPayloadBytes = builder.maxPayloadBytes;
        this.versionings = Map.copyOf(builder.versionings);
        this.check = builder.check;
        this.sql = Statements.append(table, storage);
    }

    public static Builder builder() {
        return new Builder();
    }

    /**
     * Appends {@code event} in the transaction now open on {@code tx}. It is relayed once that transaction
     * commits, and never if it rolls back, wholly or to a savepoint before this call.
     *
     * @return what a reader waits for to see this change
     * @throws IllegalArgumentException if the payload is larger than this outbox takes, or the event has a version
     *     though its aggregate type has none by the caller, or none though it has, or the check of this outbox refuses
     *     it; nothing was sent to the database
     * @throws IllegalStateException if {@code tx} is in auto-commit mode: the event would outlive a rollback
     * @throws SQLException if the insert fails; the transaction is aborted, roll it back
     */
    public Receipt append(Connection tx, OutboxEvent event) throws SQLException {
        return appendAll(tx, List.of(event)).get(0);
    }

    /**
     * Appends {@code events} in one round trip, in their order, or none of them. Like {@link #append}.
     *
     * @return one receipt for each event, in the order of {@code events}
     */
    public List<Receipt> appendAll(Connection tx, Collection<OutboxEvent> events) throws SQLException {
        requireNonNull(tx, "tx");
        Batch batch = new Batch(source, events, this::versioning);
        events.forEach(this::requireAllowedSize);
        events.forEach(this::requireChecked);
        if (tx.getAutoCommit()) {
            throw new IllegalStateException("connection is in auto-commit mode, so " + described(batch)
                    + " would not share a transaction with your change; call setAutoCommit(false) first");
        }
        if (batch.isEmpty()) {
            return List.of();
        }
        try (PreparedStatement statement = tx.prepareStatement(sql)) {
            batch.bind(
                    statement,
                    storage == Storage.WAL_ONLY ? event -> LogicalMessage.tail(source, event) : OutboxEvent::payload);
            try (ResultSet versions = statement.executeQuery()) {
                return receipts(batch, versions);
            }
        } catch (SQLException e) {
            throw SqlFailure.explained(e, table, described(batch));
        }
    }

    private Versioning versioning(String aggregateType) {
        return versionings.getOrDefault(aggregateType, Versioning.COUNTED);
    }

    private void requireAllowedSize(OutboxEvent event) {
        if (event.payloadBytes() > maxPayloadBytes) {
            throw new IllegalArgumentException("payload of event " + event + " must have at most " + maxPayloadBytes
                    + " bytes in UTF-8, but has " + event.payloadBytes()
                    + "; store the rest elsewhere and refer to it, or raise maxPayloadBytes");
        }
    }

    private void requireChecked(OutboxEvent event) {
        try {
            check.check(event);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("event " + event + " was not written: " + e.getMessage(), e);
        }
    }

    private static List<Receipt> receipts(Batch batch, ResultSet versions) throws SQLException {
        List<Receipt> receipts = new ArrayList<>(batch.size());
        while (versions.next()) {
            int index = receipts.size();
            long version = versions.getLong(1);
            receipts.add(
                    versions.wasNull()
                            ? Receipt.ofUnversioned(
                                    batch.aggregate(index), batch.event(index).id())
                            : Receipt.ofVersion(batch.aggregate(index), version));
        }
        if (receipts.size() != batch.size()) {
            throw new SQLException(batch.size() + " events were to be appended, but the database answered for "
                    + receipts.size() + "; roll back");
        }
        return List.copyOf(receipts);
    }

    private static String described(Batch batch) {
        return batch.size() == 1 ? "event " + batch.event(0) : batch.size() + " events";
    }

    /** What an {@link Outbox} is made from; for one thread. */
    public static final class Builder {

        private static final int DEFAULT_MAX_PAYLOAD_BYTES = 1024 * 1024;
        private static final Pattern SOURCE = Pattern.compile("[A-Za-z0-9._~:/?#@!$&'()*+,;=%-]{1,255}");

        private @Nullable String source;
        private Storage storage = Storage.RETAINED;
        private TableName table = new TableName(null, "outbox");
        private int maxPayloadBytes = DEFAULT_MAX_PAYLOAD_BYTES;
        private final Map<String, Versioning> versionings = new HashMap<>();
        private EventCheck check = event -> {};

        private Builder() {}

        /** The service that writes, such as {@code orders}; required. A URI reference of at most 255 characters. */
        public Builder source(String source) {
            Require.matching("source", SOURCE, "orders", source);
            requireNormalized(source);
            this.source = source;
            return this;
        }

        private static void requireNormalized(String source) {
            try {
                URI uri = new URI(source);
                if (!uri.normalize().equals(uri) || source.contains("../")) {
                    throw new IllegalArgumentException(
                            "source must not have . or .. between slashes, but was: " + source);
                }
            } catch (URISyntaxException e) {
                throw new IllegalArgumentException(
                        "source must be a URI reference such as orders or https://example.com/orders, but was: "
                                + source,
                        e);
            }
        }

        /** Where events are until they are delivered; {@link Storage#RETAINED} unless told otherwise. */
        public Builder storage(Storage storage) {
            this.storage = requireNonNull(storage, "storage");
            return this;
        }

        /** {@code outbox} unless told otherwise, found by the search_path; or with its schema, as {@code billing.outbox}. */
        public Builder table(String table) {
            this.table = TableName.parse(requireNonNull(table, "table"));
            return this;
        }

        /** From 1 to 16 MiB; 1 MiB unless told otherwise. */
        public Builder maxPayloadBytes(int maxPayloadBytes) {
            this.maxPayloadBytes =
                    (int) Require.inRange("maxPayloadBytes", 1, OutboxEvent.MAX_PAYLOAD_BYTES, maxPayloadBytes);
            return this;
        }

        /** What looks at each event before it is written; nothing does unless told otherwise. With several, each does. */
        public Builder check(EventCheck check) {
            requireNonNull(check, "check");
            EventCheck before = this.check;
            this.check = event -> {
                before.check(event);
                check.check(event);
            };
            return this;
        }

        /** The outbox numbers the events of each aggregate of this type; so it does for types that are not declared. */
        public Builder counted(String aggregateType) {
            return declare(aggregateType, Versioning.COUNTED);
        }

        /** Each event of this type brings a version of its own, higher than the one before; without gaps, or consumers report them. */
        public Builder byCaller(String aggregateType) {
            return declare(aggregateType, Versioning.BY_CALLER);
        }

        /** Events of this type have no versions: consumers drop duplicates, but do not see gaps. */
        public Builder unversioned(String aggregateType) {
            return declare(aggregateType, Versioning.UNVERSIONED);
        }

        private Builder declare(String aggregateType, Versioning versioning) {
            Require.matching("aggregate type", OutboxEvent.AGGREGATE_TYPE, "order", aggregateType);
            if (versionings.putIfAbsent(aggregateType, versioning) != null) {
                throw new IllegalArgumentException("aggregate type " + aggregateType
                        + " is declared twice; its versions are counted, byCaller or unversioned, one of them");
            }
            return this;
        }

        /** @throws IllegalStateException if there is no source */
        public Outbox build() {
            if (source == null) {
                throw new IllegalStateException("an outbox needs a source, the name of the service; call source(…)");
            }
            return new Outbox(this, source);
        }
    }
}
