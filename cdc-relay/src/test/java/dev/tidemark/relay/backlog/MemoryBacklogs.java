package dev.tidemark.relay.backlog;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.envelope.Envelope;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * A backlog in memory (more than 400 lines because it is one fake, read as a whole), which outlives the relays of a test as a database would. Can be told to fail, before or
 * after it has done what it was asked, and to fence relays of older epochs.
 */
public final class MemoryBacklogs {

    private final Map<String, Map<UUID, Row>> rows = new LinkedHashMap<>();
    private final Faults faults;
    private final List<Runnable> underWay = new ArrayList<>();
    private long lastPosition;
    private long epoch;

    /** When a call fails. */
    public interface Faults {

        Faults NONE = new Faults() {};

        default boolean failsBefore() {
            return false;
        }

        default boolean failsAfter() {
            return false;
        }

        /** Whether a store fails that is still under way, and commits later. */
        default boolean commitsLate() {
            return false;
        }
    }

    private static final class Row {

        final Arrival arrival;
        final long position;
        State state;
        int attempts;

        @Nullable
        String reason;

        Row(Arrival arrival, long position) {
            this.arrival = arrival;
            this.position = position;
            this.state = arrival.state();
            this.attempts = arrival.attempts();
            this.reason = arrival.reason();
        }

        /** That it holds while it is not settled. */
        long bytes() {
            Envelope envelope = arrival.envelope();
            byte[] data = envelope == null ? null : envelope.data();
            String raw = arrival.raw();
            int held = (data == null ? 0 : data.length) + (raw == null ? 0 : raw.length()) + 100;
            return state == State.SETTLED ? 0 : held;
        }

        @Nullable
        Aggregate aggregate() {
            return arrival.envelope() == null ? null : arrival.envelope().aggregate();
        }
    }

    private interface Call<T> {
        T now();
    }

    public MemoryBacklogs() {
        this(Faults.NONE);
    }

    public MemoryBacklogs(Faults faults) {
        this.faults = faults;
    }

    /** What a relay sees that leads from now on; all others are fenced. */
    public synchronized Backlogs lead() {
        commitLate(); // to raise the epoch waits for them
        epoch++;
        long mine = epoch;
        return new Backlogs() {
            @Override
            public Size size(String subscriber) {
                synchronized (MemoryBacklogs.this) {
                    return new Size(count(subscriber, State.WAITING), count(subscriber, State.DEAD), bytes(subscriber));
                }
            }

            @Override
            public Backlog part(String subscriber, int lane, int lanes, boolean deadBlocks) {
                return new Part(mine, subscriber, lane, lanes, deadBlocks);
            }
        };
    }

    /** What is under way takes effect. */
    public synchronized void commitLate() {
        List<Runnable> late = List.copyOf(underWay);
        underWay.clear();
        late.forEach(Runnable::run);
    }

    /** Events in a state. */
    public synchronized long count(String subscriber, State state) {
        return of(subscriber).values().stream()
                .filter(row -> row.state == state)
                .count();
    }

    private long bytes(String subscriber) {
        return of(subscriber).values().stream().mapToLong(Row::bytes).sum();
    }

    /** Forgets the keys of settled events that fulfil a condition. */
    public synchronized void forget(Predicate<UUID> passed) {
        rows.values()
                .forEach(
                        of -> of.values().removeIf(row -> row.state == State.SETTLED && passed.test(row.arrival.id())));
    }

    /** Whether it has the event's key. */
    public synchronized boolean holds(String subscriber, UUID id) {
        return of(subscriber).containsKey(id);
    }

    /** Whether the event is to be delivered from here. */
    public synchronized boolean waits(String subscriber, UUID id) {
        Row row = of(subscriber).get(id);
        return row != null && row.state == State.WAITING;
    }

    /** Some events in a state, or none. */
    public synchronized Set<UUID> some(String subscriber, SplittableRandom random, State state) {
        Set<UUID> some = new HashSet<>();
        for (Row row : of(subscriber).values()) {
            if (row.state == state && random.nextBoolean()) {
                some.add(row.arrival.id());
            }
        }
        return some;
    }

    private Map<UUID, Row> of(String subscriber) {
        return rows.computeIfAbsent(subscriber, name -> new LinkedHashMap<>());
    }

    /** One lane's. */
    private final class Part implements Backlog {

        private final long mine;
        private final String subscriber;
        private final int lane;
        private final int lanes;
        private final boolean deadBlocks;

        Part(long mine, String subscriber, int lane, int lanes, boolean deadBlocks) {
            this.mine = mine;
            this.subscriber = subscriber;
            this.lane = lane;
            this.lanes = lanes;
            this.deadBlocks = deadBlocks;
        }

