package dev.tidemark.relay.backlog;

/**
 * Where an event is that was to be stored.
 *
 * @param position in the subscriber's queue
 * @param state what it is, which is not what was asked for if its key was there before
 * @param fresh whether it was stored just now
 */
public record Placed(long position, State state, boolean fresh) {}
