package dev.tidemark.testkit;

/** How the transaction of a written event ended, as far as its writer knows. */
public enum Outcome {
    COMMITTED,
    ROLLED_BACK,
    /** The answer to the commit was lost: ask the database, and tell {@link HistoryChecker#resolve}. */
    UNKNOWN
}