        @Override
        public Opening open(int mostBlocked) throws BacklogException {
            return call(() -> {
                Map<Aggregate, Long> dead = dead();
                boolean complete = dead.size() <= mostBlocked;
                long last = sorted().values().stream()
                        .filter(row -> row.state != State.SETTLED)
                        .mapToLong(row -> row.position)
                        .max()
                        .orElse(0);
                boolean waiting = sorted().values().stream().anyMatch(row -> isReadable(row, dead));
                return new Opening(
                        waiting,
                        complete ? dead.keySet() : Set.of(),
                        complete,
                        last,
                        of(subscriber).isEmpty());
            });
        }

        @Override
        public List<Placed> store(List<Arrival> arrivals) throws BacklogException {
            synchronized (MemoryBacklogs.this) {
                commitLate(); // a key that is being stored is waited for
                if (mine == epoch && faults.commitsLate()) {
                    List<Arrival> all = List.copyOf(arrivals);
                    underWay.add(() -> all.forEach(this::place));
                    throw new BacklogException("the backlog does not answer, but goes on");
                }
                return write(() -> arrivals.stream().map(this::place).collect(Collectors.toList()));
            }
        }

        private Placed place(Arrival arrival) {
            Row there = of(subscriber).get(arrival.id());
            if (there != null) {
                return new Placed(there.position, there.state, false);
            }
            Row row = new Row(arrival, ++lastPosition);
            of(subscriber).put(arrival.id(), row);
            return new Placed(row.position, row.state, true);
        }

        @Override
        public Page read(long after, Collection<Aggregate> except, PageLimit limit) throws BacklogException {
            return call(() -> {
                Map<Aggregate, Long> dead = dead();
                return page(
                        row -> row.position > after && isReadable(row, dead) && !except.contains(row.aggregate()),
                        limit);
            });
        }

        @Override
        public Page readAggregate(Aggregate aggregate, PageLimit limit) throws BacklogException {
            return call(() -> {
                Map<Aggregate, Long> dead = dead();
                return page(row -> isReadable(row, dead) && aggregate.equals(row.aggregate()), limit);
            });
        }

        private Page page(Predicate<Row> wanted, PageLimit limit) {
            List<Entry> entries = new ArrayList<>();
            long bytes = 0;
            for (Row row : sorted().values()) {
                Envelope envelope = row.arrival.envelope();
                if (envelope == null || !wanted.test(row)) {
                    continue;
                }
                boolean fits = entries.size() < limit.events() && bytes + envelope.approximateBytes() <= limit.bytes();
                if (!entries.isEmpty() && !fits) {
                    return new Page(entries, false);
                }
                bytes += envelope.approximateBytes();
                entries.add(new Entry(row.position, envelope, row.arrival.committedAt(), row.attempts));
            }
            return new Page(entries, true);
        }

        @Override
        public Known known(Collection<Envelope> maybeResent) throws BacklogException {
            return call(() -> {
                Set<UUID> ids = maybeResent.stream()
                        .map(Envelope::id)
                        .filter(of(subscriber)::containsKey)
                        .collect(Collectors.toSet());
                Set<Aggregate> asked =
                        maybeResent.stream().map(Envelope::aggregate).collect(Collectors.toSet());
                Map<Aggregate, Known.Mark> newest = new HashMap<>();
                for (Row row : of(subscriber).values()) {
                    Envelope envelope = row.arrival.envelope();
                    if (envelope != null
                            && envelope.aggregateVersion() != null
                            && asked.contains(envelope.aggregate())) {
                        newest.merge(
                                envelope.aggregate(),
                                new Known.Mark(envelope.sourceEpoch(), envelope.aggregateVersion()),
                                (one, other) -> one.isBefore(other) ? other : one);
                    }
                }
                return new Known(ids, newest);
            });
        }

        @Override
        public Set<Aggregate> blocked(Collection<Aggregate> aggregates) throws BacklogException {
            return call(() -> {
                Set<Aggregate> blocked = new HashSet<>();
                for (Row row : sorted().values()) {
                    boolean blocks = row.state == State.WAITING || (deadBlocks && row.state == State.DEAD);
                    Aggregate aggregate = row.aggregate();
                    if (blocks && aggregate != null && aggregates.contains(aggregate)) {
                        blocked.add(aggregate);
                    }
                }
                return blocked;
            });
        }

