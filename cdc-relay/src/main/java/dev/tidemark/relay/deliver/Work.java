package dev.tidemark.relay.deliver;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.relay.backlog.Arrival.Cause;
import dev.tidemark.relay.backlog.Backlog;
import dev.tidemark.relay.backlog.BacklogException;
import dev.tidemark.relay.backlog.Carried;
import dev.tidemark.relay.backlog.Command;
import dev.tidemark.relay.backlog.Opening;
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
import java.util.function.Predicate;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * What a lane has in hand and decides to do with it. Belongs to whoever owns the lane.
 *
 * <p>It has more than 400 lines because its rules share one state, and are safe only together.
 *
 * <p>An event is delivered directly, unless an earlier one of its aggregate is in the backlog, or the whole lane
 * spills; then it is stored behind. It is stored only when all earlier ones of its aggregate are settled or
 * stored: on that rests what {@link Intake} takes for known. A lane that spills is one queue: it reads what it
 * stored, in order, until there is no more, and is direct again.
 */
final class Work {

    private static final int STORE_EVENTS = 1000;
    private static final long HELD_BACK_WAIT_NANOS = 100_000_000L;

    private final int number;
    private final Subscriber.Settings settings;
    private final Backlog backlog;
    private final Room room;
    private final Reporter reporter;
    private final LaneQueue queue;
    private final BooleanSupplier heldBack;
    private final Chores chores;
    private final Holds holds;
    private final Intake intake;
    private final Parking parking;
    private final Spill spill;
    private final Trouble trouble;

    private List<Queued> hand = new ArrayList<>(); // to be delivered next, in order
    private boolean opened;
    private boolean commandsLeft;
    private boolean waits; // until what comes first is stored
    private boolean deliveringParked;
    private long deliveryBegan;
    private long now; // when whoever owns the lane began

    private volatile @Nullable Instant oldestInHand;
    private volatile boolean held;

    Work(
            int number,
            Subscriber.Settings settings,
            Backlog backlog,
            Room room,
            Reporter reporter,
            LaneQueue queue,
            RandomGenerator random,
            BooleanSupplier heldBack,
            Spare spare) {
        this.number = number;
        this.settings = settings;
        this.backlog = backlog;
        this.room = room;
        this.reporter = reporter;
        this.queue = queue;
        this.heldBack = heldBack;
        this.holds = new Holds(settings.mostHeld());
        this.chores = new Chores(backlog, room, reporter, queue, settings.readAhead(), this::placed);
        this.intake = new Intake(backlog, queue, holds, chores);
        this.parking = new Parking(number, settings, backlog, reporter, random, chores, holds);
        this.spill = new Spill(settings, backlog, holds, spare);
        this.trouble = new Trouble(number, settings, reporter, random);
    }

