package dev.tidemark.relay.deliver;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.relay.Events;
import dev.tidemark.relay.backlog.BacklogException;
import dev.tidemark.relay.backlog.Command;
import dev.tidemark.relay.backlog.MemoryBacklogs;
import dev.tidemark.relay.backlog.State;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The delivery core (more than 400 lines because a schedule is read as a whole), driven on one thread by a seed: writers, slot, relays that die, freeze and lead again,
 * receivers that fail, a backlog that does not answer. Everything but these is the real thing.
 */
final class Simulation {

    /** What may happen. */
    enum Fault {
        FLAKY,
        DOWN,
        POISON,
        KILL,
        STOP,
        FREEZE,
        POSTGRES_CRASH,
        BACKLOG,
        COMMANDS
    }

    /**
     * One schedule.
     *
     * @param steps until everything heals
     */
    record Plan(long seed, int steps, int aggregates, Set<Fault> faults) {}

    private static final int MOST_STEPS_TO_HEAL = 20_000;

    private final Plan plan;
    private final SplittableRandom random;
    private final ManualTime time = new ManualTime();
    private final SimulatedLog log = new SimulatedLog();
    private final List<SimulatedReceiver> receivers = new ArrayList<>();
    private final List<Subscriber.Settings> settings = new ArrayList<>();
    private final List<String> history = new ArrayList<>();
    private final MemoryBacklogs backlogs;
    private final int mostInFlight;
    private final Set<UUID> given = new HashSet<>(); // skipped or dropped by command
    private SimulatedRelay relay;
    private @Nullable SimulatedRelay frozen;
    private boolean healing;
    private boolean backlogFails;
    private int starts = 1;
    private int uncertain;
    private long commands;
    private long confirmedChecked;

    Simulation(Plan plan) {
        this.plan = plan;
        this.random = new SplittableRandom(plan.seed());
        this.backlogs = new MemoryBacklogs(new MemoryBacklogs.Faults() {
            @Override
            public boolean failsBefore() {
                return backlogFails && random.nextInt(4) == 0;
            }

            @Override
            public boolean failsAfter() {
                boolean fails = backlogFails && random.nextInt(6) == 0;
                uncertain += fails ? 1 : 0;
                return fails;
            }

            @Override
            public boolean commitsLate() {
                boolean late = backlogFails && random.nextInt(6) == 0;
                uncertain += late ? 1 : 0;
                return late;
            }
        });
        this.mostInFlight = 4 + random.nextInt(30);
        int subscribers = 1 + random.nextInt(2);
        for (int i = 0; i < subscribers; i++) {
            boolean blocks = random.nextInt(4) > 0;
            receivers.add(new SimulatedReceiver("s" + i, random.split(), blocks));
            settings.add(settings("s" + i, blocks));
        }
        this.relay = newRelay();
    }

    private Subscriber.Settings settings(String name, boolean blocks) {
        Backoff retry = new Backoff(Duration.ofMillis(1), Duration.ofMillis(40));
        Duration parkAfter = Duration.ofMillis(random.nextInt(3) * 20L);
        return new Subscriber.Settings(
                name,
                Filter.everything(),
                1 + random.nextInt(2),
                1 + random.nextInt(8),
                1 << 20,
                retry,
                parkAfter,
                blocks,
                random.nextInt(5) == 0 ? 1 + random.nextInt(6) : 1000,
                Long.MAX_VALUE,
                random.nextInt(3) == 0 ? 1 + random.nextInt(2) : 10_000,
                1 + random.nextInt(20));
    }

    private SimulatedRelay newRelay() {
        return new SimulatedRelay(log, backlogs.lead(), receivers, settings, time, random, mostInFlight);
    }

    /** What was wrong; empty if nothing was. */
    List<String> run() {
        try {
            for (int step = 0; step < plan.steps(); step++) {
                disturb();
                act();
            }
            heal();
            for (int step = 0; !isQuiet(); step++) {
                if (step == MOST_STEPS_TO_HEAL) {
                    return List.of("it does not come to an end: " + inFlightAndBacklog());
                }
                act();
            }
            return verdict();
        } catch (AssertionError | RuntimeException e) {
            return List.of(e + " at " + e.getStackTrace()[0]);
        }
    }

    List<String> history() {
        return history;
    }

    private void act() {
        switch (random.nextInt(healing ? 7 : 9)) {
            case 0 -> acknowledge(relay);
            case 1 -> note(relay.started && relay.read(), "reads");
            case 2, 3 -> turn();
            case 4 -> finish(relay);
            case 5 ->
                relay.subscribers.forEach(subscriber -> subscriber.tender().tend());
            case 6 -> time.passNanos(random.nextLong(15_000_000));
            default -> note(true, log.write(random, plan.aggregates(), true));
        }
        if (!relay.started) {
            start();
        }
        if (random.nextInt(10) == 0) {
            backlogs.commitLate();
        }
    }

