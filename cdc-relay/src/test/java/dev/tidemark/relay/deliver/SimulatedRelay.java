package dev.tidemark.relay.deliver;

import static java.util.Objects.requireNonNull;

import dev.tidemark.envelope.Envelope;
import dev.tidemark.relay.Events;
import dev.tidemark.relay.backlog.BacklogException;
import dev.tidemark.relay.backlog.Backlogs;
import dev.tidemark.relay.sink.Delivery;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.UUID;

/** One process: real subscribers, lanes and what is in flight, turned by the simulation. */
final class SimulatedRelay {

    /** May acknowledge a commit when so many changes are settled. */
    private record Commit(long taken, long lsn) {}

    final List<Subscriber> subscribers = new ArrayList<>();
    final Map<Lane, List<Envelope>> delivering = new HashMap<>();
    /** What it knows that subscribers have. */
    final Map<String, Set<UUID>> delivered = new HashMap<>();

    private final Map<Lane, SimulatedReceiver> receivers = new HashMap<>();
    final InFlight inFlight;
    private final Map<Lane, Long> asleep = new HashMap<>();
    boolean leads = true;
    boolean started;

    private final long start;
    private final Iterator<SimulatedLog.Transaction> stream;
    private final Deque<SimulatedLog.Change> changes = new ArrayDeque<>();
    private final Deque<Commit> commits = new ArrayDeque<>();
    private long commitLsn;
    private long taken;

    SimulatedRelay(
            SimulatedLog log,
            Backlogs backlogs,
            List<SimulatedReceiver> all,
            List<Subscriber.Settings> settings,
            ManualTime time,
            SplittableRandom random,
            int mostInFlight) {
        this.start = log.end();
        this.stream = new Tail(log, log.confirmed());
        this.inFlight = new InFlight(mostInFlight, Long.MAX_VALUE / 4, time);
        Surroundings surroundings =
                new Surroundings(time, time, random.split(), Thread::new, () -> leads, new RecordingListener(), bug -> {
                    throw new AssertionError("a bug", bug);
                });
        Peers peers = new Peers(random.nextInt(4) * 100_000L);
        for (int i = 0; i < all.size(); i++) {
            Subscriber subscriber = new Subscriber(
                    settings.get(i),
                    batch -> {
                        throw new AssertionError("the simulation delivers");
                    },
                    backlogs,
                    surroundings,
                    peers,
                    () -> false);
            subscribers.add(subscriber);
            for (Lane lane : subscriber.turnable()) {
                receivers.put(lane, all.get(i));
            }
        }
    }

    /** What is committed later is sent too. */
    private static final class Tail implements Iterator<SimulatedLog.Transaction> {

        private final SimulatedLog log;
        private final long from;
        private int index;

        Tail(SimulatedLog log, long from) {
            this.log = log;
            this.from = from;
        }

        @Override
        public boolean hasNext() {
            while (index < log.committed.size() && log.committed.get(index).commitLsn() <= from) {
                index++;
            }
            return index < log.committed.size();
        }

        @Override
        public SimulatedLog.Transaction next() {
            return log.committed.get(index++);
        }
    }

    void tryToStart() throws BacklogException {
        for (Subscriber subscriber : subscribers) {
            subscriber.measure();
        }
        started = true;
    }

    /** Offers the next change, if there is one and there is room. */
    boolean read() {
        if (changes.isEmpty()) {
            if (!stream.hasNext()) {
                return false;
            }
            SimulatedLog.Transaction next = stream.next();
            changes.addAll(next.changes());
            commitLsn = next.commitLsn();
        }
        Envelope envelope = changes.getFirst().envelope();
        if (!inFlight.hasRoom(envelope.approximateBytes())) {
            return false;
        }
        SimulatedLog.Change change = changes.removeFirst();
        InFlight.Entry entry = inFlight.add(envelope.approximateBytes(), subscribers.size());
        taken++;
        for (Subscriber subscriber : subscribers) {
            subscriber.offer(envelope, ManualTime.COMMITTED, entry, change.lsn() <= start);
        }
        if (changes.isEmpty()) {
            commits.add(new Commit(taken, commitLsn));
        }
        return true;
    }

    boolean hasMoreToRead() {
        return !changes.isEmpty() || stream.hasNext();
    }

    /** The LSN that may be acknowledged now; 0 if there is nothing new. */
    long acknowledgeable() {
        long lsn = 0;
        while (!commits.isEmpty() && commits.getFirst().taken() <= inFlight.settledPrefix()) {
            lsn = commits.removeFirst().lsn();
        }
        return leads ? lsn : 0;
    }

    /** Turns a lane, unless it sleeps: its thread would not wake up either. */
    void turn(Lane lane, long now) {
        Long until = asleep.get(lane);
        if (until != null && until - now > 0 && !isWoken(lane)) {
            return;
        }
        Turn turn = lane.turn();
        if (turn.delivers()) {
            delivering.put(lane, turn.batch());
        } else {
            sleep(lane, turn.nanos(), now);
        }
    }

    private static boolean isWoken(Lane lane) {
        try {
            return lane.awaitWork(0);
        } catch (InterruptedException e) {
            throw new IllegalStateException("nobody interrupts a simulation", e);
        }
    }

    private void sleep(Lane lane, long nanos, long now) {
        long longest = Long.MAX_VALUE / 4; // the clock wraps
        asleep.put(lane, now + Math.min(nanos, longest));
    }

    List<Delivery> finish(Lane lane, long now) {
        List<Envelope> batch = requireNonNull(delivering.remove(lane));
        List<Delivery> answer = receiver(lane).receive(batch, leads);
        note(receiver(lane).name, batch, answer);
        sleep(lane, lane.answered(answer), now);
        return answer;
    }

    /** C3: what it knows to be delivered it delivers no more. */
    private void note(String subscriber, List<Envelope> batch, List<Delivery> answer) {
        Set<UUID> known = delivered.computeIfAbsent(subscriber, name -> new HashSet<>());
        for (int i = 0; i < batch.size(); i++) {
            boolean again = !known.add(batch.get(i).id());
            if (again) {
                throw new AssertionError(subscriber + " got " + Events.label(batch.get(i))
                        + " once more from a relay that knew it had it");
            }
            if (!(answer.get(i) instanceof Delivery.Delivered)) {
                known.remove(batch.get(i).id());
            }
        }
    }

    /** It dies; what it had begun may have arrived. */
    void die(SplittableRandom random) {
        delivering.forEach((lane, batch) -> {
            int arrived = random.nextInt(batch.size() + 1);
            if (arrived > 0) {
                receiver(lane).receive(batch.subList(0, arrived), leads);
            }
        });
        delivering.clear();
        inFlight.close();
    }

    void closeGracefully() {
        inFlight.close();
        subscribers.forEach(Subscriber::close);
    }

    SimulatedReceiver receiver(Lane lane) {
        return requireNonNull(receivers.get(lane));
    }

    List<Lane> lanes() {
        return subscribers.stream().flatMap(s -> s.turnable().stream()).toList();
    }
}
