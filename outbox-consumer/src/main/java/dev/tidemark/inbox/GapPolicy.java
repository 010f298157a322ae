package dev.tidemark.inbox;

/** What becomes of an event whose predecessor was never seen. */
public enum GapPolicy {

    /**
     * It is handled, and {@linkplain InboxListener#gap the listener told}. For transports that keep the order
     * of an aggregate: what is missing there was filtered out or skipped, and will not come. A missing event
     * that does come later counts as a duplicate.
     */
    REPORT,

    /** It is refused with {@link VersionGap}, to be delivered again after the missing one. */
    FAIL
}
