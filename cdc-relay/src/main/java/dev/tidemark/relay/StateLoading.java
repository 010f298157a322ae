package dev.tidemark.relay;

import dev.tidemark.envelope.Envelope;
import dev.tidemark.relay.backlog.Arrival;
import dev.tidemark.relay.backlog.BacklogException;
import dev.tidemark.relay.backlog.Beginning;
import dev.tidemark.relay.backlog.Redelivery;
import dev.tidemark.relay.backlog.State;
import dev.tidemark.relay.capture.CurrentStates;
import dev.tidemark.relay.capture.RetainedOutbox;
import dev.tidemark.relay.deliver.Filter;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/**
 * Puts ahead of a subscriber's live events what aggregates are now. Each state has the version that it is true for, and is
 * read after the subscriber is held back: what it has got by then is in the state, and what it gets later is in the state,
 * too, and has its version or an older one, or comes behind it and is newer. So nothing need be waited for that the slot
 * has not confirmed, and each page may be of another moment.
 */
final class StateLoading {

    private static final int PAGE = 500;

    private final Job job;
    private final Redelivery.States wanted;
    private final Filter filter;
    private final Holding holding;
    private final Waits waits;
    private long seen;

    StateLoading(Job job, Redelivery.States wanted, Filter filter, Holding holding, Waits waits) {
        this.job = job;
        this.wanted = wanted;
        this.filter = filter;
        this.holding = holding;
        this.waits = waits;
    }

    /**
     * Does it.
     *
     * @param outbox tells who may have written to it; on a connection that may be that of the states
     * @return whether all is stored; false if it was stopped before, or is not wanted any more
     */
    boolean run(RetainedOutbox outbox, CurrentStates states, Beginning beginning)
            throws SQLException, BacklogException, InterruptedException {
        if (!holding.await(outbox, waits)) {
            return false;
        }
        beginning.resume();
        List<String> ids = wanted.ids();
        long total = ids == null ? states.count() : ids.size();
        job.progress(total, 0, 0);
        while (waits.goOn()) {
            List<Envelope> page = ids == null ? states.next(PAGE) : some(states, ids);
            if (page.isEmpty()) {
                return true;
            }
            long more = put(page, beginning);
            seen += page.size();
            job.progress(Math.max(total, seen), seen, more);
        }
        return false;
    }

    private List<Envelope> some(CurrentStates states, List<String> ids) throws SQLException {
        int from = Math.toIntExact(seen);
        int to = Math.min(ids.size(), from + PAGE);
        return from == to
                ? List.of()
                : states.of(ids.subList(from, to), wanted.tenantIds().subList(from, to));
    }

    private long put(List<Envelope> page, Beginning beginning) throws BacklogException {
        List<Envelope> matching = page.stream()
                .filter(state -> filter.matchesAggregate(
                        state.aggregate().type(), state.aggregate().tenantId()))
                .toList();
        Set<UUID> there = new HashSet<>(
                beginning.there(matching.stream().map(Envelope::id).toList()));
        List<Arrival> arrivals = new ArrayList<>();
        for (Envelope state : matching) {
            if (!there.contains(state.id())) {
                arrivals.add(new Arrival(
                        state.id(), state, null, state.time(), State.WAITING, Arrival.Cause.REPLAYED, 0, null));
            }
        }
        beginning.put(arrivals);
        return arrivals.size();
    }
}
