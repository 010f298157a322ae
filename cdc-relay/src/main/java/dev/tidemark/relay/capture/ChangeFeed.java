package dev.tidemark.relay.capture;

import java.time.Duration;

/**
 * Reads committed events from the write-ahead log, in commit order, from the slot's confirmed position.
 *
 * <p>The slot is the only checkpoint. A feed acknowledges nothing but what its {@link Receiver} calls
 * settled, so that after a crash the server sends the rest again, transaction by transaction.
 */
public interface ChangeFeed extends AutoCloseable {

    /**
     * Streams to {@code receiver} until {@link #close()} or a failure. At most once for each feed: after a
     * failure, make a new one.
     *
     * @throws FeedException if the stream broke; nothing is lost, the slot still has what was not settled
     */
    void run(Receiver receiver) throws FeedException, InterruptedException;

    /**
     * Stops reading, acknowledges what is settled by then, and lets {@link #run} return. Idempotent, and
     * safe from any thread.
     */
    @Override
    void close();

    /** The {@link System#nanoTime()} at which the feed's loop last turned; 0 before it did. */
    long lastTurnNanos();

    /** Takes what a feed reads. Called on the feed's thread only. */
    interface Receiver {

        /** Called once, before the first offer: the stream is open. */
        default void streaming() {}

        /**
         * The log is read again from where it is acknowledged: changes up to this position may be offered once more, which
         * were offered before.
         */
        default void readsAgain(Lsn upTo) {}

        /** Offers the next change. One that was answered {@link Offer#FULL} is offered again. */
        Offer offer(Change change);

        /**
         * How many of the changes answered {@link Offer#TAKEN}, counted from the first of this run, are
         * settled without a gap. Never falls.
         */
        long settled();

        /** Waits until something is settled, or until the time is over. */
        void awaitSettled(Duration atMost) throws InterruptedException;
    }

    /** The answer to an offer. */
    enum Offer {
        /** It counts, and is settled later. */
        TAKEN,
        /** No subscriber wants it; it does not count. */
        PASSED,
        /** There is no room; offer it again. */
        FULL
    }
}
