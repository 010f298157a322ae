package dev.tidemark.relay.backlog;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.envelope.Envelope;
import java.util.Map;
import java.util.Set;
import java.util.UUID;

/**
 * What is remembered of events that may be sent a second time.
 *
 * @param ids of those that are stored, whatever became of them
 * @param newest the highest version that is stored of each aggregate that has a versioned event stored
 */
public record Known(Set<UUID> ids, Map<Aggregate, Mark> newest) {

    public static final Known NOTHING = new Known(Set.of(), Map.of());

    public Known {
        ids = Set.copyOf(ids);
        newest = Map.copyOf(newest);
    }

    /**
     * Whether this event was settled before: it is stored, or a later one of its aggregate is, which is stored
     * only when all before it are settled.
     */
    public boolean isSettled(Envelope envelope) {
        if (ids.contains(envelope.id())) {
            return true;
        }
        Mark mark = newest.get(envelope.aggregate());
        Long version = envelope.aggregateVersion();
        return mark != null && version != null && new Mark(envelope.sourceEpoch(), version).isBefore(mark);
    }

    /** A version of an aggregate, in an epoch of its source. */
    public record Mark(long sourceEpoch, long version) {

        boolean isBefore(Mark other) {
            return sourceEpoch == other.sourceEpoch ? version < other.version : sourceEpoch < other.sourceEpoch;
        }
    }
}
