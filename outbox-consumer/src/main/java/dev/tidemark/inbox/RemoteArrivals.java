package dev.tidemark.inbox;

import static java.util.Objects.requireNonNull;

import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hears what other processes of the same consumer have handled, so that {@link ReadModel#await} is woken by them as it is by
 * its own. For services that run more than once: without it, what another process has handled is found within 250 ms.
 *
 * <pre>{@code
 * try (RemoteArrivals remote = RemoteArrivals.start(inbox, pool)) { … }
 * }</pre>
 *
 * <p>It takes one connection of the pool while somebody waits, and a while longer, and one thread. Others notify only
 * while somebody waits for the aggregate, or for one of about a thousand parts of all aggregates with it. The connection must be to Postgres itself, or
 * through a pooler that pools sessions: it listens and holds locks. What handles events must not prepare its transactions
 * for a second phase: Postgres does not prepare one that has notified. Safe for many threads.
 */
public final class RemoteArrivals implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(RemoteArrivals.class);

    /** How long somebody new waits for its announcement, at most: nobody else can use the connection meanwhile. */
    private static final Duration HEARS_FOR = Duration.ofMillis(10);

    private static final Duration KEEPS_CONNECTION = Duration.ofSeconds(30);
    private static final Duration RECONNECTS = Duration.ofSeconds(1);
    private static final Duration ENDS_WITHIN = Duration.ofSeconds(5);

    private final Arrivals arrivals;
    private final RemoteSession session;
    private final Thread thread;
    private final Seldom troubles = new Seldom(System::nanoTime);
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Map<Integer, Integer> wanted = new HashMap<>(); // how many wait for each bucket; guarded by the lock
    private boolean stopped;

    private RemoteArrivals(Inbox inbox, DataSource dataSource) {
        this.arrivals = inbox.arrivals();
        this.session = new RemoteSession(dataSource, inbox.consumer());
        this.thread = new Thread(this::run, "tidemark-" + inbox.consumer() + "-arrivals");
    }

    /**
     * Listens until that is closed. Connects when somebody waits, and again whenever the connection is lost.
     *
     * @param inbox the same that read models have
     * @param dataSource a pool for the database of the inbox
     */
    public static RemoteArrivals start(Inbox inbox, DataSource dataSource) {
        RemoteArrivals remote = new RemoteArrivals(inbox, requireNonNull(dataSource, "dataSource"));
        remote.thread.start();
        remote.arrivals.attach(remote);
        return remote;
    }

    void want(int bucket) {
        lock.lock();
        try {
            wanted.merge(bucket, 1, Integer::sum);
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    void wantNoMore(int bucket) {
        lock.lock();
        try {
            wanted.computeIfPresent(bucket, (key, count) -> count == 1 ? null : count - 1);
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        try {
            while (!isStopped()) {
                try {
                    turn();
                } catch (SQLException | RuntimeException | Error e) { // or nobody would know
                    session.close();
                    troubles.run(count -> log.warn(
                            "Other processes are not heard ({} times since the last warning); who waits looks every {} ms: {}",
                            count,
                            Awaiting.LOOKS_AGAIN.toMillis(),
                            e.toString()));
                    pause(RECONNECTS);
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // it is being closed
        } finally {
            session.close();
        }
    }

    private void turn() throws SQLException, InterruptedException {
        Set<Integer> wantedNow = wanted();
        if (wantedNow.isEmpty()) {
            session.release();
            if (!somebodyComes()) {
                session.close();
            }
            return;
        }
        Set<Integer> begun = session.hold(wantedNow);
        if (!begun.isEmpty()) {
            arrivals.lookAgain(begun::contains); // what was handled before was not notified
        }
        Set<Integer> notified = session.await(HEARS_FOR);
        if (!notified.isEmpty()) {
            arrivals.lookAgain(notified::contains);
        }
    }

    private Set<Integer> wanted() {
        lock.lock();
        try {
            return new HashSet<>(wanted.keySet());
        } finally {
            lock.unlock();
        }
    }

    /** Waits for somebody who waits; false if there was nobody for long. */
    private boolean somebodyComes() throws InterruptedException {
        lock.lock();
        try {
            long left = KEEPS_CONNECTION.toNanos();
            while (wanted.isEmpty() && !stopped && left > 0) {
                left = changed.awaitNanos(left);
            }
            return !wanted.isEmpty();
        } finally {
            lock.unlock();
        }
    }

    private void pause(Duration time) throws InterruptedException {
        lock.lock();
        try {
            long left = time.toNanos();
            while (!stopped && left > 0) {
                left = changed.awaitNanos(left);
            }
        } finally {
            lock.unlock();
        }
    }

    private boolean isStopped() {
        lock.lock();
        try {
            return stopped;
        } finally {
            lock.unlock();
        }
    }

    /** Listens no more, and gives the connection back. Who waits goes on, and looks now and then. Idempotent. */
    @Override
    public void close() {
        arrivals.detach(this);
        lock.lock();
        try {
            stopped = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        try {
            TimeUnit.NANOSECONDS.timedJoin(thread, ENDS_WITHIN.toNanos());
            thread.interrupt();
        } catch (InterruptedException e) {
            thread.interrupt();
            Thread.currentThread().interrupt();
        }
    }
}
