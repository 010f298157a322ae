package dev.tidemark.relay.deliver;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.relay.backlog.Arrival.Cause;
import dev.tidemark.relay.backlog.Backlog;
import dev.tidemark.relay.backlog.BacklogException;
import dev.tidemark.relay.backlog.Carried;
import dev.tidemark.relay.backlog.Command;
import dev.tidemark.relay.backlog.Entry;
import dev.tidemark.relay.backlog.Known;
import dev.tidemark.relay.backlog.Opening;
import dev.tidemark.relay.backlog.Page;
import dev.tidemark.relay.backlog.PageLimit;
import dev.tidemark.relay.backlog.Placed;
import dev.tidemark.relay.backlog.State;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * What a lane has in hand and decides to do with it. Belongs to whoever owns the lane.
 *
 * <p>It has more than 400 lines because its rules share one state, and are safe only together.
 *
 * <p>An event is delivered directly, unless an earlier one of its aggregate is in the backlog, or the whole lane
 * spills; then it is stored behind. It is stored only when all earlier ones of its aggregate are settled or
 * stored: on that rests {@link Known#isSettled}. A lane that spills is one queue: it reads what it stored, in
 * order, until there is no more, and is direct again.
 */
final class Work {

    private static final int MOST_PARKED_AT_ONCE = 16;
    private static final int LASTED_TIMES = 9; // a tenth of the lane's time for what is parked
    private static final int STORE_EVENTS = 1000;
    private static final long FULL_WAIT_NANOS = 1_000_000_000L;
    private static final long HELD_BACK_WAIT_NANOS = 100_000_000L;

    private final int number;
    private final Subscriber.Settings settings;
    private final Backlog backlog;
    private final Room room;
    private final Reporter reporter;
    private final LaneQueue queue;
    private final RandomGenerator random;
    private final BooleanSupplier heldBack;
    private final Chores chores;
    private final Holds holds;
    private final Trouble trouble;

    private List<Queued> hand = new ArrayList<>(); // to be delivered next, in order
    private final List<Queued> unsorted = new ArrayList<>(); // taken from the queue, not yet looked at
    private boolean opened;
    private boolean commandsLeft;
    private boolean waits; // until what comes first is stored
    private boolean spilling;
    private boolean nearlyDrained; // what is in hand may be the last of what was stored
    private long cursor; // spilling: all waiting up to here are in hand, held, or settled
    private long lastPosition;
    private boolean deliveringParked;
    private long deliveryBegan;
    private long now; // when whoever owns the lane began

    private volatile @Nullable Instant oldestInHand;

    Work(
            int number,
            Subscriber.Settings settings,
            Backlog backlog,
            Room room,
            Reporter reporter,
            LaneQueue queue,
            RandomGenerator random,
            BooleanSupplier heldBack) {
        this.number = number;
        this.settings = settings;
        this.backlog = backlog;
        this.room = room;
        this.reporter = reporter;
        this.queue = queue;
        this.random = random;
        this.heldBack = heldBack;
        this.holds = new Holds(settings.mostHeld());
        this.chores = new Chores(backlog, room, reporter, queue, this::placed);
        this.trouble = new Trouble(number, settings, reporter, random);
    }

    /** The events to be delivered now, in order; empty if there are none, or none yet. */
    List<Queued> next(long time, Queue<Undecodable> undecodable, Queue<Asked> asked) throws BacklogException {
        now = time;
        open();
        chores.takeUndecodable(undecodable);
        chores.run();
        carryOut(asked);
        commandsLeft = !asked.isEmpty();
        if (holdsBack()) {
            noteOldest();
            return List.of();
        }
        boolean parkedFirst = !deliveringParked; // by turns, if both have something
        List<Queued> batch = parkedFirst ? parkedBatch() : mainBatch();
        deliveringParked = parkedFirst;
        if (batch.isEmpty()) {
            batch = parkedFirst ? mainBatch() : parkedBatch();
            deliveringParked = !parkedFirst;
        }
        deliveringParked &= !batch.isEmpty();
        deliveryBegan = time;
        noteOldest();
        return batch;
    }

    /** Nanoseconds until there may be something to do without a further offer. */
    long nextDue(long now) {
        long parked = holds.nextDue(now);
        long backingOff = trouble.left(now);
        if (commandsLeft) {
            return 0;
        }
        if (waits) {
            return HELD_BACK_WAIT_NANOS;
        }
        if (backingOff == 0 && !chores.isWaitingForRoom() && queue.first() != null) {
            return 0; // all that was taken had been delivered before, or was stored: there is more
        }
        long main = backingOff > 0 ? backingOff : Lane.NOTHING_DUE;
        long waiting = chores.isWaitingForRoom() ? FULL_WAIT_NANOS : Lane.NOTHING_DUE;
        return Math.min(parked, Math.min(main, waiting));
    }

    /**
     * Takes what the sink answered.
     *
     * @return nanoseconds until there is more to do
     */
    long answered(List<Queued> batch, Tally tally) {
        now = tally.now;
        reporter.count(tally);
        tally.delivered.forEach(this::delivered);
        tally.rejected.forEach(this::reject);
        trouble.delivered(tally);
        if (deliveringParked) {
            parkedAnswered(batch, tally);
        } else {
            hand = new ArrayList<>(tally.kept);
            hand.removeIf(Queued::isPassed);
            trouble.answered(tally);
            nearlyDrained &= tally.retried.isEmpty();
            putAside();
        }
        dropBlocked(settings.deadBlocks() ? aggregates(tally.rejected.keySet()) : Set.of());
        noteOldest();
        return hand.isEmpty() || trouble.left(now) == 0 ? 0 : Math.min(trouble.left(now), holds.nextDue(now));
    }

    /** Writes what can be written, before the lane ends. */
    void finish() throws BacklogException {
        if (opened) {
            chores.run();
        }
    }

    void tend(long time, boolean behind, boolean othersAreAhead) throws BacklogException {
        now = time;
        if (!opened) {
            return;
        }
        chores.run();
        if (spilling) {
            nearlyDrained &= !behind;
        } else if (behind && (othersAreAhead || trouble.lasts())) {
            spill("it is too far behind: half of what the relay may hold came after its oldest event");
        }
        if (spilling && !nearlyDrained) {
            storeQueue();
        }
        noteOldest();
    }

    boolean isBehind() {
        Queued first = firstLive();
        return first != null && first.isBehind();
    }

    boolean isFailing() {
        return trouble.isFailing() && !spilling;
    }

    @Nullable
    Instant oldestInHand() {
        return oldestInHand;
    }

    // ---- what is in the backlog already

    private void open() throws BacklogException {
        if (opened) {
            return;
        }
        Opening opening = backlog.open(settings.mostHeld());
        holds.dead(opening.dead(), opening.complete());
        lastPosition = opening.lastPosition();
        hand.removeIf(Queued::isStored); // what the backlog says counts now
        if (opening.waiting()) {
            drainFromTheBeginning();
        }
        opened = true;
    }

    /** What is in hand is stored, and comes in its turn. */
    private void drainFromTheBeginning() {
        if (!spilling) {
            spilling = true;
            reporter.drains(number);
        }
        nearlyDrained = false;
        cursor = Long.MIN_VALUE;
        hand.forEach(event -> chores.store(event, Cause.SPILLED));
        hand.clear();
    }

    /** Until what the subscriber begins with is stored, all that comes is stored behind it, and nothing is delivered. */
    private boolean holdsBack() throws BacklogException {
        if (heldBack.getAsBoolean()) {
            waits = true;
            spilling = true;
            nearlyDrained = false;
            storeQueue();
        } else if (waits) {
            waits = false;
            spilling = false;
            drainFromTheBeginning();
        }
        return waits;
    }

    /** One step of the oldest command. */
    private void carryOut(Queue<Asked> asked) throws BacklogException {
        Asked next = asked.peek();
        if (next == null) {
            return;
        }
        opened = false; // if the answer is lost, what the backlog has must be looked at anew
        Carried carried = backlog.carryOut(next.command());
        next.did(carried);
        room.change(carried.waiting(), carried.dead(), carried.bytes());
        opened = carried.aggregates().size() <= settings.mostHeld() / 2 && holds.mayPark();
        if (opened) {
            // in hand may be what was dropped
            hand.removeIf(event -> event.isStored() && carried.aggregates().contains(event.aggregate()));
            carried.aggregates().forEach(aggregate -> holds.park(aggregate, 0, now));
            dropBlocked(Set.of());
        }
        if (next.command().verb() == Command.Verb.RETRY) {
            holds.allDue(now);
        }
        if (!carried.more()) {
            asked.remove();
            next.done();
        }
        open();
        chores.run();
    }

    private List<Queued> parkedBatch() throws BacklogException {
        List<Queued> batch = new ArrayList<>();
        long bytes = 0;
        for (Aggregate aggregate : holds.due(now, MOST_PARKED_AT_ONCE)) {
            int left = settings.batchEvents() - batch.size();
            if (left > 0 && (batch.isEmpty() || bytes < settings.batchBytes())) {
                PageLimit limit = new PageLimit(left, settings.batchBytes() - bytes);
                for (Entry row : backlog.readAggregate(aggregate, limit).entries()) {
                    Queued event = Queued.stored(row);
                    bytes += event.bytes;
                    batch.add(event);
                }
                if (batch.isEmpty() || !batch.get(batch.size() - 1).aggregate().equals(aggregate)) {
                    release(aggregate);
                }
            }
        }
        return batch;
    }

    /** Nothing of it waits, unless behind a dead event. */
    private void release(Aggregate aggregate) throws BacklogException {
        if (chores.isWaitingForRoom()) {
            holds.park(aggregate, 0, now + FULL_WAIT_NANOS); // some of it may be among them
        } else if (backlog.blocked(List.of(aggregate)).isEmpty()) {
            holds.release(aggregate);
        } else {
            holds.die(aggregate);
        }
        reporter.parked(number, holds.parkedCount());
    }

    // ---- what is offered, and what was spilled

    private List<Queued> mainBatch() throws BacklogException {
        if (trouble.left(now) > 0) {
            return List.of();
        }
        if (spilling) {
            fillFromBacklog();
        }
        if (!spilling) {
            fillFromQueue();
        }
        return List.copyOf(hand);
    }

    private void fillFromBacklog() throws BacklogException {
        if (hand.stream().anyMatch(Queued::isLive)) {
            return; // they wait for room in the backlog, and come first
        }
        if (!nearlyDrained) {
            storeQueue();
        }
        int left = settings.batchEvents() - hand.size();
        if (left == 0 || (nearlyDrained && !hand.isEmpty())) {
            return;
        }
        long bytes = hand.stream().mapToLong(event -> event.bytes).sum();
        if (!hand.isEmpty() && bytes >= settings.batchBytes()) {
            return;
        }
        Page page = backlog.read(cursor, holds.parked(), new PageLimit(left, settings.batchBytes() - bytes));
        for (Entry row : page.entries()) {
            cursor = row.position();
            if (!holds.blocks(row.envelope().aggregate())) {
                hand.add(Queued.stored(row));
            }
        }
        nearlyDrained = page.last() && !trouble.lasts();
        if (page.last() && page.entries().isEmpty() && hand.isEmpty() && !chores.isWaitingForRoom()) {
            spilling = false;
            nearlyDrained = false;
            reporter.direct(number);
        }
    }

    private void fillFromQueue() throws BacklogException {
        long bytes = hand.stream().mapToLong(event -> event.bytes).sum();
        int left = settings.batchEvents() - hand.size() - unsorted.size();
        if (left > 0 && !chores.isWaitingForRoom()) {
            boolean atLeastOne = hand.isEmpty() && unsorted.isEmpty();
            unsorted.addAll(queue.take(left, settings.batchBytes() - bytes, atLeastOne));
        }
        if (holds.isComplete() || !chores.isWaitingForRoom()) {
            sort();
            chores.run();
        }
    }

    /** Puts the lane's whole queue into the backlog; as far as there is room. */
    private void storeQueue() throws BacklogException {
        sort();
        chores.run();
        for (int offered = queue.unsettled(); offered > 0 && !chores.isWaitingForRoom(); offered -= STORE_EVENTS) {
            unsorted.addAll(queue.take(STORE_EVENTS, Long.MAX_VALUE, true));
            sort();
            chores.run();
        }
    }

    /** Decides for each event that was taken from the queue whether it is in hand, to be stored, or known already. */
    private void sort() throws BacklogException {
        if (unsorted.isEmpty()) {
            return;
        }
        Known known = known();
        Set<Aggregate> blocked = spilling || holds.isComplete() ? Set.of() : backlog.blocked(aggregates(unsorted));
        for (Queued event : unsorted) {
            if (event.maybeResent && known.isSettled(event.envelope)) {
                settle(event);
            } else if (spilling) {
                chores.store(event, Cause.SPILLED);
            } else if (holds.blocks(event.aggregate()) || blocked.contains(event.aggregate())) {
                chores.store(event, Cause.PARKED);
            } else {
                hand.add(event);
            }
        }
        unsorted.clear();
    }

    private Known known() throws BacklogException {
        List<Queued> maybe =
                unsorted.stream().filter(event -> event.maybeResent).toList();
        return maybe.isEmpty()
                ? Known.NOTHING
                : backlog.known(maybe.stream().map(event -> event.envelope).toList());
    }

    // ---- what came of it

    private void delivered(Queued event) {
        chores.delivered(event);
        settle(event);
    }

    private void reject(Queued event, String reason) {
        chores.bury(event, reason);
        reporter.died(event, reason);
        if (settings.deadBlocks()) {
            holds.die(event.aggregate());
        }
    }

    private void parkedAnswered(List<Queued> batch, Tally tally) {
        Set<Aggregate> failed = aggregates(tally.kept);
        for (Aggregate aggregate : aggregates(batch)) {
            Holds.Parked hold = holds.parked(aggregate);
            if (hold != null && failed.contains(aggregate)) {
                int failures = hold.failures() + 1;
                long wait = settings.retry()
                        .after(failures, tally.retryAfter, random)
                        .toNanos();
                long lasted = now - deliveryBegan; // one that hangs must not take all of the lane's time
                holds.park(aggregate, failures, now + Math.max(wait, LASTED_TIMES * lasted));
            } else if (hold != null) {
                holds.park(aggregate, 0, now);
            }
        }
        tally.retried.forEach(chores::attempted);
    }

    /** What was tried for too long goes to the backlog: the whole lane if nothing gets through, else the aggregate. */
    private void putAside() {
        for (Queued event : List.copyOf(hand)) {
            if (event.hasFailedFor(settings.parkAfter().toNanos(), now)) {
                boolean othersGetThrough = trouble.deliveredSince(event.firstFailedAt());
                if (othersGetThrough && holds.mayPark()) {
                    park(event);
                } else if (!spilling) {
                    spill("it has taken nothing for " + settings.parkAfter().toMillis() + " ms");
                }
            }
        }
    }

    private void park(Queued event) {
        if (!holds.blocks(event.aggregate())) {
            long wait = settings.retry().after(event.failures(), null, random).toNanos();
            holds.park(event.aggregate(), event.failures(), now + wait);
            reporter.parked(event, holds.parkedCount(), number);
        }
        if (event.isStored()) {
            chores.attempted(event);
        }
    }

    /** Events behind one that is parked or dead now leave the hand, in order. */
    private void dropBlocked(Set<Aggregate> justDied) {
        hand.removeIf(event -> {
            boolean blocked = holds.blocks(event.aggregate()) || justDied.contains(event.aggregate());
            if (blocked) {
                chores.store(event, Cause.PARKED); // unless it is stored already
            }
            return blocked;
        });
    }

    private void spill(String reason) {
        spilling = true;
        nearlyDrained = false;
        cursor = lastPosition;
        hand.forEach(event -> chores.store(event, Cause.SPILLED));
        reporter.spills(number, reason);
    }

    /** Called for each event that was stored. */
    private void placed(Queued event, Placed where) {
        lastPosition = Math.max(lastPosition, where.position());
        boolean inHand = hand.contains(event);
        if (where.state() != State.WAITING) {
            event.pass();
            hand.remove(event);
        } else if (spilling && inHand) {
            cursor = Math.max(cursor, where.position());
        } else if (!spilling && !holds.blocks(event.aggregate())) {
            holds.park(event.aggregate(), 0, now);
        }
    }

    private void settle(Queued event) {
        if (event.isLive()) {
            event.settle();
            queue.settled(1);
        }
    }

    private @Nullable Queued firstLive() {
        for (Queued event : hand) {
            if (event.isLive()) {
                return event;
            }
        }
        return unsorted.isEmpty() ? queue.first() : unsorted.get(0);
    }

    private void noteOldest() {
        Queued first = firstLive();
        oldestInHand = first == null ? null : first.committedAt;
    }

    private static Set<Aggregate> aggregates(Collection<Queued> events) {
        Set<Aggregate> aggregates = new HashSet<>();
        events.forEach(event -> aggregates.add(event.aggregate()));
        return aggregates;
    }
}
