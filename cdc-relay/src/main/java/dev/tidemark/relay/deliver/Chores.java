package dev.tidemark.relay.deliver;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.relay.backlog.Arrival;
import dev.tidemark.relay.backlog.Backlog;
import dev.tidemark.relay.backlog.BacklogException;
import dev.tidemark.relay.backlog.Placed;
import dev.tidemark.relay.backlog.State;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Queue;
import java.util.function.BiConsumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a lane has still to write into its backlog. Kept until it is written: a backlog that does not answer is
 * asked again, and nothing is delivered meanwhile that would get ahead of it. Owned as the lane is.
 */
final class Chores {

    /** A backlog that is full is looked at again after this. */
    static final long ROOM_WAIT_NANOS = 1_000_000_000L;

    private static final int MOST_EVENTS = 500;
    private static final long MOST_BYTES = 4L << 20;

    private final Backlog backlog;
    private final Room room;
    private final Reporter reporter;
    private final LaneQueue queue;
    private final BiConsumer<Queued, Placed> placed;

    private final Marks marks;
    private final Deque<Queued> burials = new ArrayDeque<>();
    private final Deque<Queued> attempted = new ArrayDeque<>();
    private final Deque<Queued> stores = new ArrayDeque<>();
    private final Deque<Undecodable> undecodable = new ArrayDeque<>();

    /**
     * Nothing to do yet.
     *
     * @param mostMarks how many events that were delivered may wait to be marked together
     * @param placed hears where each event is that was stored
     */
    Chores(
            Backlog backlog,
            Room room,
            Reporter reporter,
            LaneQueue queue,
            int mostMarks,
            BiConsumer<Queued, Placed> placed) {
        this.marks = new Marks(backlog, room, mostMarks);
        this.backlog = backlog;
        this.room = room;
        this.reporter = reporter;
        this.queue = queue;
        this.placed = placed;
    }

    /**
     * It was delivered; if it is stored it is to be marked so. One that may be stored is stored once more first: that
     * waits for an earlier try that is still under way, and would undo the mark.
     */
    void delivered(Queued event, long now) {
        if (event.isStored()) {
            marks.add(event, now);
        }
    }

    /** It was rejected: it is stored dead, or becomes dead if it is stored. */
    void bury(Queued event, String reason) {
        boolean planned = event.isToBeStored();
        event.rejected(reason);
        if (event.isStored()) {
            burials.add(event);
        } else if (!planned) {
            event.storeAs(Arrival.Cause.REJECTED);
            stores.add(event);
        }
    }

    void attempted(Queued event) {
        attempted.add(event);
    }

    /** It is to be stored behind all that were given before; no later event of its aggregate may be delivered now. */
    void store(Queued event, Arrival.Cause why) {
        if (!event.isToBeStored() && event.isLive()) {
            event.storeAs(why);
            stores.add(event);
        }
    }

    /** Aggregates of events that were rejected, and that the backlog does not have as dead yet. */
    List<Aggregate> dying() {
        return Stream.concat(burials.stream(), stores.stream().filter(Queued::isDead))
                .map(Queued::aggregate)
                .toList();
    }

    /** Whether events wait for room in the backlog. */
    boolean isWaitingForRoom() {
        return !stores.isEmpty() || !undecodable.isEmpty();
    }

    /**
     * Writes everything, but stores nothing while there is no room, unless an event may be stored already.
     *
     * @throws BacklogException if the backlog does not answer; what is not written is kept
     */
    void run(long now) throws BacklogException {
        writeMarks();
        runLazily(now);
        writeMarks();
    }

    /** As {@link #run}, but marks wait for one another; nothing may be delivered past the backlog meanwhile. */
    void runLazily(long now) throws BacklogException {
        if (marks.areDue(now) || (isWaitingForRoom() && room.isFull())) {
            writeMarks();
        }
        while (!burials.isEmpty()) {
            Queued event = burials.getFirst();
            backlog.bury(event.envelope.id(), event.attempts(), String.valueOf(event.lastReason()));
            burials.removeFirst();
            room.change(-1, 1, 0);
        }
        while (!attempted.isEmpty()) {
            Queued event = attempted.getFirst();
            backlog.attempted(event.envelope.id(), event.attempts(), String.valueOf(event.lastReason()));
            attempted.removeFirst();
        }
        while (isWaitingForRoom() && (!room.isFull() || mayBeReadAgain())) {
            storeSome(now);
        }
        reporter.room(!isWaitingForRoom(), room);
        if (marks.areDue(now)) {
            writeMarks();
        }
    }

    /** Whether something was delivered that may lie in the backlog unmarked: it takes no more room than it has. */
    private boolean mayBeReadAgain() {
        return stores.stream().anyMatch(event -> !event.isLive() && event.isMaybeStored());
    }

    /** Whoever asks the backlog what waits needs it to be true. */
    void writeMarks() throws BacklogException {
        marks.write();
    }

    private void storeSome(long now) throws BacklogException {
        Undecodable odd = undecodable.peek();
        if (odd != null) {
            Placed where = backlog.store(List.of(odd.arrival())).get(0);
            undecodable.remove();
            account(where, 0);
            odd.entry().settled();
            queue.settled(1);
            return;
        }
        stores.removeIf(event -> !event.isLive() && !event.isMaybeStored()); // delivered meanwhile
        List<Queued> some = firstStores();
        if (some.isEmpty()) {
            return;
        }
        List<Placed> where;
        try {
            where = backlog.store(some.stream().map(Queued::arrival).collect(Collectors.toList()));
        } catch (BacklogException e) {
            some.forEach(Queued::maybeStored);
            throw e;
        }
        settleStored(some, where, now);
    }

    private void settleStored(List<Queued> some, List<Placed> where, long now) {
        int settled = 0;
        for (int i = 0; i < some.size(); i++) {
            Queued event = some.get(i);
            stores.removeFirst();
            account(where.get(i), event.bytes);
            event.storedAt(where.get(i).position());
            if (!event.isLive()) {
                marks.addPressing(event, now); // it lies behind what was read last
                continue;
            }
            settled++;
            if (event.isDead() && where.get(i).state() == State.WAITING) {
                burials.add(event); // an earlier try had stored it
            }
            event.settle();
            placed.accept(event, where.get(i));
        }
        queue.settled(settled);
        reporter.stored(some.size());
    }

    private List<Queued> firstStores() {
        List<Queued> some = new ArrayList<>();
        long bytes = 0;
        for (Queued event : stores) {
            if (!some.isEmpty() && (some.size() == MOST_EVENTS || bytes + event.bytes > MOST_BYTES)) {
                break;
            }
            some.add(event);
            bytes += event.bytes;
        }
        return some;
    }

    private void account(Placed where, long bytes) {
        if (where.fresh()) {
            boolean dead = where.state() == State.DEAD;
            room.change(dead ? 0 : 1, dead ? 1 : 0, bytes);
        }
    }

    void takeUndecodable(Queue<Undecodable> from) {
        for (Undecodable event = from.poll(); event != null; event = from.poll()) {
            undecodable.add(event);
        }
    }
}