    private void start() {
        try {
            relay.tryToStart();
        } catch (BacklogException e) {
            note(true, "the backlog does not answer at the start");
        }
    }

    private void turn() {
        List<Lane> lanes = relay.lanes();
        Lane lane = lanes.get(random.nextInt(lanes.size()));
        if (relay.started && !relay.delivering.containsKey(lane)) {
            relay.turn(lane, time.getAsLong());
            List<Envelope> batch = relay.delivering.get(lane);
            note(batch != null, "delivers " + labels(batch));
        }
    }

    private void finish(SimulatedRelay of) {
        if (!of.delivering.isEmpty()) {
            List<Lane> lanes =
                    of.lanes().stream().filter(of.delivering::containsKey).toList();
            Lane lane = lanes.get(random.nextInt(lanes.size()));
            String batch = labels(of.delivering.get(lane));
            note(true, of.receiver(lane).name + " answers " + batch + ": " + of.finish(lane, time.getAsLong()));
        }
    }

    private void acknowledge(SimulatedRelay of) {
        long lsn = of.acknowledgeable();
        if (lsn > 0) {
            note(true, "acknowledges " + lsn);
            log.confirm(lsn);
            checkAcknowledged();
        }
    }

    /** C6: nothing is acknowledged that some subscriber has neither been given nor has in its backlog. */
    private void checkAcknowledged() {
        for (SimulatedLog.Transaction transaction : log.committed) {
            if (transaction.commitLsn() > confirmedChecked && transaction.commitLsn() <= log.confirmed()) {
                for (SimulatedLog.Change change : transaction.changes()) {
                    for (SimulatedReceiver receiver : receivers) {
                        UUID id = change.envelope().id();
                        if (!receiver.has(id) && !backlogs.holds(receiver.name, id)) {
                            throw new AssertionError("acknowledged " + log.confirmed() + ", but " + receiver.name
                                    + " has not got " + Events.label(change.envelope()));
                        }
                    }
                }
            }
        }
        confirmedChecked = Math.max(confirmedChecked, log.confirmed());
    }

    private void disturb() {
        Fault[] faults = plan.faults().toArray(Fault[]::new);
        if (faults.length == 0 || random.nextInt(12) > 0) {
            return;
        }
        switch (faults[random.nextInt(faults.length)]) {
            case FLAKY -> anyReceiver().flakiness = random.nextInt(2) * random.nextDouble();
            case DOWN -> {
                SimulatedReceiver receiver = anyReceiver();
                receiver.down = !receiver.down;
                note(true, receiver.name + (receiver.down ? " is down" : " is up"));
            }
            case POISON -> anyReceiver().poisonRate = random.nextInt(2) * 0.2;
            case KILL -> restart("kill -9", false, false);
            case STOP -> restart("stop", true, false);
            case POSTGRES_CRASH -> restart("Postgres crashes", false, true);
            case FREEZE -> freeze();
            case BACKLOG -> backlogFails = !backlogFails;
            case COMMANDS -> command();
        }
        if (random.nextInt(3) == 0) {
            log.save();
            backlogs.forget(log::hasDurablyPassed);
            note(true, "saves the slot at " + log.confirmed());
        }
    }

    private SimulatedReceiver anyReceiver() {
        return receivers.get(random.nextInt(receivers.size()));
    }

    private void restart(String why, boolean gracefully, boolean postgres) {
        note(true, why);
        checkUnmarked();
        if (gracefully) {
            while (!relay.delivering.isEmpty()) {
                finish(relay);
            }
            relay.closeGracefully();
        } else {
            relay.die(random);
        }
        if (postgres) {
            log.crash();
        }
        starts++;
        relay = newRelay();
    }

    /** C3: what was delivered from the backlog and would be again after this. */
    private void checkUnmarked() {
        if (plan.faults().contains(Fault.BACKLOG)) {
            return; // it may have stored what was delivered meanwhile
        }
        for (Subscriber.Settings of : settings) {
            long unmarked = relay.delivered.getOrDefault(of.name(), Set.of()).stream()
                    .filter(id -> backlogs.waits(of.name(), id))
                    .count();
            long most = (long) of.lanes() * (of.readAhead() - 1 + of.batchEvents());
            if (unmarked > most) {
                throw new AssertionError(of.name() + " would get " + unmarked + " events again, at most " + most
                        + " may be delivered and not marked");
            }
        }
    }

    /** The leader stands still past its lease, another leads; it wakes later. */
    private void freeze() {
        wake();
        note(true, "freezes");
        checkUnmarked();
        frozen = relay;
        frozen.leads = false;
        starts++;
        relay = newRelay();
    }

