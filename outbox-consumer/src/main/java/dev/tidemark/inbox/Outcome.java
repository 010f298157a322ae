package dev.tidemark.inbox;

/** What {@link Inbox#handle} did with an event. All are good: the event may be acknowledged after the commit. */
public enum Outcome {

    /** The handler ran; the event was the one expected. */
    APPLIED,

    /** The handler ran although events before this one were never seen, as {@link GapPolicy#REPORT} allows. */
    APPLIED_AFTER_GAP,

    /** Nothing ran: this event, or a newer one of its aggregate, was handled before. */
    DUPLICATE,

    /** Nothing ran: the event was written before its source went back to an older state of its database. */
    STALE,

    /** Nothing ran yet: it stands in {@code inbox_waiting}, as an earlier event of its aggregate is missing, or dead. */
    WAITING,

    /** Nothing ran: it is dead, stands in {@code inbox_dead}, and stays there until a person acts. */
    DEAD;

    /** Whether the handler ran. */
    public boolean applied() {
        return this == APPLIED || this == APPLIED_AFTER_GAP;
    }
}
