package dev.tidemark.inbox;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The statements of a {@link ReadModel}. Each is two, sent in one round trip: the first takes the lock of the
 * key, the second then sees all that earlier holders of the lock have committed.
 *
 * <p>The lock is an advisory one, because a row that is not there cannot be locked, and exactly then a late
 * event races with a deletion.
 */
final class ReadModelSql {

    private static final String LOCK = """
            select pg_advisory_xact_lock(hashtextextended(?, 0)), current_setting('transaction_isolation');
            """;

    /** The event, as all parts of a statement refer to it: six parameters after that of the lock. */
    private static final String EVENT = """
            with event as materialized (
                select ?::text as readmodel, ?::text as key, ?::bigint as epoch, ?::bigint as version, ?::boolean as again, ?::text as state
            )""";

    private final String table;
    private final String key;
    private final String version;
    private final @Nullable String epoch;

    ReadModelSql(String table, String key, String version, @Nullable String epoch) {
        this.table = Identifier.quoteTable(table);
        this.key = Identifier.quote("key", key);
        this.version = Identifier.quote("version", version);
        this.epoch = epoch == null ? null : Identifier.quote("epoch", epoch);
    }

    /**
     * Updates the row if it is older, or makes it if there is neither a row nor a tombstone as new. An update
     * first, and not {@code insert … on conflict}: columns that this event does not carry may be {@code not null}.
     *
     * <p>Parameters: lock, event, key, columns; key, key, columns.
     */
    String apply(List<String> columns) {
        List<String> quoted = columns.stream()
                .map(column -> Identifier.quote("column", column))
                .toList();
        return LOCK
                + EVENT
                + """
                , updated as (
                    update %1$s as t set %2$s
                    from event where t.%3$s = ? and %4$s returning 1
                ), cleared as (
                    delete from inbox_tombstone as d using event
                    where d.readmodel = event.readmodel and d.key = event.key
                        and ((d.epoch, d.version) < (event.epoch, event.version) or %7$s)
                ), inserted as (
                    insert into %1$s (%5$s)
                    select %6$s from event
                    where not exists (select from %1$s as t where t.%3$s = ?)
                        and not exists (
                            select from inbox_tombstone as d
                            where d.readmodel = event.readmodel and d.key = event.key
                                and (d.epoch, d.version) >= (event.epoch, event.version) and not %7$s)
                    returning 1
                )
                select exists (select from updated) or exists (select from inserted)""".formatted(
                                table,
                                assignments(quoted),
                                key,
                                newerThanRow(),
                                String.join(", ", guardAnd(quoted)),
                                values(quoted.size()),
                                StateMark.IS_SET);
    }

    /**
     * Deletes the row if it is older, and leaves a tombstone unless a newer row or tombstone is there.
     *
     * <p>Parameters: lock, event, key, key.
     */
    String delete() {
        return LOCK + EVENT + """
                , removed as (
                    delete from %1$s as t using event where t.%2$s = ? and %3$s returning 1
                ), buried as (
                    insert into inbox_tombstone as d (readmodel, key, epoch, version, deletedat)
                    select readmodel, key, epoch, version, clock_timestamp() from event
                    where not exists (select from %1$s as t where t.%2$s = ? and not (%3$s))
                    on conflict (readmodel, key) do update
                        set epoch = excluded.epoch, version = excluded.version, deletedat = excluded.deletedat
                        where (d.epoch, d.version) < (excluded.epoch, excluded.version)
                            or (select %4$s from event)
                    returning 1
                )
                select exists (select from removed) or exists (select from buried)""".formatted(table, key, newerThanRow(), StateMark.IS_SET);
    }

    /**
     * A row that somebody made without a version counts as older than every event. What comes again may repair its own; a
     * state that an inbox let through may repair any.
     */
    private String newerThanRow() {
        String row = "(" + (epoch == null ? "0" : "coalesce(t." + epoch + ", 0)") + ", coalesce(t." + version + ", 0))";
        return "(" + row + " < (event.epoch, event.version) or (event.again and " + row
                + " = (event.epoch, event.version)) or " + StateMark.IS_SET + ")";
    }

    private String assignments(List<String> columns) {
        String guard = version + " = event.version" + (epoch == null ? "" : ", " + epoch + " = event.epoch");
        return guard + columns.stream().map(column -> ", " + column + " = ?").collect(Collectors.joining());
    }

    private List<String> guardAnd(Collection<String> columns) {
        List<String> all = new ArrayList<>(List.of(key, version));
        if (epoch != null) {
            all.add(epoch);
        }
        all.addAll(columns);
        return all;
    }

    private String values(int columns) {
        return "?, event.version" + (epoch == null ? "" : ", event.epoch") + ", ?".repeat(columns);
    }
}
