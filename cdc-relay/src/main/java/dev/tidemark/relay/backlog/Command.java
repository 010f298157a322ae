package dev.tidemark.relay.backlog;

import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * What a person asked to be done with events of a subscriber's backlog.
 *
 * @param id of the row in {@code tidemark.command}
 * @param ids the events; empty for all that the rest selects
 * @param aggregate such as {@code order/42}, type and id; null for any
 * @param reason a part of the reason; null for any
 * @param redelivery the job that has put them there; null for any
 */
public record Command(
        long id,
        String subscriber,
        Verb verb,
        Set<UUID> ids,
        @Nullable String aggregate,
        @Nullable String reason,
        @Nullable Long redelivery) {

    public Command {
        ids = Set.copyOf(ids);
    }

    /** One that concerns events whatever put them there. */
    public Command(
            long id, String subscriber, Verb verb, Set<UUID> ids, @Nullable String aggregate, @Nullable String reason) {
        this(id, subscriber, verb, ids, aggregate, reason, null);
    }

    public enum Verb {
        /** Dead events wait again, and what waits is tried now. */
        RETRY,
        /** Dead events are passed over: what waits behind them goes on. */
        SKIP,
        /** Dead and waiting events are given up. */
        DROP
    }
}
