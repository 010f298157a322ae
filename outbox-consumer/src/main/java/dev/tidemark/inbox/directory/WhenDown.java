package dev.tidemark.inbox.directory;

/** What is answered where the replica will not do and the owner cannot be asked. */
public enum WhenDown {

    /** What the replica has, marked as stale. */
    ANSWER_STALE,

    /** Nothing: {@link OwnerUnavailable} is thrown. */
    FAIL
}
