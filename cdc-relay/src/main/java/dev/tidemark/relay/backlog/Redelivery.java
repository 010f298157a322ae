package dev.tidemark.relay.backlog;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A job: a subscriber is to get events again that the outbox has retained, or to be told what aggregates are now.
 *
 * @param id of the job; on the wire its events are {@code replay:<id>} or {@code state:<id>}
 * @param wanted what the subscriber is to get, as far as its filter lets it
 * @param stage how far it is
 * @param cancelled whether somebody asked for its end
 */
public record Redelivery(long id, String subscriber, Wanted wanted, Stage stage, boolean cancelled) {

    /** What a subscriber is to get. */
    public sealed interface Wanted permits Which, States {}

    /**
     * What aggregates are now, by the query that the relay's configuration has for their type.
     *
     * @param ids only of these; null for all
     * @param tenantIds of the ids, as many; empty texts where there are no tenants. Empty if there are no ids
     */
    public record States(String aggregateType, @Nullable List<String> ids, List<String> tenantIds) implements Wanted {

        public States {
            ids = ids == null ? null : List.copyOf(ids);
            tenantIds = List.copyOf(tenantIds);
            if (tenantIds.size() != (ids == null ? 0 : ids.size())) {
                throw new IllegalArgumentException(
                        "there must be as many tenants as ids, but there are " + tenantIds.size());
            }
        }

        /** Of all aggregates of a type. */
        public static States all(String aggregateType) {
            return new States(aggregateType, null, List.of());
        }
    }

    /**
     * Which events.
     *
     * @param since only those that occurred then or later, by the writer's clock; null for all
     * @param aggregate only those of one aggregate, such as {@code order/42}, or with its source (and tenant) before it;
     *     null for all
     * @param latest only the newest retained event of each aggregate
     */
    public record Which(@Nullable Instant since, @Nullable String aggregate, boolean latest) implements Wanted {

        public Which {
            Selection.requireAggregate(aggregate);
        }

        /** All that is retained. */
        public static Which all() {
            return new Which(null, null, false);
        }
    }

    /** How far a job is. */
    public enum Stage {
        /** The relay that leads has not begun. */
        REQUESTED,
        /** Events are put into the backlog; the subscriber gets nothing meanwhile. */
        STORING,
        /** They are in the backlog, and are delivered ahead of what came meanwhile. */
        DELIVERING,
        /** None waits any more. */
        DONE,
        /** Somebody asked for its end; what was not delivered by then was dropped. */
        CANCELLED,
        /** It could not be done. */
        FAILED;

        /** Whether nothing more will become of it. */
        public boolean isOver() {
            return this == DONE || this == CANCELLED || this == FAILED;
        }
    }
}
