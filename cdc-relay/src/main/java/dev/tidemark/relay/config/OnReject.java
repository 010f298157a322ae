package dev.tidemark.relay.config;

/** What becomes of the later events of an aggregate when a subscriber has rejected one. */
public enum OnReject {
    /** They wait in the backlog behind it, until somebody retries, skips or drops it. */
    BLOCK,
    /** They are delivered: the subscriber has a gap, and the rejected event stands dead in the backlog. */
    SKIP
}
