package dev.tidemark.relay.ops;

import dev.tidemark.relay.capture.SourceProblem;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets one of the relays of a slot lead, while the others stand by.
 *
 * <p>Who holds an advisory lock leads; it then raises the epoch, with which everything that an older leader may still
 * try is refused. For one thread; what it tells of itself, for many.
 */
public final class Leadership {

    private static final Logger log = LoggerFactory.getLogger(Leadership.class);
    private static final Duration TRY_AGAIN = Duration.ofSeconds(1);

    private final Connector connector;
    private final String slot;
    private final Duration lease;
    private final LongSupplier nanoTime;
    private final Eye eye;
    private long highestEpoch = -1;
    private volatile boolean standby;

    /** Looks at the database before each try for the lead, on the session that tries: also for a relay that stands by. */
    public interface Eye {

        /** @throws SourceProblem if a person must act before anybody can read */
        void look(Connection connection) throws SQLException, SourceProblem;
    }

    /**
     * Without a connection yet.
     *
     * @param connector to the source itself: a pooler in between would give the lock to somebody else
     * @param nanoTime monotonic, such as {@code System::nanoTime}
     * @param eye remembers what it has seen: a copy that comes back does not know it
     */
    public Leadership(Connector connector, String slot, Duration lease, LongSupplier nanoTime, Eye eye) {
        this.connector = connector;
        this.slot = slot;
        this.lease = lease;
        this.nanoTime = nanoTime;
        this.eye = eye;
    }

    /** Whether another relay leads, and this one waits. */
    public boolean standingBy() {
        return standby;
    }

    /**
     * Waits until this relay leads; empty if {@code stop} comes first.
     *
     * @param unreachable gets the reason whenever the database does not answer
     * @throws SourceProblem if a person must act before anybody can lead
     */
    public Optional<HeldTerm> acquire(CountDownLatch stop, Consumer<String> unreachable)
            throws SourceProblem, InterruptedException {
        try {
            while (stop.getCount() > 0) {
                try {
                    Optional<HeldTerm> term = tryFor(stop);
                    if (term.isPresent()) {
                        return term;
                    }
                } catch (SQLException e) {
                    standby = false;
                    SourceProblem.throwIfLasting(e);
                    unreachable.accept("the database does not answer: " + e.getMessage());
                    stop.await(TRY_AGAIN.toMillis(), TimeUnit.MILLISECONDS);
                }
            }
            return Optional.empty();
        } finally {
            standby = false;
        }
    }

    /** On one session, until it leads or is told to stop. */
    private Optional<HeldTerm> tryFor(CountDownLatch stop) throws SQLException, SourceProblem, InterruptedException {
        LockSession session = LockSession.open(connector, slot, lease);
        boolean leads = false;
        try {
            while (stop.getCount() > 0) {
                session.show(eye);
                if (session.tryLock()) {
                    HeldTerm term = lead(session);
                    leads = true;
                    return Optional.of(term);
                }
                standBy(session);
                stop.await(TRY_AGAIN.toMillis(), TimeUnit.MILLISECONDS);
            }
            return Optional.empty();
        } finally {
            if (!leads) {
                session.close();
            }
        }
    }

    private HeldTerm lead(LockSession session) throws SQLException, SourceProblem {
        long begun = nanoTime.getAsLong();
        long epoch = registered(session.raiseEpoch());
        if (epoch <= highestEpoch) {
            throw wentBack(epoch);
        }
        highestEpoch = epoch;
        log.info("This relay leads slot {}, epoch {}.", slot, epoch);
        return new HeldTerm(session, epoch, lease, begun, nanoTime);
    }

    private void standBy(LockSession session) throws SQLException, SourceProblem {
        long epoch = registered(session.epoch());
        if (epoch < highestEpoch) {
            throw wentBack(epoch);
        }
        highestEpoch = epoch;
        if (!standby) {
            log.info("Another relay leads slot {}; this one stands by.", slot);
            standby = true;
        }
    }

    private long registered(OptionalLong epoch) throws SourceProblem {
        if (epoch.isEmpty()) {
            throw new SourceProblem("slot " + slot + " is not registered in tidemark.relay; run: tidemark migrate");
        }
        return epoch.getAsLong();
    }

    private SourceProblem wentBack(long epoch) {
        return new SourceProblem("the database went back: the epoch of slot " + slot + " is " + epoch + ", but was "
                + highestEpoch + " before, so an older copy has been restored and consumers are ahead of it;"
                + " run: tidemark adopt-restore");
    }
}
