package dev.tidemark.relay.ops;

import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A term that this relay holds: keeps its session alive, on a thread that does nothing else.
 *
 * <p>The server counts the lease from the end of a ping, this side from its begin: it stops believing that it leads
 * before anybody else can.
 */
public final class HeldTerm implements Term, AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(HeldTerm.class);

    private final LockSession session;
    private final long epoch;
    private final Duration lease;
    private final LongSupplier nanoTime;
    private final CountDownLatch over = new CountDownLatch(1);
    private volatile long heardNanos;
    private volatile boolean lost;

    /** @param heardNanos when the server was last heard: the begin of that word */
    HeldTerm(LockSession session, long epoch, Duration lease, long heardNanos, LongSupplier nanoTime) {
        this.session = session;
        this.epoch = epoch;
        this.lease = lease;
        this.heardNanos = heardNanos;
        this.nanoTime = nanoTime;
    }

    @Override
    public long epoch() {
        return epoch;
    }

    @Override
    public boolean held() {
        return !lost && withinLease();
    }

    /** Keeps it from now on; {@code onLost} is called at most once, not when the term is closed. */
    public void keep(Runnable onLost) {
        Thread thread = new Thread(() -> pings(onLost), "tidemark-lease");
        thread.setDaemon(true);
        thread.start();
    }

    /** Another relay leads, as was learned elsewhere: this one must not come back. */
    void lose() {
        lost = true;
    }

    /** Gives the lead up. Idempotent. */
    @Override
    public void close() {
        lost = true;
        over.countDown();
        session.close();
    }

    private void pings(Runnable onLost) {
        boolean held = true;
        try {
            while (held && !over.await(lease.toNanos() / 4, TimeUnit.NANOSECONDS)) {
                held = ping();
            }
        } catch (InterruptedException e) {
            lost = true;
            Thread.currentThread().interrupt();
            return;
        } catch (RuntimeException | Error bug) {
            log.error("The lease cannot be kept, which is a bug.", bug);
            lost = true;
            held = false;
        }
        if (!held && over.getCount() > 0) {
            onLost.run();
        }
    }

    /** False if the term is over: who was silent for the lease is not the leader, even if the session still lives. */
    boolean ping() {
        long begun = nanoTime.getAsLong();
        String reason = "its lease ran out";
        if (held()) {
            try {
                session.ping();
                if (!withinLease()) {
                    lost = true; // and never back: others may have set it meanwhile
                }
                heardNanos = begun;
            } catch (SQLException e) {
                lost = true;
                reason = String.valueOf(e.getMessage()).lines().findFirst().orElse("no answer");
            }
        }
        if (!held()) {
            lost = true;
            if (over.getCount() > 0) {
                log.warn(
                        "This relay leads no more: {}. It acknowledges and stores nothing until it leads again.",
                        reason);
            }
        }
        return !lost;
    }

    private boolean withinLease() {
        return nanoTime.getAsLong() - heardNanos < lease.toNanos();
    }
}
