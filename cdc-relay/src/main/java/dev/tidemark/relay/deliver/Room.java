package dev.tidemark.relay.deliver;

import dev.tidemark.relay.backlog.Backlogs;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;

/** How much a subscriber's backlog holds, and may hold. Shared by its lanes; they may overshoot by a batch each. */
final class Room {

    private final long mostEvents;
    private final long mostBytes;
    private final BooleanSupplier unlimited;
    private final AtomicLong waiting = new AtomicLong();
    private final AtomicLong dead = new AtomicLong();
    private final AtomicLong bytes = new AtomicLong();

    /** @param unlimited whether the limits do not count now */
    Room(long mostEvents, long mostBytes, BooleanSupplier unlimited) {
        this.mostEvents = mostEvents;
        this.mostBytes = mostBytes;
        this.unlimited = unlimited;
    }

    /** What was counted. It takes a while, and what changes meanwhile may be in it or not: it is an estimate. */
    void measured(Backlogs.Size counted) {
        waiting.set(counted.waiting());
        dead.set(counted.dead());
        bytes.set(counted.bytes());
    }

    boolean isFull() {
        boolean atTheLimit = waiting.get() + dead.get() >= mostEvents || bytes.get() >= mostBytes;
        return atTheLimit && !unlimited.getAsBoolean();
    }

    void change(long moreWaiting, long moreDead, long moreBytes) {
        waiting.addAndGet(moreWaiting);
        dead.addAndGet(moreDead);
        bytes.addAndGet(moreBytes);
    }

    long waiting() {
        return Math.max(0, waiting.get());
    }

    long dead() {
        return Math.max(0, dead.get());
    }

    @Override
    public String toString() {
        return waiting() + " waiting and " + dead() + " dead events, " + Math.max(0, bytes.get())
                + " bytes, of at most " + mostEvents + " events and " + mostBytes + " bytes";
    }
}
