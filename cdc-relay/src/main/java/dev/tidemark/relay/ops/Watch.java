package dev.tidemark.relay.ops;

import dev.tidemark.relay.capture.Lsn;
import dev.tidemark.relay.capture.Permit;
import dev.tidemark.relay.capture.SourceProblem;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The guard during one run, on a thread of its own: looks every second, and allows a commit to be acknowledged only after
 * a look that came later than the commit, and after that commit is written down as settled. It is written down at most
 * once a second, and only when somebody asks, so that an idle relay writes nothing.
 */
public final class Watch implements Permit, AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Watch.class);
    private static final long EVERY_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final Lsn NOTHING = new Lsn(0);

    private final Guard guard;
    private final HeldTerm term;
    private final Consumer<@Nullable SourceProblem> onEnd;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private Lsn asked = NOTHING; // guarded by the lock, as are the next
    private boolean closed;
    private boolean hurried;
    private volatile Lsn bound;
    private volatile @Nullable String blind;
    private @Nullable Connection connection; // the thread's own
    private long raisedNanos = System.nanoTime() - EVERY_NANOS;

    Watch(Guard guard, HeldTerm term, @Nullable Lsn bound, Consumer<@Nullable SourceProblem> onEnd) {
        this.guard = guard;
        this.term = term;
        this.bound = bound == null ? NOTHING : bound;
        this.onEnd = onEnd;
    }

    /** Watches from now on, until it is closed. */
    public void start() {
        Thread thread = new Thread(this::loop, "tidemark-guard");
        thread.setDaemon(true);
        thread.start();
    }

    /** Why it cannot look, so that nothing is acknowledged; null if it can. */
    public @Nullable String blind() {
        return blind;
    }

    @Override
    public boolean allows(Lsn commit) {
        if (!term.held()) {
            return false;
        }
        if (commit.compareTo(bound) <= 0) {
            return true;
        }
        signal(() -> asked = commit);
        return false;
    }

    /** The run is being stopped: what is asked from now on is not put off. */
    public void hurry() {
        signal(() -> hurried = true);
    }

    /** Looks no more. Idempotent; does not wait. */
    @Override
    public void close() {
        closedFirst();
    }

    /** False if it was closed before: what ends then is no longer this one's business. */
    private boolean closedFirst() {
        lock.lock();
        try {
            boolean first = !closed;
            closed = true;
            changed.signalAll();
            return first;
        } finally {
            lock.unlock();
        }
    }

    /** A bound that a crash takes back would look like a slot that was moved. */
    static void makeDurable(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.execute("set synchronous_commit = local");
        }
    }

    private void loop() {
        try {
            while (awaitTurn()) {
                look();
            }
        } catch (SourceProblem e) {
            end(e);
        } catch (RuntimeException | Error e) {
            log.error("The guard failed.", e);
            end(new SourceProblem("the guard failed, which is a bug: " + e));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            disconnect();
        }
    }

    /** A second, or less if somebody asks; false if there will be no more looks. */
    private boolean awaitTurn() throws InterruptedException {
        long nextLook = System.nanoTime() + EVERY_NANOS;
        lock.lock();
        try {
            while (!closed) {
                boolean waiting = asked.compareTo(bound) > 0 && blind == null;
                long next = !waiting ? nextLook : hurried ? System.nanoTime() : raisedNanos + EVERY_NANOS;
                long left = Math.min(next - System.nanoTime(), nextLook - System.nanoTime());
                if (left <= 0) {
                    return true;
                }
                changed.awaitNanos(left);
            }
            return false;
        } finally {
            lock.unlock();
        }
    }

    private void look() throws SourceProblem {
        Lsn settled = asked();
        try {
            Connection open = connected();
            Look look = guard.judge(open).look();
            boolean leads = look.registered().epoch() == term.epoch();
            if (look.registered().epoch() < term.epoch()) {
                throw guard.wentBack(look.registered().epoch(), term.epoch());
            }
            if (!guard.witness().isSame()) {
                giveUp("The database of the backlog was started anew, or is on another server now: what was not"
                        + " acknowledged is read again.");
                return;
            }
            if (leads && settled.compareTo(bound) > 0) {
                leads = guard.witness().settled(settled, term.epoch())
                        && guard.lookout().raise(open, settled, term.epoch());
                if (leads) {
                    guard.settled(settled, look);
                    bound = settled;
                    raisedNanos = System.nanoTime();
                }
            }
            if (!leads) {
                giveUp("Another relay has taken the lead.");
            }
            blind = null;
        } catch (SQLException e) {
            noteBlind(e);
        }
    }

    private void giveUp(String why) {
        if (closedFirst()) {
            term.lose();
            log.warn(why);
            onEnd.accept(null);
        }
    }

    private void end(SourceProblem reason) {
        if (closedFirst()) {
            onEnd.accept(reason);
        }
    }

    private void noteBlind(SQLException e) throws SourceProblem {
        disconnect();
        SourceProblem.throwIfLasting(e);
        if (blind == null) {
            log.warn("The slot cannot be looked at, so nothing is acknowledged: {}", e.getMessage());
        }
        blind = "the slot cannot be looked at: " + e.getMessage();
    }

    private Connection connected() throws SQLException {
        Connection open = connection;
        if (open == null) {
            open = guard.connect();
            connection = open;
            makeDurable(open);
        }
        return open;
    }

    private void disconnect() {
        Connection open = connection;
        connection = null;
        if (open != null) {
            try {
                open.close();
            } catch (SQLException e) {
                log.debug("A connection could not be closed", e);
            }
        }
    }

    private Lsn asked() {
        lock.lock();
        try {
            return asked;
        } finally {
            lock.unlock();
        }
    }

    private void signal(Runnable change) {
        lock.lock();
        try {
            change.run();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
