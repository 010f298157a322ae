package dev.tidemark.relay.backlog;

import dev.tidemark.envelope.Aggregate;
import java.util.stream.IntStream;

/**
 * Spreads aggregates over lanes by way of {@value #COUNT} buckets. The bucket is stored with an event, never the
 * lane: a subscriber may be given another number of lanes at any time.
 */
public final class Buckets {

    public static final int COUNT = 1024;

    private Buckets() {}

    public static int of(Aggregate aggregate) {
        return aggregate.hash32() & (COUNT - 1);
    }

    public static int lane(int bucket, int lanes) {
        return bucket % lanes;
    }

    /** All buckets of a lane. */
    static int[] ofLane(int lane, int lanes) {
        return IntStream.range(0, COUNT)
                .filter(bucket -> lane(bucket, lanes) == lane)
                .toArray();
    }
}
