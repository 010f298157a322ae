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
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts ahead of a new subscriber's live events what the outbox has retained: all that the slot had confirmed when the
 * subscriber was registered, once and before everything that it had not.
 *
 * <p>What the slot had not confirmed comes live, and lanes store it. That goes first: the table is sorted as it is at
 * one moment, and read when the slot has confirmed all that was committed by then. A row whose key is in the backlog by
 * then came live; any other is older than all that did, and goes ahead of it. What is in doubt is a transaction that
 * the slot confirmed while nobody saw its rows yet, such as one that waits for a standby: so the moment comes when
 * everybody is done who had the outbox locked as a writer.
 *
 * <p>After a crash another moment is chosen, and what is not there yet is put behind what is.
 */
final class Loading {

    private static final Logger log = LoggerFactory.getLogger(Loading.class);
    private static final int MOST_CANDIDATES = 500;
    private static final long LOOK_MILLIS = 200;
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final String subscriber;
    private final Filter filter;
    private final String slot;
    private final BooleanSupplier lease;
    private final CountDownLatch stop;

    /** What is waited for, for people; empty when it is over. */
    private interface Waiting {
        Optional<String> ask() throws SQLException;
    }

    /** @param lease whether this relay still leads */
    Loading(String subscriber, Filter filter, String slot, BooleanSupplier lease, CountDownLatch stop) {
        this.subscriber = subscriber;
        this.filter = filter;
        this.slot = slot;
        this.lease = lease;
        this.stop = stop;
    }

    /**
     * Does it. Not to be called before the subscriber is registered.
     *
     * @return how many events were stored now; empty if it was stopped before it was done
     */
    Optional<Long> run(RetainedOutbox outbox, Beginning beginning)
            throws SQLException, BacklogException, InterruptedException {
        Set<String> writers = outbox.writers();
        if (!await(() -> open(writers, outbox))) {
            return Optional.empty();
        }
        Lsn end = outbox.open();
        if (!await(() -> unconfirmed(end, outbox))) {
            return Optional.empty();
        }
        beginning.resume();
        long stored = 0;
        while (goesOn()) {
            List<RetainedOutbox.Candidate> candidates = outbox.next(MOST_CANDIDATES);
            if (candidates.isEmpty()) {
                beginning.end();
                return Optional.of(stored);
            }
            for (List<UUID> part : outbox.parts(wanted(candidates, beginning))) {
                List<Arrival> arrivals = new ArrayList<>();
                outbox.read(part).forEach(row -> arrivals.add(arrival(row)));
                beginning.put(arrivals);
                stored += arrivals.size();
            }
        }
        return Optional.empty();
    }

    private List<UUID> wanted(List<RetainedOutbox.Candidate> candidates, Beginning beginning) throws BacklogException {
        List<UUID> wanted = new ArrayList<>(candidates.stream()
                .filter(one -> filter.matches(one.aggregateType(), one.type(), one.tenantId()))
                .map(RetainedOutbox.Candidate::id)
                .toList());
        wanted.removeAll(beginning.there(wanted));
        return wanted;
    }

    private static Arrival arrival(RetainedOutbox.Row row) {
        Change change = row.change();
        Envelope envelope = change.envelope();
        if (envelope == null) {
            String reason = requireNonNull(change.undecodable(), "undecodable");
            log.error("{}. It stands dead in the backlog.", reason);
            return new Arrival(
                    row.id(),
                    null,
                    change.raw(),
                    change.committedAt(),
                    State.DEAD,
                    Arrival.Cause.UNDECODABLE,
                    0,
                    reason);
        }
        return new Arrival(
                row.id(), envelope, null, change.committedAt(), State.WAITING, Arrival.Cause.REPLAYED, 0, null);
    }

    private static Optional<String> open(Set<String> writers, RetainedOutbox outbox) throws SQLException {
        writers.retainAll(outbox.writers());
        return writers.isEmpty()
                ? Optional.empty()
                : Optional.of(
                        "the end of transactions that may have written to the outbox: " + String.join(", ", writers));
    }

    private Optional<String> unconfirmed(Lsn end, RetainedOutbox outbox) throws SQLException {
        if (outbox.isConfirmed(slot, end)) {
            return Optional.empty();
        }
        outbox.nudge();
        return Optional.of("slot " + slot + " to confirm " + end + ", which it does when every subscriber has"
                + " what is before, or its backlog has");
    }

    /** Returns whether it is over; false if this is to stop first. */
    private boolean await(Waiting waiting) throws SQLException, InterruptedException {
        long began = System.nanoTime();
        boolean told = false;
        while (goesOn()) {
            Optional<String> still = waiting.ask();
            if (still.isEmpty()) {
                return true;
            }
            if (!told && System.nanoTime() - began > PATIENCE.toNanos()) {
                told = true;
                log.info("What subscriber {} begins with waits for {}.", subscriber, still.get());
            }
            if (stop.await(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
                return false;
            }
        }
        return false;
    }

    private boolean goesOn() {
        return stop.getCount() > 0 && lease.getAsBoolean();
    }
}