        @Override
        public void delivered(Collection<UUID> ids) throws BacklogException {
            write(() -> {
                ids.forEach(id ->
                        change(id, row -> row.state = row.state == State.WAITING ? State.SETTLED : row.state));
                return 0;
            });
        }

        @Override
        public void bury(UUID id, int attempts, String reason) throws BacklogException {
            write(() -> {
                change(id, row -> {
                    row.state = row.state == State.WAITING ? State.DEAD : row.state;
                    row.attempts = attempts;
                    row.reason = reason;
                });
                return 0;
            });
        }

        @Override
        public void attempted(UUID id, int attempts, String reason) throws BacklogException {
            write(() -> {
                change(id, row -> {
                    row.attempts = attempts;
                    row.reason = reason;
                });
                return 0;
            });
        }

        @Override
        public Carried carryOut(Command command) throws BacklogException {
            return write(() -> {
                Set<Aggregate> aggregates = new HashSet<>();
                int events = 0;
                long waiting = 0;
                long dead = 0;
                long bytes = 0;
                for (Row row : sorted().values()) {
                    if (row.state == State.SETTLED || !selects(command, row)) {
                        continue;
                    }
                    boolean isDead = row.state == State.DEAD;
                    if (command.verb() == Command.Verb.SKIP && !isDead) {
                        continue;
                    }
                    if (command.verb() == Command.Verb.RETRY && row.aggregate() == null) {
                        continue;
                    }
                    boolean narrow = !command.ids().isEmpty() || command.aggregate() != null;
                    if (command.verb() == Command.Verb.RETRY && !isDead && !narrow) {
                        continue;
                    }
                    events++;
                    if (row.aggregate() != null) {
                        aggregates.add(row.aggregate());
                    }
                    boolean retry = command.verb() == Command.Verb.RETRY;
                    bytes -= retry ? 0 : row.bytes();
                    row.attempts = retry ? 0 : row.attempts;
                    row.state = retry ? State.WAITING : State.SETTLED;
                    dead -= isDead ? 1 : 0;
                    waiting += isDead ? (retry ? 1 : 0) : (retry ? 0 : -1);
                }
                return new Carried(events, aggregates, waiting, dead, bytes);
            });
        }

        private boolean selects(Command command, Row row) {
            Aggregate aggregate = row.aggregate();
            boolean id = command.ids().isEmpty() || command.ids().contains(row.arrival.id());
            boolean of = command.aggregate() == null
                    || (aggregate != null
                            && (command.aggregate().equals(aggregate.type() + "/" + aggregate.id())
                                    || command.aggregate().equals(aggregate.toString())));
            boolean because = command.reason() == null || (row.reason != null && row.reason.contains(command.reason()));
            return id && of && because;
        }

        private void change(UUID id, java.util.function.Consumer<Row> change) {
            Row row = of(subscriber).get(id);
            if (row != null && sorted().containsKey(row.position)) {
                change.accept(row);
            }
        }

        private Map<Long, Row> sorted() {
            Map<Long, Row> sorted = new TreeMap<>();
            for (Row row : of(subscriber).values()) {
                Aggregate aggregate = row.aggregate();
                int bucket = aggregate == null ? 0 : Buckets.of(aggregate);
                if (Buckets.lane(bucket, lanes) == lane) {
                    sorted.put(row.position, row);
                }
            }
            return sorted;
        }

        /** Where the first dead event of each aggregate is. */
        private Map<Aggregate, Long> dead() {
            Map<Aggregate, Long> dead = new HashMap<>();
            for (Row row : sorted().values()) {
                Aggregate aggregate = row.aggregate();
                if (deadBlocks && aggregate != null && row.state == State.DEAD) {
                    dead.putIfAbsent(aggregate, row.position);
                }
            }
            return dead;
        }

        private boolean isReadable(Row row, Map<Aggregate, Long> dead) {
            long first = row.aggregate() == null ? 0 : dead.getOrDefault(row.aggregate(), Long.MAX_VALUE);
            return row.state == State.WAITING && row.position < first;
        }

        private <T> T call(Call<T> call) throws BacklogException {
            synchronized (MemoryBacklogs.this) {
                if (faults.failsBefore()) {
                    throw new BacklogException("the backlog is down");
                }
                return call.now();
            }
        }

        private <T> T write(Call<T> call) throws BacklogException {
            synchronized (MemoryBacklogs.this) {
                if (mine != epoch) {
                    throw new FencedException("another relay leads, in epoch " + epoch + " and not " + mine);
                }
                T answer = call(call);
                if (faults.failsAfter()) {
                    throw new BacklogException("the backlog did it and did not say so");
                }
                return answer;
            }
        }
    }
}