    private void wake() {
        SimulatedRelay woken = frozen;
        frozen = null;
        if (woken == null) {
            return;
        }
        note(true, "wakes");
        while (!woken.delivering.isEmpty()) {
            finish(woken);
        }
        for (Lane lane : woken.lanes()) {
            if (lane.turn().delivers()) {
                throw new AssertionError("a relay without a lease began a batch");
            }
        }
        woken.subscribers.forEach(subscriber -> subscriber.tender().tend());
        if (woken.acknowledgeable() > 0) {
            throw new AssertionError("a relay without a lease acknowledged");
        }
        woken.die(random);
    }

    private void command() {
        SimulatedReceiver receiver = anyReceiver();
        Command.Verb verb = List.of(Command.Verb.values()).get(random.nextInt(3));
        Set<UUID> ids = verb == Command.Verb.RETRY ? Set.of() : backlogs.some(receiver.name, random, State.DEAD);
        if (verb == Command.Verb.RETRY || !ids.isEmpty()) {
            note(true, verb + " " + ids.size() + " for " + receiver.name);
            given.addAll(ids);
            ask(receiver.name, verb, ids);
        }
    }

    private void ask(String subscriber, Command.Verb verb, Set<UUID> ids) {
        for (Subscriber one : relay.subscribers) {
            if (one.name().equals(subscriber)) {
                one.ask(new Command(++commands, subscriber, verb, ids, null, null), carried -> {});
            }
        }
    }

    private void heal() {
        note(true, "everything heals");
        healing = true;
        wake();
        backlogFails = false;
        log.endAll();
        receivers.forEach(SimulatedReceiver::heal);
    }

    private boolean isQuiet() {
        boolean dead = false;
        for (SimulatedReceiver receiver : receivers) {
            if (backlogs.count(receiver.name, State.DEAD) > 0) {
                dead = true;
                if (random.nextInt(50) == 0) {
                    ask(receiver.name, Command.Verb.RETRY, Set.of());
                }
            }
        }
        return !dead
                && relay.started
                && !relay.hasMoreToRead()
                && relay.delivering.isEmpty()
                && relay.subscribers.stream().allMatch(s -> s.waiting() == 0)
                && receivers.stream().allMatch(r -> backlogs.count(r.name, State.WAITING) == 0);
    }

    private List<String> verdict() {
        List<String> wrongs = new ArrayList<>();
        for (int i = 0; i < receivers.size(); i++) {
            SimulatedReceiver receiver = receivers.get(i);
            Set<Aggregate> withGaps = withGaps();
            receiver.wrongs().forEach((aggregate, of) -> {
                if (!withGaps.contains(aggregate)) {
                    wrongs.addAll(of);
                }
            });
            for (SimulatedLog.Transaction transaction : log.committed) {
                for (SimulatedLog.Change change : transaction.changes()) {
                    UUID id = change.envelope().id();
                    if (!receiver.has(id) && !given.contains(id)) {
                        wrongs.add(receiver.name + " never got " + Events.label(change.envelope()));
                    }
                }
            }
            log.rolledBack.stream().filter(receiver::has).forEach(id -> wrongs.add("delivered what was rolled back"));
            if (receiver.blocks) {
                for (Map.Entry<Aggregate, Long> newest : receiver.newest().entrySet()) {
                    if (!withGaps.contains(newest.getKey())
                            && !newest.getValue().equals(receiver.last().get(newest.getKey()))) {
                        wrongs.add("the last that " + receiver.name + " got of "
                                + newest.getKey().id() + " is "
                                + receiver.last().get(newest.getKey())
                                + ", the newest is " + newest.getValue());
                    }
                }
            }
            int bound = starts + receiver.answersLost() + uncertain;
            if (receiver.most() > bound) {
                wrongs.add(receiver.name + " got one event " + receiver.most() + " times, at most " + bound
                        + " are explained");
            }
        }
        return wrongs;
    }

    /** Of which a person gave something up. */
    private Set<Aggregate> withGaps() {
        Set<Aggregate> aggregates = new HashSet<>();
        for (SimulatedLog.Transaction transaction : log.committed) {
            for (SimulatedLog.Change change : transaction.changes()) {
                if (given.contains(change.envelope().id())) {
                    aggregates.add(change.envelope().aggregate());
                }
            }
        }
        return aggregates;
    }

    private String inFlightAndBacklog() {
        StringBuilder text = new StringBuilder(relay.inFlight.events() + " in flight");
        receivers.forEach(r -> text.append(", ")
                .append(r.name)
                .append(" waiting ")
                .append(backlogs.count(r.name, State.WAITING))
                .append(" dead ")
                .append(backlogs.count(r.name, State.DEAD)));
        return text + ", delivering " + relay.delivering.size() + ", health "
                + relay.subscribers.stream().map(Subscriber::health).toList();
    }

    private void note(boolean happened, String what) {
        if (happened) {
            history.add(what);
        }
    }

    private static String labels(@Nullable List<Envelope> batch) {
        return batch == null ? "" : batch.stream().map(Events::label).toList().toString();
    }
}
