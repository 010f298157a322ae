package dev.tidemark.relay.deliver;

import dev.tidemark.envelope.Envelope;
import dev.tidemark.relay.backlog.Arrival;
import dev.tidemark.relay.backlog.BacklogException;
import dev.tidemark.relay.backlog.Backlogs;
import dev.tidemark.relay.backlog.Buckets;
import dev.tidemark.relay.backlog.Command;
import dev.tidemark.relay.backlog.State;
import dev.tidemark.relay.sink.Sink;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.function.IntConsumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who gets events: a name, a filter, a sink, and lanes over which its aggregates are spread. Events of one
 * aggregate are in one lane and are delivered in the order in which they were offered.
 *
 * <p>Lives for one run of the feed: offered to on one thread, {@linkplain #start() started} once,
 * {@linkplain #close() closed} once. The sink belongs to whoever gave it, and may serve the next run.
 */
public final class Subscriber implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Subscriber.class);
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final Settings settings;
    private final Sink sink;
    private final Surroundings surroundings;
    private final Reporter reporter;
    private final Room room;
    private final Backlogs backlogs;
    private final List<Lane> lanes;
    private final Tender tender;
    private final List<Thread> threads = new ArrayList<>(); // guarded by this
    private boolean closed; // guarded by this
    private volatile @Nullable String aheadTrouble;

    /**
     * A subscriber that does nothing until it is started.
     *
     * @param backlogs where its events go that it does not take
     * @param peers the other subscribers of the run; this one is added
     * @param heldBack whether something is being put into its backlog that goes ahead of everything else
     */
    public Subscriber(
            Settings settings,
            Sink sink,
            Backlogs backlogs,
            Surroundings surroundings,
            Peers peers,
            BooleanSupplier heldBack) {
        this.settings = settings;
        this.sink = sink;
        this.surroundings = surroundings;
        this.backlogs = backlogs;
        this.reporter = new Reporter(settings.name(), surroundings);
        this.room = new Room(settings.backlogEvents(), settings.backlogBytes(), heldBack);
        List<Lane> made = new ArrayList<>();
        for (int number = 0; number < settings.lanes(); number++) {
            made.add(new Lane(
                    number,
                    settings,
                    sink,
                    backlogs.part(settings.name(), number, settings.lanes(), settings.deadBlocks()),
                    room,
                    reporter,
                    surroundings.nanoTime(),
                    surroundings.random().split(),
                    surroundings.lease(),
                    heldBack,
                    peers.spare()));
        }
        this.lanes = List.copyOf(made);
        this.tender = new Tender(lanes, () -> peers.anyAheadOf(this), surroundings.onBug());
        peers.add(this);
    }

    public String name() {
        return settings.name();
    }

    /** What it gets of an event: itself, a marker of it, or nothing. */
    public @Nullable Envelope seen(Envelope envelope) {
        return settings.filter().seen(envelope);
    }

    /**
     * Queues an event for delivery. Never waits; how much may be queued is bounded by {@link InFlight}.
     * After {@link #close()} it is neither delivered nor settled.
     *
     * @param committedAt by the database's clock
     * @param entry settled once when this subscriber has the event, or its backlog has
     * @param maybeResent whether an earlier run may have had it; false only if that is certain
     */
    public void offer(Envelope envelope, Instant committedAt, InFlight.Entry entry, boolean maybeResent) {
        int lane = Buckets.lane(Buckets.of(envelope.aggregate()), lanes.size());
        lanes.get(lane).offer(Queued.live(envelope, committedAt, entry, maybeResent));
    }

    /**
     * Has what could not be decoded stored as dead.
     *
     * @param id always the same for the same row or message
     * @param raw what there is of it, for people
     * @param entry settled once when it is stored
     */
    public void offerUndecodable(UUID id, String raw, String reason, Instant committedAt, InFlight.Entry entry) {
        Arrival arrival = new Arrival(id, null, raw, committedAt, State.DEAD, Arrival.Cause.UNDECODABLE, 0, reason);
        lanes.get(0).offer(new Undecodable(arrival, entry));
    }

    /**
     * Has each lane carry out a command on its part of the backlog.
     *
     * @param answer called by each lane, once, with how many events it concerned; must not wait, nor throw
     */
    public void ask(Command command, IntConsumer answer) {
        if (command.verb() == Command.Verb.RETRY) {
            sink.resume(); // whatever it selects: somebody has looked after it
        }
        lanes.forEach(lane -> lane.ask(new Asked(command, answer)));
    }

    public int lanes() {
        return lanes.size();
    }

    /** Has every lane look at once whether it is held back. Never waits. */
    public void nudge() {
        lanes.forEach(Lane::nudge);
    }

    /**
     * Hears what becomes of what is put into its backlog ahead of everything else.
     *
     * @param trouble why it could not be put there; null if it could
     */
    public void cannotGoAhead(@Nullable String trouble) {
        aheadTrouble = trouble;
    }

    /** Whether every lane has seen that it is held back, so that nothing is delivered until they are let go. */
    public boolean isHeld() {
        return lanes.stream().allMatch(Lane::isHeld);
    }

    /**
     * Starts a thread for each lane and one that looks after them.
     *
     * @throws IllegalStateException if it was started or closed before
     */
    public synchronized void start() {
        if (closed || !threads.isEmpty()) {
            throw new IllegalStateException("subscriber " + name() + " was started or closed before; make a new one");
        }
        for (Lane lane : lanes) {
            addThread(new LaneRunner(lane, reporter), "deliver-" + name() + "-" + lane.number());
        }
        addThread(tender, "tend-" + name());
        threads.forEach(Thread::start);
    }

    /** Counts what is in the backlog, which may take long; meanwhile lanes work. */
    public void measure() throws BacklogException {
        room.measured(backlogs.size(name()));
    }

    /** Whether it takes nothing more because of what was counted. */
    public boolean isFull() {
        return room.isFull();
    }

    /** For who turns them himself, instead of starting threads. */
    List<Lane> turnable() {
        return lanes;
    }

    Tender tender() {
        return tender;
    }

    private void addThread(Runnable task, String name) {
        Thread thread = surroundings.threads().newThread(task);
        thread.setName(name);
        threads.add(thread);
    }

    /**
     * Waits until everything that was offered is settled. Gives up early on lanes that fail or are blocked:
     * their events come again after the next start.
     *
     * @return whether everything is settled
     */
    public boolean drain(Duration deadline) throws InterruptedException {
        long end = System.nanoTime() + deadline.toNanos();
        boolean drained = true;
        for (Lane lane : lanes) {
            drained &= lane.awaitDrained(end - System.nanoTime());
        }
        return drained;
    }

    /**
     * Stops delivering: interrupts what is under way and waits, however long it takes, until no lane calls
     * the sink any more. What the sink had answered by then is settled, nothing else. Idempotent. Not to be
     * called on a lane's own thread. An interrupt is kept for afterwards.
     */
    @Override
    public void close() {
        List<Thread> running;
        synchronized (this) {
            closed = true;
            running = List.copyOf(threads);
        }
        lanes.forEach(Lane::stop);
        tender.stop();
        running.forEach(Thread::interrupt);
        boolean interrupted = false;
        for (Thread thread : running) {
            interrupted |= awaitEnd(thread);
        }
        lanes.forEach(Lane::finish);
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    public SubscriberHealth health() {
        SubscriberHealth health = reporter.health(waiting(), room);
        String trouble = aheadTrouble;
        return trouble == null
                ? health
                : health.heldBackBy("it is held back, and what is to go ahead could not be stored: " + trouble);
    }

    /** Whether a lane of it holds up everybody. */
    boolean isBehind() {
        return lanes.stream().anyMatch(Lane::isBehind);
    }

    /** Events for which the slot waits. */
    public int waiting() {
        int waiting = 0;
        for (Lane lane : lanes) {
            waiting += lane.unsettled();
        }
        return waiting;
    }

    /** How long ago, by our clock, the oldest event was committed that is not settled; zero if there is none. */
    public Duration oldestUnsettled() {
        Instant oldest = null;
        for (Lane lane : lanes) {
            Instant committedAt = lane.oldestUnsettled();
            oldest = oldest == null || (committedAt != null && committedAt.isBefore(oldest)) ? committedAt : oldest;
        }
        Duration age = oldest == null
                ? Duration.ZERO
                : Duration.between(oldest, surroundings.clock().instant());
        return age.isNegative() ? Duration.ZERO : age;
    }

    /** Returns whether this thread was interrupted meanwhile. */
    private static boolean awaitEnd(Thread lane) {
        boolean interrupted = false;
        boolean warned = false;
        while (lane.isAlive()) {
            try {
                lane.join(warned ? 0 : PATIENCE.toMillis());
                if (lane.isAlive() && !warned) {
                    warned = true;
                    log.warn("{} does not heed its interrupt; waiting until its delivery is over.", lane.getName());
                }
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        return interrupted;
    }

    /**
     * How a subscriber is set up.
     *
     * @param name such as {@code shipping}: {@code [a-z][a-z0-9-]{0,62}}
     * @param filter which events it wants
     * @param lanes 1 to 64; each has a thread
     * @param batchEvents the most events in one call of the sink, 1 to 10000
     * @param batchBytes the most bytes in one call of the sink, unless one event alone has more; at least 1
     * @param retry how long to wait after a failure
     * @param parkAfter how long an event is tried before it goes to the backlog; zero for after the first failure
     * @param deadBlocks whether a dead event holds back the later ones of its aggregate
     * @param backlogEvents the most events in its backlog, at least 1
     * @param backlogBytes the most bytes in its backlog, at least 1
     * @param mostHeld the parked aggregates of a lane that are known without asking the backlog, and as many that
     *     a dead event blocks; at least 1
     * @param readAhead the most events of the backlog that a lane reads at once, if there is memory to spare and a
     *     batch is smaller; and those that it has delivered from there and not yet marked, when it delivers a
     *     further batch. At least 1
     */
    public record Settings(
            String name,
            Filter filter,
            int lanes,
            int batchEvents,
            long batchBytes,
            Backoff retry,
            Duration parkAfter,
            boolean deadBlocks,
            long backlogEvents,
            long backlogBytes,
            int mostHeld,
            int readAhead) {

        private static final Pattern NAME = Pattern.compile("[a-z][a-z0-9-]{0,62}");

        public Settings {
            if (!NAME.matcher(name).matches()) {
                throw new IllegalArgumentException("name must match " + NAME + ", but was: " + name);
            }
            requireWithin("lanes", lanes, 1, 64);
            requireWithin("batchEvents", batchEvents, 1, 10_000);
            requireWithin("batchBytes", batchBytes, 1, Long.MAX_VALUE);
            requireWithin("parkAfter", parkAfter.toNanos(), 0, Long.MAX_VALUE);
            requireWithin("backlogEvents", backlogEvents, 1, Long.MAX_VALUE);
            requireWithin("backlogBytes", backlogBytes, 1, Long.MAX_VALUE);
            requireWithin("mostHeld", mostHeld, 1, Integer.MAX_VALUE);
            requireWithin("readAhead", readAhead, 1, Integer.MAX_VALUE);
        }

        private static void requireWithin(String what, long value, long from, long to) {
            if (value < from || value > to) {
                throw new IllegalArgumentException(
                        what + " must be from " + from + " to " + to + ", but was: " + value);
            }
        }
    }
}
