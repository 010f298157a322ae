package dev.tidemark.inbox;

/**
 * What a subscription does with a message that is no event, or none that this version can read, or one of an aggregate
 * whose names Postgres cannot store: they have U+0000 or half a surrogate pair.
 */
public enum Unreadable {

    /**
     * The default: nothing behind it is handled, in the same partition, queue or stream, until a version that can read it
     * is started, or somebody takes it away. {@link InboxListener#failed} is called again and again, without an event.
     */
    HOLD,

    /**
     * It is acknowledged, or rejected where the broker has a place for such, and lost if it was an event.
     * {@link InboxListener#failed} is called once.
     */
    PASS_OVER
}
