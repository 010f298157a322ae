package dev.tidemark.relay;

import dev.tidemark.relay.backlog.BacklogException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Waits for what must be before something is put ahead of a subscriber's events, and says for what. For one thread. */
final class Waits {

    private static final Logger log = LoggerFactory.getLogger(Waits.class);
    private static final long LOOK_MILLIS = 200;
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final String name;
    private final BooleanSupplier lease;
    private final CountDownLatch stop;
    private final Wish wish;

    /** Whether somebody still wants it. */
    interface Wish {
        boolean isWanted() throws BacklogException, InterruptedException;
    }

    /** What is waited for, for people; empty when it is over. */
    interface Waiting {
        Optional<String> ask() throws SQLException, BacklogException;
    }

    /**
     * Nothing is waited for yet.
     *
     * @param name of what waits, for people
     * @param lease whether this relay still leads
     * @param stop counted down when this is to stop
     */
    Waits(String name, BooleanSupplier lease, CountDownLatch stop, Wish wish) {
        this.name = name;
        this.lease = lease;
        this.stop = stop;
        this.wish = wish;
    }

    /** Returns whether it is over; false if this is to stop first. */
    boolean await(Waiting waiting) throws SQLException, BacklogException, InterruptedException {
        long began = System.nanoTime();
        boolean told = false;
        while (goOn()) {
            Optional<String> still = waiting.ask();
            if (still.isEmpty()) {
                return true;
            }
            if (!told && System.nanoTime() - began > PATIENCE.toNanos()) {
                told = true;
                log.info("{} waits for {}.", name, still.get());
            }
            if (stop.await(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
                return false;
            }
        }
        return false;
    }

    boolean goOn() throws BacklogException, InterruptedException {
        return stop.getCount() > 0 && lease.getAsBoolean() && wish.isWanted();
    }
}
