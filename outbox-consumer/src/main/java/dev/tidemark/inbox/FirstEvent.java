package dev.tidemark.inbox;

/** Which version may be the first that is seen of an aggregate. */
public enum FirstEvent {

    /**
     * Any: a subscriber may have begun long after the aggregate did. A version that was overtaken at the start of an
     * aggregate, as transports without order do, is below the first one seen, and passes for a duplicate: it is never handled.
     */
    FIRST_SEEN,

    /** Version 1; a later one is a gap. For subscribers that have had everything from the beginning. */
    BEGINNING
}
