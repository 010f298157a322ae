package dev.tidemark.relay.ops;

/** The time for which one relay leads a slot. Safe for many threads. */
public interface Term {

    /** Higher than that of every term before; what an older one writes is refused by it. */
    long epoch();

    /**
     * Whether this relay leads for certain, at this moment: by the monotonic clock, its lease has not run out since the
     * last word with the server was begun. Once false, it stays false. Cheap: ask it before each batch.
     */
    boolean held();
}
