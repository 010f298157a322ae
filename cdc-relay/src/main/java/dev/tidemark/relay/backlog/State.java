package dev.tidemark.relay.backlog;

/** How a stored event stands. */
public enum State {
    /** To be delivered. */
    WAITING,
    /** Rejected or undecodable: a person must act. */
    DEAD,
    /** Delivered, skipped or dropped; its key is remembered until the slot has durably passed it. */
    SETTLED
}
