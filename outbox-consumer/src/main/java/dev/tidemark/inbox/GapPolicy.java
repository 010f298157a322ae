package dev.tidemark.inbox;

/** What becomes of an event whose predecessor was never seen. */
public enum GapPolicy {

    /**
     * It is handled, and {@linkplain InboxListener#gap the listener told}. For transports that keep the order
     * of an aggregate: what is missing there was filtered out or skipped, and will not come. A missing event
     * that does come later counts as a duplicate.
     */
    REPORT,

    /**
     * It waits in {@code inbox_waiting}, and is handled as soon as the missing ones are: for transports that keep no order.
     * Needs every version of an aggregate: with a filter on event types, or with {@code skip}, the relay must send
     * {@code markers}. A gap that stays is told to the listener, again and again. Subscriptions handle what has waited; who
     * calls {@link Inbox#handle} himself runs a {@link WaitingSubscription} beside. What is missing at the start of an
     * aggregate is waited for with {@link FirstEvent#BEGINNING} only.
     */
    WAIT,

    /** It is refused with {@link VersionGap}, to be delivered again after the missing one. */
    FAIL
}
