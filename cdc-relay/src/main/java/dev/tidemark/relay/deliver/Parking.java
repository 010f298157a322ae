package dev.tidemark.relay.deliver;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.relay.backlog.Backlog;
import dev.tidemark.relay.backlog.BacklogException;
import dev.tidemark.relay.backlog.Entry;
import dev.tidemark.relay.backlog.PageLimit;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;

/**
 * Aggregates of a lane that are put aside: each is tried again by itself, from the backlog, when its time has come,
 * until nothing of it waits. Owned as the lane is.
 */
final class Parking {

    private static final int MOST_AT_ONCE = 16;
    private static final int LASTED_TIMES = 9; // a tenth of the lane's time for what is parked

    private final int number;
    private final Subscriber.Settings settings;
    private final Backlog backlog;
    private final Reporter reporter;
    private final RandomGenerator random;
    private final Chores chores;
    private final Holds holds;

    Parking(
            int number,
            Subscriber.Settings settings,
            Backlog backlog,
            Reporter reporter,
            RandomGenerator random,
            Chores chores,
            Holds holds) {
        this.number = number;
        this.settings = settings;
        this.backlog = backlog;
        this.reporter = reporter;
        this.random = random;
        this.chores = chores;
        this.holds = holds;
    }

    /** Puts the event's aggregate aside. */
    void park(Queued event, long now) {
        if (!holds.blocks(event.aggregate())) {
            long wait = settings.retry().after(event.failures(), null, random).toNanos();
            holds.park(event.aggregate(), event.failures(), now + wait);
            reporter.parked(event, holds.parkedCount(), number);
        }
        if (event.isStored()) {
            chores.attempted(event);
        }
    }

    /** The first events of aggregates whose time has come; one of which nothing waits is put aside no longer. */
    List<Queued> batch(long now) throws BacklogException {
        List<Queued> batch = new ArrayList<>();
        long bytes = 0;
        List<Aggregate> due = holds.due(now, MOST_AT_ONCE);
        if (!due.isEmpty()) {
            chores.writeMarks(); // or they would be read once more
        }
        for (Aggregate aggregate : due) {
            int left = settings.batchEvents() - batch.size();
            if (left > 0 && (batch.isEmpty() || bytes < settings.batchBytes())) {
                PageLimit limit = new PageLimit(left, settings.batchBytes() - bytes);
                for (Entry row : backlog.readAggregate(aggregate, limit).entries()) {
                    Queued event = Queued.stored(row);
                    bytes += event.bytes;
                    batch.add(event);
                }
                if (batch.isEmpty() || !batch.get(batch.size() - 1).aggregate().equals(aggregate)) {
                    release(aggregate, now);
                }
            }
        }
        return batch;
    }

    /** Nothing of it waits, unless behind a dead event. */
    private void release(Aggregate aggregate, long now) throws BacklogException {
        if (chores.isWaitingForRoom()) {
            holds.park(aggregate, 0, now + Chores.ROOM_WAIT_NANOS); // some of it may be among them
        } else if (backlog.blocked(List.of(aggregate)).isEmpty()) {
            holds.release(aggregate);
        } else {
            holds.die(aggregate);
        }
        reporter.parked(number, holds.parkedCount());
    }

    /** @param lasted how long the delivery took, in nanoseconds */
    void answered(List<Queued> batch, Tally tally, long lasted) {
        Set<Aggregate> failed = new HashSet<>();
        tally.kept.forEach(event -> failed.add(event.aggregate()));
        Set<Aggregate> tried = new HashSet<>();
        batch.forEach(event -> tried.add(event.aggregate()));
        for (Aggregate aggregate : tried) {
            Holds.Parked hold = holds.parked(aggregate);
            if (hold != null && failed.contains(aggregate)) {
                int failures = hold.failures() + 1;
                long wait = settings.retry()
                        .after(failures, tally.retryAfter, random)
                        .toNanos();
                // one that hangs must not take all of the lane's time
                holds.park(aggregate, failures, tally.now + Math.max(wait, LASTED_TIMES * lasted));
            } else if (hold != null) {
                holds.park(aggregate, 0, tally.now);
            }
        }
        tally.retried.forEach(chores::attempted);
    }
}
