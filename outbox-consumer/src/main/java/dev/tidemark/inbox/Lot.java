package dev.tidemark.inbox;

import java.time.Duration;

/**
 * What came over one connection from one ordered sequence, such as a partition, and can be called off together when that
 * connection has ended. Safe for many threads.
 */
final class Lot {

    private final AggregateQueues queues;
    final String place;
    final int window;
    final Unreadable unreadable;

    // guarded by the lock of the queues, as the next
    int unsettled;
    int running;
    boolean calledOff;
    boolean held;

    /**
     * @param place for people
     * @param window how many of its messages there may be that are not settled
     */
    Lot(AggregateQueues queues, String place, int window, Unreadable unreadable) {
        this.queues = queues;
        this.place = place;
        this.window = window;
        this.unreadable = unreadable;
    }

    /** Hands on the next message of the sequence. Never waits: {@link #room} says how many it should have. */
    void submit(Message message) {
        queues.submit(this, message);
    }

    /** How many more messages it takes; 0 or less for none. */
    int room() {
        return queues.room(this);
    }

    /** Waits until there is room, at most so long; returns how much there is. */
    int awaitRoom(Duration atMost) throws InterruptedException {
        return queues.awaitRoom(this, atMost);
    }

    /** Begins nothing more of it, and forgets it; what is being handled goes on. Idempotent. */
    void callOff() {
        queues.callOff(this);
    }

    /** Waits until nothing of it is being handled, at most so long. To be called off before. */
    void awaitIdle(Duration atMost) throws InterruptedException {
        queues.awaitIdle(this, atMost);
    }
}