    /** The events to be delivered now, in order; empty if there are none, or none yet. */
    List<Queued> next(long time, Queue<Undecodable> undecodable, Queue<Asked> asked) throws BacklogException {
        now = time;
        open();
        chores.takeUndecodable(undecodable);
        runChores();
        carryOut(asked);
        commandsLeft = !asked.isEmpty();
        if (holdsBack()) {
            noteOldest();
            return List.of();
        }
        boolean parkedFirst = !deliveringParked; // by turns, if both have something
        List<Queued> batch = parkedFirst ? parking.batch(now) : mainBatch();
        deliveringParked = parkedFirst;
        if (batch.isEmpty()) {
            batch = parkedFirst ? mainBatch() : parking.batch(now);
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
        boolean more = queue.first() != null || (spill.isOn() && !spill.isDrained());
        if (backingOff == 0 && !chores.isWaitingForRoom() && more) {
            return 0; // all that was taken or read had been delivered before, was stored, or is put aside
        }
        long main = backingOff > 0 ? Math.min(backingOff, untilPutAside(now)) : Lane.NOTHING_DUE;
        long waiting = chores.isWaitingForRoom() ? Chores.ROOM_WAIT_NANOS : Lane.NOTHING_DUE;
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
        tally.delivered.forEach(event -> chores.delivered(event, now));
        tally.delivered.forEach(queue::settle);
        tally.rejected.forEach(this::reject);
        trouble.delivered(tally);
        if (deliveringParked) {
            parking.answered(batch, tally, now - deliveryBegan);
        } else {
            hand = new ArrayList<>(tally.kept);
            hand.removeIf(Queued::isPassed);
            trouble.answered(tally);
            if (!tally.retried.isEmpty()) {
                spill.goOn();
            }
            putAside();
        }
        dropBlocked(settings.deadBlocks() ? aggregates(tally.rejected.keySet()) : Set.of());
        noteOldest();
        return hand.isEmpty() || trouble.left(now) == 0
                ? 0
                : Math.min(Math.min(trouble.left(now), untilPutAside(now)), holds.nextDue(now));
    }

    /** Writes what can be written, before the lane ends. */
    void finish() throws BacklogException {
        if (opened) {
            chores.run(now);
        }
    }

    void tend(long time, boolean behind, boolean othersAreAhead) throws BacklogException {
        now = time;
        if (!opened) {
            return;
        }
        runChores();
        if (behind && spill.isOn()) {
            spill.goOn();
        } else if (behind && (othersAreAhead || trouble.lasts())) {
            spill("it is too far behind: half of what the relay may hold came after its oldest event");
        }
        if (spill.stores()) {
            storeQueue();
        }
        noteOldest();
    }

    boolean isBehind() {
        Queued first = firstLive();
        return first != null && first.isBehind();
    }

    boolean isFailing() {
        return trouble.isFailing() && !spill.isOn();
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
        if (opening.nothing()) {
            intake.nothingIsStored();
        } else {
            intake.somethingMayBeStored();
        }
        holds.dead(opening.dead(), opening.complete());
        if (settings.deadBlocks()) {
            chores.dying().forEach(holds::die); // the backlog does not know of them yet
        }
        spill.opened(opening.lastPosition());
        hand.removeIf(Queued::isStored); // what the backlog says counts now
        if (opening.waiting()) {
            drainFromTheBeginning();
        }
        opened = true;
    }

    /** What is in hand is stored, and comes in its turn. */
    private void drainFromTheBeginning() {
        if (!spill.isOn()) {
            reporter.drains(number);
        }
        spill.beginFromTheFirst();
        hand.forEach(event -> chores.store(event, Cause.SPILLED));
        hand.clear();
    }

    /** Until what goes ahead is stored, all that comes is stored behind it, and nothing is delivered. */
    private boolean holdsBack() throws BacklogException {
        if (heldBack.getAsBoolean()) {
            intake.somethingMayBeStored();
            if (!waits) {
                chores.writeMarks(); // what was delivered from the backlog does not wait any more
                hand.forEach(event -> chores.store(event, Cause.SPILLED)); // ahead of what is queued
                waits = true; // not before: a backlog that does not answer is asked again
            }
            spill.forgetWhatWasRead(); // its memory is for others meanwhile
            spill.begin(); // not before: what it has not read yet is read only by who has waited
            held = true;
            storeQueue();
        } else if (waits) {
            waits = false;
            held = false;
            spill.end();
            drainFromTheBeginning();
        }
        return waits;
    }

    /** Whether it delivers nothing for now: what is delivered later is in the backlog then, or comes behind it. */
    boolean isHeld() {
        return held;
    }

    /** One step of the oldest command. */
    private void carryOut(Queue<Asked> asked) throws BacklogException {
        Asked next = asked.peek();
        if (next == null) {
            return;
        }
        chores.writeMarks(); // it finds what is there
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
            trouble.waitNoLonger(now);
        }
        if (!carried.more()) {
            asked.remove();
            next.done();
        }
        open();
        runChores();
    }

    private void runChores() throws BacklogException {
        if (spill.isOn()) {
            chores.runLazily(now);
        } else {
            chores.run(now);
        }
    }

    // ---- what is offered, and what was spilled

    private List<Queued> mainBatch() throws BacklogException {
        if (trouble.left(now) > 0) {
            putAside(); // however long it backs off
            dropBlocked(Set.of());
            runChores();
            return List.of();
        }
        if (spill.isOn()) {
            fillFromBacklog();
        }
        if (!spill.isOn()) {
            fillFromQueue();
        }
        return List.copyOf(hand);
    }

    private void fillFromBacklog() throws BacklogException {
        if (hand.stream().anyMatch(Queued::isLive)) {
            return; // they wait for room in the backlog, and come first
        }
        int left = settings.batchEvents() - hand.size();
        long bytes = settings.batchBytes() - handBytes();
        if (left == 0 || (!hand.isEmpty() && bytes <= 0)) {
            return;
        }
        PageLimit limit = new PageLimit(left, bytes);
        if (!spill.hasReadAhead() && !readOn(limit)) {
            return;
        }
        hand.addAll(spill.take(limit));
        if (hand.isEmpty() && spill.isDrained() && !chores.isWaitingForRoom()) {
            chores.writeMarks(); // what is not marked would come again after what is delivered directly
            spill.end();
            reporter.direct(number);
        }
    }

