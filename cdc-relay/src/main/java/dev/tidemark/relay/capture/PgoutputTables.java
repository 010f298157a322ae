package dev.tidemark.relay.capture;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The tables that the server has told of, by its ids. What was told last counts. For one thread. */
final class PgoutputTables {

    /** @param number grows with each that is told */
    private record Told(PgoutputTable table, long number) {}

    private final Map<Integer, Told> tables = new HashMap<>();

    void tell(PgoutputMessage.Relation relation, long number) {
        tables.put(relation.id(), new Told(relation.table(), number));
    }

    /** Adds what {@code others} know, but where this knows something that was told later. */
    void addAll(PgoutputTables others) {
        others.tables.forEach(
                (id, told) -> tables.merge(id, told, (old, other) -> other.number() > old.number() ? other : old));
    }

    void clear() {
        tables.clear();
    }

    @Nullable
    PgoutputTable find(int id) {
        Told told = tables.get(id);
        return told == null ? null : told.table();
    }
}
