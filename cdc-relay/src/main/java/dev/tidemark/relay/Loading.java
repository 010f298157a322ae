package dev.tidemark.relay;

import static java.util.Objects.requireNonNull;

import dev.tidemark.envelope.Envelope;
import dev.tidemark.relay.backlog.Arrival;
import dev.tidemark.relay.backlog.BacklogException;
import dev.tidemark.relay.backlog.Beginning;
import dev.tidemark.relay.backlog.State;
import dev.tidemark.relay.capture.Change;
import dev.tidemark.relay.capture.Lsn;
import dev.tidemark.relay.capture.RetainedOutbox;
import dev.tidemark.relay.deliver.Filter;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts ahead of a subscriber's live events what the outbox has retained: for a new one all that the slot had confirmed
 * when it was registered, for a job what it asks for; each once, and before everything that comes live.
 *
 * <p>What the slot had not confirmed comes live, and lanes store it. That goes first: the table is sorted as it is at
 * one moment, and read when the slot has confirmed all that was committed by then. A row whose key is in the backlog by
 * then came live; any other is older than all that did, and goes ahead of it. What is in doubt is a transaction that
 * the slot confirmed while nobody saw its rows yet, such as one that waits for a standby: so the moment comes when
 * everybody is done who had the outbox locked as a writer. And before all this every lane has to be held back: what it
 * still delivered directly afterwards could be newer than what was sorted.
 *
 * <p>After a crash another moment is chosen, and what is not there yet is put behind what is.
 */
final class Loading {

    private static final Logger log = LoggerFactory.getLogger(Loading.class);
    private static final int MOST_CANDIDATES = 500;

    private final Filter filter;
    private final String slot;
    private final Purpose purpose;
    private final Holding holding;
    private final Waits waits;
    private long seen;

    /** What it is done for. */
    interface Purpose extends Waits.Wish {

        /** Such as {@code what subscriber late begins with}. */
        String name();

        /** Sorts what is wanted. Returns where the log ends behind it. */
        Lsn open(RetainedOutbox outbox) throws SQLException;

        /** What a retained event is stored and delivered as. */
        Envelope envelope(Envelope retained);

        /**
         * Hears how far it is.
         *
         * @param total rows that were sorted
         * @param seen of these
         * @param more how many events were stored since it heard last
         */
        void progress(long total, long seen, long more) throws BacklogException;
    }

    /** @param waits that know the purpose */
    Loading(Filter filter, String slot, Purpose purpose, Holding holding, Waits waits) {
        this.filter = filter;
        this.slot = slot;
        this.purpose = purpose;
        this.holding = holding;
        this.waits = waits;
    }

    /**
     * Does it. Not to be called before the subscriber is registered as loading.
     *
     * @return whether all is stored; false if it was stopped before, or is not wanted any more
     */
    boolean run(RetainedOutbox outbox, Beginning beginning)
            throws SQLException, BacklogException, InterruptedException {
        if (!holding.await(outbox, waits)) {
            return false;
        }
        Lsn end = purpose.open(outbox);
        if (!waits.await(() -> unconfirmed(end, outbox))) {
            return false;
        }
        beginning.resume();
        purpose.progress(outbox.rows(), 0, 0);
        while (waits.goOn()) {
            List<RetainedOutbox.Candidate> candidates = outbox.next(MOST_CANDIDATES);
            if (candidates.isEmpty()) {
                return true;
            }
            long more = put(candidates, outbox, beginning);
            seen += candidates.size();
            purpose.progress(outbox.rows(), seen, more);
        }
        return false;
    }

    private long put(List<RetainedOutbox.Candidate> candidates, RetainedOutbox outbox, Beginning beginning)
            throws SQLException, BacklogException {
        long put = 0;
        for (List<UUID> part : outbox.parts(wanted(candidates, beginning))) {
            List<Arrival> arrivals = new ArrayList<>();
            outbox.read(part).forEach(row -> add(row, arrivals));
            beginning.put(arrivals);
            put += arrivals.size();
        }
        return put;
    }

    private List<UUID> wanted(List<RetainedOutbox.Candidate> candidates, Beginning beginning) throws BacklogException {
        List<UUID> wanted = new ArrayList<>(candidates.stream()
                .filter(one -> filter.mayWant(one.aggregateType(), one.type(), one.tenantId()))
                .map(RetainedOutbox.Candidate::id)
                .toList());
        wanted.removeAll(beginning.there(wanted));
        return wanted;
    }

    private void add(RetainedOutbox.Row row, List<Arrival> arrivals) {
        Change change = row.change();
        Envelope envelope = change.envelope();
        if (envelope == null) {
            String reason = requireNonNull(change.undecodable(), "undecodable");
            log.error("{}. It stands dead in the backlog.", reason);
            arrivals.add(new Arrival(
                    row.id(),
                    null,
                    change.raw(),
                    change.committedAt(),
                    State.DEAD,
                    Arrival.Cause.UNDECODABLE,
                    0,
                    reason));
            return;
        }
        Envelope seen = filter.seen(purpose.envelope(envelope));
        if (seen != null) {
            arrivals.add(new Arrival(
                    row.id(), seen, null, change.committedAt(), State.WAITING, Arrival.Cause.REPLAYED, 0, null));
        }
    }

    private Optional<String> unconfirmed(Lsn end, RetainedOutbox outbox) throws SQLException {
        if (outbox.isConfirmed(slot, end)) {
            return Optional.empty();
        }
        outbox.nudge();
        return Optional.of("slot " + slot + " to confirm " + end + ", which it does when every subscriber has"
                + " what is before, or its backlog has");
    }
}
