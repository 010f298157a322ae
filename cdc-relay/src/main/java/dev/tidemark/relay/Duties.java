package dev.tidemark.relay;

import dev.tidemark.relay.backlog.BacklogException;
import dev.tidemark.relay.backlog.Backlogs;
import dev.tidemark.relay.backlog.Command;
import dev.tidemark.relay.backlog.Commands;
import dev.tidemark.relay.backlog.Databases;
import dev.tidemark.relay.backlog.Forgetting;
import dev.tidemark.relay.backlog.Place;
import dev.tidemark.relay.backlog.PostgresBacklogs;
import dev.tidemark.relay.backlog.SubscriberRoll;
import dev.tidemark.relay.capture.Lsn;
import dev.tidemark.relay.capture.SourceProblem;
import dev.tidemark.relay.config.RelayConfig;
import dev.tidemark.relay.deliver.Subscriber;
import dev.tidemark.relay.ops.Term;
import dev.tidemark.relay.ops.VitalThread;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashSet;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a leader does beside streaming, for one term: it knows who its subscribers are, sees to what new ones begin with,
 * has commands carried out in their lanes, and forgets the keys of events that the slot will never send again. One
 * thread, and that of {@link Starts}.
 */
final class Duties implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Duties.class);
    private static final long EVERY_MILLIS = 250;
    private static final int FORGET_EVERY = 40; // rounds

    /** A command that every lane has carried out. */
    private record Done(Command command, int events) {}

    private final Term term;
    private final Databases databases;
    private final @Nullable Place place;
    private final String slot;
    private final SubscriberRoll roll;
    private final Commands commands;
    private final Forgetting forgetting;
    private final Starts starts;
    private final Supplier<@Nullable Run> run;
    private final Queue<Done> carriedOut = new ConcurrentLinkedQueue<>();
    private final Set<Long> underWay = new HashSet<>(); // commands that lanes carry out; the thread's
    private final CountDownLatch stop = new CountDownLatch(1);
    private final Thread thread;
    private @Nullable Run asked; // the run that has the commands under way; the thread's
    private boolean troubled; // the thread's

    /**
     * Duties that nobody attends to yet.
     *
     * @param place of the backlog; null if it is in the database of the outbox
     * @param run the run that goes on, or null between two
     * @param onBug called if a thread cannot go on; it is to stop the relay, and must not wait
     */
    Duties(
            Term term,
            Databases databases,
            @Nullable Place place,
            Starts.Parts parts,
            Supplier<@Nullable Run> run,
            Consumer<Throwable> onBug) {
        this.term = term;
        this.databases = databases;
        this.place = place;
        this.slot = parts.slot();
        this.starts = new Starts(parts, term, run, onBug);
        this.roll = new SubscriberRoll(databases.backlog()::getConnection, slot);
        this.commands = new Commands(databases.backlog()::getConnection, slot, term.epoch());
        this.forgetting = new Forgetting(databases, slot, term.epoch());
        this.run = run;
        this.thread = VitalThread.of("tidemark-duties", this::work, onBug);
    }

    /**
     * Leads in the database of the backlog, too; then compares the configured subscribers with those that are
     * registered, and registers new ones.
     *
     * @throws SourceProblem if the backlog is not where the configuration says, or one is registered and not configured
     */
    void callTheRoll(RelayConfig config) throws SourceProblem, BacklogException {
        try {
            findBacklog();
            starts.take(roll.check(term.epoch(), Members.of(config)));
        } catch (IllegalStateException e) {
            throw new SourceProblem(String.valueOf(e.getMessage()));
        }
    }

    private void findBacklog() throws BacklogException {
        Place elsewhere = place;
        if (elsewhere != null) {
            elsewhere.lead(term.epoch());
        } else {
            Place.requireHere(databases.source()::getConnection, slot);
        }
    }

    void start() {
        starts.start();
        thread.start();
    }

    /** Whether nothing is to be delivered to a subscriber yet, for what it begins with is being stored. */
    boolean holdsBack(String subscriber) {
        return starts.holdsBack(subscriber);
    }

    /** The backlog, as long as nobody else leads. */
    Backlogs backlogs() {
        Place elsewhere = place;
        return new PostgresBacklogs(databases, slot, term.epoch(), elsewhere == null ? null : elsewhere.server());
    }

    /**
     * Where the log of the outbox's database ends now. Waits first until no statement is under way by which lanes of an
     * earlier run of this term may still store something: the lock of their fence conflicts with this one.
     */
    Lsn endOfLog() throws SQLException {
        try (Connection connection = databases.backlog().getConnection();
                PreparedStatement barrier = connection.prepareStatement(
                        "select from tidemark.relay where slot = ? and epoch = ? for update")) {
            barrier.setString(1, slot);
            barrier.setLong(2, term.epoch());
            barrier.execute();
        }
        try (Connection connection = databases.source().getConnection();
                Statement statement = connection.createStatement()) {
            try (ResultSet row = statement.executeQuery("select pg_current_wal_insert_lsn()")) {
                row.next();
                return Lsn.parse(row.getString(1));
            }
        }
    }

    @Override
    public void close() {
        stop.countDown();
        starts.close();
        VitalThread.awaitEnd(thread);
    }

    private void work() {
        try {
            for (int round = 1; !stop.await(EVERY_MILLIS, TimeUnit.MILLISECONDS); round++) {
                if (term.held()) {
                    attend(round);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void attend(int round) {
        try {
            carryOut();
            if (round % FORGET_EVERY == 0) {
                forgetting.runOnce();
            }
            troubled = false;
        } catch (BacklogException | RuntimeException e) {
            if (!troubled) {
                log.warn("Commands and the backlog's upkeep wait: {}. Trying again.", e.getMessage(), e);
            }
            troubled = true;
        }
    }

    private void carryOut() throws BacklogException {
        answer();
        Run now = run.get();
        if (now != asked) {
            underWay.clear(); // the lanes that had them are gone; what they did not do is asked again
            asked = now;
        }
        if (now == null) {
            return;
        }
        for (Command command : commands.requested()) {
            if (underWay.add(command.id())) {
                try {
                    ask(now, command);
                } catch (RuntimeException e) {
                    log.error("Command {} could not be given to the lanes", command.id(), e);
                    commands.failed(command, "it could not be given to the lanes: " + e.getMessage());
                }
            }
        }
    }

    private void ask(Run now, Command command) throws BacklogException {
        Optional<Subscriber> subscriber = now.subscriber(command.subscriber());
        if (subscriber.isEmpty()) {
            commands.failed(command, "the relay that leads has no subscriber " + command.subscriber());
            return;
        }
        AtomicInteger lanesLeft = new AtomicInteger(subscriber.get().lanes());
        AtomicInteger events = new AtomicInteger();
        subscriber.get().ask(command, concerned -> {
            int soFar = events.addAndGet(concerned);
            if (lanesLeft.decrementAndGet() == 0) {
                carriedOut.add(new Done(command, soFar));
            }
        });
    }

    /** Says what was done; what cannot be said now is said the next time, or else it would be done again. */
    private void answer() throws BacklogException {
        for (Done next = carriedOut.peek(); next != null; next = carriedOut.peek()) {
            Command command = next.command();
            try {
                commands.done(command, next.events());
            } catch (RuntimeException e) { // a bug, which is not to keep others from their answers
                log.error("Command {} was carried out, but not answered", command.id(), e);
                commands.failed(
                        command, "it concerned " + next.events() + " events, but its answer failed: " + e.getMessage());
            }
            carriedOut.remove();
            log.info(
                    "Command {}: {} for subscriber {} concerned {} events.",
                    command.id(),
                    command.verb(),
                    command.subscriber(),
                    next.events());
        }
    }
}
