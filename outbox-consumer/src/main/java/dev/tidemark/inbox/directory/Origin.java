package dev.tidemark.inbox.directory;

/** Where an answer is from. */
public enum Origin {
    REPLICA,
    OWNER
}
