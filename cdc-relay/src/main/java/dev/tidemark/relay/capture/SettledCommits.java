package dev.tidemark.relay.capture;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/**
 * How far the slot may be told: always the end of a whole transaction of which, and before which, everything that was
 * taken is settled, if the {@link Permit} allows it. Has an entry for each transaction, not for each event. For one
 * thread.
 */
final class SettledCommits {

    /** May acknowledge {@code lsn} once {@code taken} changes are settled. */
    record Commit(long taken, long lsn) {}

    private final ChangeFeed.Receiver receiver;
    private final Permit permit;
    private final Deque<Commit> commits = new ArrayDeque<>();
    private @Nullable Commit settled;
    private @Nullable Commit asked;
    private long newestLsn;
    private long taken;

    SettledCommits(ChangeFeed.Receiver receiver, Permit permit) {
        this.receiver = receiver;
        this.permit = permit;
    }

    /** The receiver took one more change. */
    void took() {
        taken++;
    }

    /** How many it took. */
    long taken() {
        return taken;
    }

    /** Whether all that was taken is settled. */
    boolean allSettled() {
        return receiver.settled() >= taken;
    }

    /** A transaction ends at {@code lsn}, whose changes were offered before this, as were those of all before it. */
    void saw(long lsn) {
        if (Long.compareUnsigned(lsn, newestLsn) > 0) {
            newestLsn = lsn;
            Commit last = commits.peekLast();
            if (last != null && last.taken() == taken) {
                commits.removeLast(); // may be acknowledged with this one, which reaches further
            }
            commits.addLast(new Commit(taken, lsn));
        }
    }

    /**
     * What may be acknowledged now, or null if that is no more than before. One commit is asked for until it is
     * allowed, though newer ones are settled: a permit takes its time for each.
     */
    @Nullable
    Commit next() {
        find();
        if (asked == null) {
            asked = settled;
            settled = null;
        }
        if (asked == null || !permit.allows(new Lsn(asked.lsn()))) {
            return null;
        }
        Commit allowed = asked;
        asked = null;
        return allowed;
    }

    /** Whether there is one that is settled, and not allowed yet. */
    boolean awaitsPermit() {
        find();
        return asked != null || settled != null;
    }

    private void find() {
        long count = commits.isEmpty() ? 0 : receiver.settled();
        while (!commits.isEmpty() && commits.getFirst().taken() <= count) {
            settled = commits.removeFirst();
        }
    }
}
