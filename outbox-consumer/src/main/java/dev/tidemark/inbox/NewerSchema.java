package dev.tidemark.inbox;

/** What becomes of an event whose schema version is newer than all versions that its type has handlers for. */
public enum NewerSchema {

    /**
     * It is not handled: dead in the inbox, or refused over HTTP, with a reason that names both versions, until a consumer
     * that knows the version is deployed and somebody has it retried.
     */
    REFUSE,

    /** The handler of the newest version gets it as it is. For contracts whose newer versions are kept compatible. */
    TAKE
}
