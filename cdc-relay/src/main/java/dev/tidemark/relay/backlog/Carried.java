package dev.tidemark.relay.backlog;

import dev.tidemark.envelope.Aggregate;
import java.util.Set;

/**
 * What a command did in one part.
 *
 * @param events that it concerned
 * @param aggregates of these; their blocks are to be looked at again
 * @param waiting by how many more events wait now; negative if fewer do
 * @param dead by how many more events are dead now
 * @param bytes by how many more bytes are held now
 * @param more whether there is more to do: it is to be carried out again
 */
public record Carried(int events, Set<Aggregate> aggregates, long waiting, long dead, long bytes, boolean more) {

    Carried(int events, Set<Aggregate> aggregates, long waiting, long dead, long bytes) {
        this(events, aggregates, waiting, dead, bytes, false);
    }

    public Carried {
        aggregates = Set.copyOf(aggregates);
    }
}
