package dev.tidemark.relay.backlog;

/** The backlog of all subscribers of one relay, while it leads. */
public interface Backlogs {

    /** How much a subscriber's backlog holds. Counts; asked once for each run. */
    Size size(String subscriber) throws BacklogException;

    /**
     * The part that one lane owns.
     *
     * @param deadBlocks whether a dead event holds back the later ones of its aggregate
     */
    Backlog part(String subscriber, int lane, int lanes, boolean deadBlocks);

    /**
     * Events that are not settled.
     *
     * @param bytes of their envelopes
     */
    record Size(long waiting, long dead, long bytes) {}
}
