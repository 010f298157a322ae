package dev.tidemark.relay.deliver;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.relay.backlog.Backlog;
import dev.tidemark.relay.backlog.BacklogException;
import dev.tidemark.relay.backlog.Entry;
import dev.tidemark.relay.backlog.Page;
import dev.tidemark.relay.backlog.PageLimit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.function.Predicate;

/**
 * Whether a lane spills, and then how far it has drained what it stored: one queue, read in order of position, until
 * there is no more; several batches at a time, if there is memory to spare. Owned as the lane is.
 */
final class Spill {

    private final Backlog backlog;
    private final Holds holds;
    private final Spare spare;
    private final Subscriber.Settings settings;
    private final Deque<Queued> ahead = new ArrayDeque<>(); // read, and to come into hand next
    private long taken; // of what there is to spare, for what is read ahead

    private boolean on;
    private boolean nearlyDrained; // what was read may be the last of what was stored
    private boolean drained;
    private long cursor; // while on: all waiting up to here are in hand, read ahead, held, or settled
    private long lastPosition;

    Spill(Subscriber.Settings settings, Backlog backlog, Holds holds, Spare spare) {
        this.settings = settings;
        this.backlog = backlog;
        this.holds = holds;
        this.spare = spare;
    }

    /**
     * Forgets what was read: it may have changed.
     *
     * @param lastPosition of the lane's part of the backlog
     */
    void opened(long lastPosition) {
        this.lastPosition = lastPosition;
        forgetWhatWasRead();
    }

    /** It is read anew; {@link #beginFromTheFirst} has to come before the next read. */
    void forgetWhatWasRead() {
        drop(event -> true);
    }

    boolean isOn() {
        return on;
    }

    /** Whether what the lane is offered goes to the backlog now; not if it is about to be direct again. */
    boolean stores() {
        return on && !nearlyDrained;
    }

    /** Whether nothing waited any more when it was last read. */
    boolean isDrained() {
        return drained;
    }

    boolean hasReadAhead() {
        return !ahead.isEmpty();
    }

    /** Begins with what is stored from now on. */
    void begin() {
        on = true;
        cursor = lastPosition;
        goOn();
    }

    /** Begins with the first that waits, whatever was read before: what is stored since may stand ahead of it. */
    void beginFromTheFirst() {
        on = true;
        forgetWhatWasRead();
        cursor = Long.MIN_VALUE; // what a subscriber begins with has positions below 0
        goOn();
    }

    /** It will not be drained soon: what is offered is to be stored. */
    void goOn() {
        nearlyDrained = false;
        drained = false;
    }

    void end() {
        on = false;
        goOn();
    }

    void stored(long position) {
        lastPosition = Math.max(lastPosition, position);
    }

    /** What is stored up to this position is in hand already. */
    void inHand(long position) {
        cursor = Math.max(cursor, position);
    }

    /**
     * Reads the next events, in order; call it when nothing is read ahead.
     *
     * <p>What is read of an aggregate that is blocked by a dead event stands before that event: it was sent again. The
     * aggregate is put aside for it.
     *
     * @param batch what is needed now; if there is memory to spare, more is read
     * @param dying whose dead event the backlog does not have yet, so that what it gives of them is behind that
     */
    void read(PageLimit batch, boolean failing, Collection<Aggregate> dying, long now) throws BacklogException {
        taken = settings.readAhead() > batch.events() ? spare.take(settings.batchBytes()) : 0;
        try {
            PageLimit limit = taken == 0 ? batch : new PageLimit(settings.readAhead(), taken);
            Page page = backlog.read(cursor, holds.parked(), limit);
            for (Entry row : page.entries()) {
                cursor = row.position();
                Aggregate aggregate = row.envelope().aggregate();
                if (!holds.blocks(aggregate)) {
                    ahead.add(Queued.stored(row));
                } else if (holds.parked(aggregate) == null && !dying.contains(aggregate)) {
                    holds.park(aggregate, 0, now);
                }
            }
            nearlyDrained = page.last() && !failing;
            drained = page.last() && page.entries().isEmpty();
        } finally {
            keep(ahead.stream().mapToLong(event -> event.bytes).sum());
        }
    }

    /** Takes what comes next of what was read, as far as both limits allow; the first one whatever its size. */
    List<Queued> take(PageLimit limit) {
        List<Queued> next = new ArrayList<>();
        long bytes = 0;
        while (!ahead.isEmpty()
                && (next.isEmpty()
                        || (next.size() < limit.events() && bytes + ahead.getFirst().bytes <= limit.bytes()))) {
            bytes += ahead.getFirst().bytes;
            next.add(ahead.removeFirst());
        }
        keep(ahead.isEmpty() ? 0 : taken);
        return next;
    }

    /** Of what was read and is not in hand, this goes another way: it is tried by itself, or dead, or blocked. */
    void drop(Predicate<Queued> which) {
        ahead.removeIf(which);
        keep(ahead.isEmpty() ? 0 : taken);
    }

    private void keep(long bytes) {
        long kept = Math.min(taken, bytes);
        spare.giveBack(taken - kept);
        taken = kept;
    }
}
