package dev.tidemark.relay.deliver;

import java.time.Duration;

/** Settings of which a test cares for a few only. */
final class Plain {

    static final Duration NEVER = Duration.ofDays(1);

    private Plain() {}

    /** Does not park within the time of a test; a dead event blocks its aggregate; the backlog is large. */
    static Subscriber.Settings settings(String name, int lanes, int batchEvents, long batchBytes, Backoff retry) {
        return settings(name, lanes, batchEvents, batchBytes, retry, NEVER, true, 1_000_000);
    }

    static Subscriber.Settings settings(
            String name,
            int lanes,
            int batchEvents,
            long batchBytes,
            Backoff retry,
            Duration parkAfter,
            boolean deadBlocks,
            long backlogEvents) {
        return new Subscriber.Settings(
                name,
                Filter.everything(),
                lanes,
                batchEvents,
                batchBytes,
                retry,
                parkAfter,
                deadBlocks,
                backlogEvents,
                Long.MAX_VALUE,
                10_000,
                100);
    }
}
