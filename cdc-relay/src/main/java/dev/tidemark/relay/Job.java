package dev.tidemark.relay;

import dev.tidemark.relay.backlog.BacklogException;
import dev.tidemark.relay.backlog.Redeliveries;
import dev.tidemark.relay.backlog.Redelivery;
import java.util.concurrent.TimeUnit;

/** A job that somebody asked for, while it is done: says how far it is, and notices that it is cancelled. For one thread. */
final class Job implements Waits.Wish {

    private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final Redelivery redelivery;
    private final Redeliveries redeliveries;
    private long stored = -1;
    private long lookedAt = System.nanoTime() - LOOK_NANOS;
    private boolean wanted = true;

    Job(Redelivery redelivery, Redeliveries redeliveries) {
        this.redelivery = redelivery;
        this.redeliveries = redeliveries;
    }

    Redelivery redelivery() {
        return redelivery;
    }

    /** For people. */
    String name() {
        return "Job " + redelivery.id() + " for subscriber " + redelivery.subscriber();
    }

    /**
     * Says how far it is.
     *
     * @param total rows that there are to be looked at
     * @param seen of these
     * @param more how many events were stored since it was said last
     */
    void progress(long total, long seen, long more) throws BacklogException {
        stored = (stored < 0 ? redeliveries.storedSoFar(redelivery) : stored + more);
        redeliveries.progress(redelivery, total, seen, stored);
    }

    /** Whether nobody has cancelled it; asked once a second. */
    @Override
    public boolean isWanted() throws BacklogException {
        long now = System.nanoTime();
        if (wanted && now - lookedAt >= LOOK_NANOS) {
            lookedAt = now;
            wanted = redeliveries.isWanted(redelivery);
        }
        return wanted;
    }
}
