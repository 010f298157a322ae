package dev.tidemark.inbox;

import dev.tidemark.envelope.Aggregate;

/**
 * One of {@value #COUNT} parts of a consumer's aggregates. Who waits in another process for an event of a bucket holds its
 * lock in shared mode, on the connection on which it listens; who handles one tries for the lock alone, at the end of its
 * transaction: if it gets it, nobody waits, and nobody is notified.
 *
 * <p>That is because a transaction that notifies commits alone in all of the server: Postgres has one lock for that. Buckets,
 * and not aggregates, so that a transaction with many events has a bounded number of locks.
 *
 * <p>The lock ends with the transaction. So whoever waits gets its own either before the event's transaction asked, and is
 * notified, or after it committed, and finds the event.
 */
final class Bucket {

    static final String CHANNEL = "tidemark_inbox";

    static final int COUNT = 1024;

    private Bucket() {}

    /** The same in all processes: the hash of a text is specified, that of a record is not. */
    static int of(Aggregate aggregate) {
        return String.join("\n", aggregate.source(), aggregate.tenantId(), aggregate.type(), aggregate.id())
                        .hashCode()
                & (COUNT - 1);
    }

    /** The first half of the key of its lock; the second is the bucket. */
    static int lockOf(String consumer) {
        return ("tidemark awaits " + consumer).hashCode();
    }

    /** What is notified. */
    static String notification(String consumer, int bucket) {
        return consumer + " " + bucket;
    }

    /** The bucket of a notification; -1 if it is for another consumer. */
    static int notified(String consumer, String text) {
        String prefix = consumer + " ";
        if (!text.startsWith(prefix)) {
            return -1;
        }
        try {
            return Integer.parseInt(text.substring(prefix.length()));
        } catch (NumberFormatException e) {
            return -1; // anybody can notify anything
        }
    }
}
