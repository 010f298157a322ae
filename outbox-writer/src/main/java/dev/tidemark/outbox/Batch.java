package dev.tidemark.outbox;

import dev.tidemark.envelope.Aggregate;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Events that are appended in one statement, with their aggregates sorted: all writers lock the counters of
 * the same aggregates in the same order.
 */
final class Batch {

    private final String source;
    private final List<Entry> entries = new ArrayList<>();
    private final Map<Aggregate, Group> groups = new TreeMap<>();

    /** An event, and the how-manieth of its aggregate it is, from 1. */
    private record Entry(OutboxEvent event, Group group, long rank) {}

    /** The events of one aggregate. */
    private static final class Group {
        private final Aggregate aggregate;
        private final Versioning versioning;
        private long events;
        private @Nullable Long first;
        private @Nullable Long last;
        private int ordinal;

        Group(Aggregate aggregate, Versioning versioning) {
            this.aggregate = aggregate;
            this.versioning = versioning;
        }
    }

    Batch(String source, Iterable<OutboxEvent> events, Function<String, Versioning> versionings) {
        this.source = source;
        Set<UUID> ids = new HashSet<>();
        for (OutboxEvent event : events) {
            if (!ids.add(event.id())) {
                throw new IllegalArgumentException("event " + event + " is in this batch twice, by its id");
            }
            Group group = groups.computeIfAbsent(
                    event.aggregateOf(source), a -> new Group(a, versionings.apply(event.aggregateType())));
            add(event, group);
        }
        int ordinal = 0;
        for (Group group : groups.values()) {
            group.ordinal = ++ordinal;
        }
    }

    private void add(OutboxEvent event, Group group) {
        Long version = event.version();
        if (group.versioning == Versioning.BY_CALLER) {
            if (version == null) {
                throw new IllegalArgumentException("event " + event + " needs a version, because aggregate type "
                        + event.aggregateType() + " is declared byCaller; call version(…)");
            }
            if (group.last != null && version <= group.last) {
                throw new IllegalArgumentException("event " + event + " comes after version " + group.last
                        + " of the same aggregate; each event needs a higher version than the one before");
            }
            group.first = group.first == null ? version : group.first;
            group.last = version;
        } else if (version != null) {
            throw new IllegalArgumentException("event " + event + " must not have a version, because aggregate type "
                    + event.aggregateType() + " is " + group.versioning.name().toLowerCase(java.util.Locale.ROOT)
                    + "; declare it byCaller, or leave the version out");
        }
        group.events++;
        entries.add(new Entry(event, group, group.events));
    }

    boolean isEmpty() {
        return entries.isEmpty();
    }

    int size() {
        return entries.size();
    }

    OutboxEvent event(int index) {
        return entries.get(index).event;
    }

    Aggregate aggregate(int index) {
        return entries.get(index).group.aggregate;
    }

    /** Sets the parameters of {@link Statements#append}. */
    void bind(PreparedStatement statement, Function<OutboxEvent, @Nullable String> payload) throws SQLException {
        Binder binder = new Binder(statement);
        binder.text(source);
        List<Group> sorted = List.copyOf(groups.values());
        binder.array("text", sorted, g -> g.aggregate.tenantId());
        binder.array("text", sorted, g -> g.aggregate.type());
        binder.array("text", sorted, g -> g.aggregate.id());
        binder.array("int8", sorted, g -> g.versioning == Versioning.COUNTED ? g.events : 0L);
        binder.array("int8", sorted, g -> g.first);
        binder.array("int8", sorted, g -> g.last);
        binder.array("uuid", entries, e -> e.event.id());
        binder.array("int4", entries, e -> e.group.ordinal);
        binder.array("int8", entries, e -> e.rank);
        binder.array("int8", entries, e -> e.event.version());
        binder.array("text", entries, e -> e.event.type());
        binder.array("int4", entries, e -> e.event.schemaVersion());
        binder.array("text", entries, e -> e.event.dataContentType());
        binder.array("text", entries, e -> payload.apply(e.event));
        binder.array("text", entries, e -> e.event.traceparent());
        binder.array("text", entries, e -> e.event.headersJson());
        binder.array("timestamptz", entries, e -> e.event.occurredAt().toString());
    }

    /** Sets one parameter after the other. */
    private static final class Binder {
        private final PreparedStatement statement;
        private final Connection connection;
        private int index;

        Binder(PreparedStatement statement) throws SQLException {
            this.statement = statement;
            this.connection = statement.getConnection();
        }

        void text(String value) throws SQLException {
            statement.setString(++index, value);
        }

        <T> void array(String type, List<T> rows, Function<T, @Nullable Object> column) throws SQLException {
            @Nullable Object[] values = new Object[rows.size()];
            for (int i = 0; i < values.length; i++) {
                values[i] = column.apply(rows.get(i));
            }
            statement.setArray(++index, connection.createArrayOf(type, values));
        }
    }
}