    /** Whether it read; it does not read past what may be the last, to be direct again when that is delivered. */
    private boolean readOn(PageLimit limit) throws BacklogException {
        if (spill.stores()) {
            storeQueue();
        } else if (!hand.isEmpty()) {
            return false;
        }
        spill.read(limit, trouble.lasts(), chores.dying(), now);
        return true;
    }

    private long handBytes() {
        return hand.stream().mapToLong(event -> event.bytes).sum();
    }

    private void fillFromQueue() throws BacklogException {
        int left = settings.batchEvents() - hand.size() - intake.size();
        if (left > 0 && !chores.isWaitingForRoom()) {
            boolean atLeastOne = hand.isEmpty() && intake.size() == 0;
            intake.take(left, settings.batchBytes() - handBytes(), atLeastOne);
        }
        if (holds.isComplete() || !chores.isWaitingForRoom()) {
            hand.addAll(intake.sort(false));
            runChores();
        }
    }

    /** Puts the lane's whole queue into the backlog; as far as there is room. */
    private void storeQueue() throws BacklogException {
        intake.sort(true);
        runChores();
        for (int offered = queue.unsettled(); offered > 0 && !chores.isWaitingForRoom(); offered -= STORE_EVENTS) {
            intake.take(STORE_EVENTS, Long.MAX_VALUE, true);
            intake.sort(true);
            runChores();
        }
    }

    // ---- what came of it

    private void reject(Queued event, String reason) {
        chores.bury(event, reason);
        reporter.died(event, reason);
        if (settings.deadBlocks()) {
            holds.die(event.aggregate());
        }
    }

    /** What was tried for too long goes to the backlog: the whole lane if nothing gets through, else the aggregate. */
    private void putAside() {
        for (Queued event : List.copyOf(hand)) {
            if (event.hasFailedFor(settings.parkAfter().toNanos(), now)) {
                boolean othersGetThrough = trouble.deliveredSince(event.firstFailedAt());
                if (othersGetThrough && holds.mayPark()) {
                    parking.park(event, now);
                } else if (!spill.isOn()) {
                    spill("it has taken nothing for " + settings.parkAfter().toMillis() + " ms");
                }
            }
        }
    }

    /** Nanoseconds until the first in hand has been tried for too long; {@link Lane#NOTHING_DUE} if none will be. */
    private long untilPutAside(long now) {
        long parkAfter = settings.parkAfter().toNanos();
        return spill.isOn()
                ? Lane.NOTHING_DUE
                : hand.stream()
                        .filter(event -> event.failures() > 0)
                        .mapToLong(event -> Math.max(0, event.firstFailedAt() + parkAfter - now))
                        .min()
                        .orElse(Lane.NOTHING_DUE);
    }

    /** Events behind one that is parked or dead now leave the hand, in order. */
    private void dropBlocked(Set<Aggregate> justDied) {
        Predicate<Queued> blocked = event -> holds.blocks(event.aggregate()) || justDied.contains(event.aggregate());
        spill.drop(blocked);
        hand.stream().filter(blocked).forEach(event -> chores.store(event, Cause.PARKED)); // unless it is stored
        hand.removeIf(blocked);
    }

    private void spill(String reason) {
        spill.begin();
        hand.forEach(event -> chores.store(event, Cause.SPILLED));
        reporter.spills(number, reason);
    }

    /** Called for each event that was stored. */
    private void placed(Queued event, Placed where) {
        spill.stored(where.position());
        intake.somethingMayBeStored();
        boolean inHand = hand.contains(event);
        if (where.state() != State.WAITING) {
            event.pass();
            hand.remove(event);
        } else if (spill.isOn() && inHand) {
            spill.inHand(where.position());
        } else if (!spill.isOn() && !holds.blocks(event.aggregate())) {
            holds.park(event.aggregate(), 0, now);
        }
    }

    private @Nullable Queued firstLive() {
        for (Queued event : hand) {
            if (event.isLive()) {
                return event;
            }
        }
        return intake.first();
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
