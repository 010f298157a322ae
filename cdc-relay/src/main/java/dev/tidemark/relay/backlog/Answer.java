package dev.tidemark.relay.backlog;

/**
 * What became of a command.
 *
 * @param done whether it was carried out; otherwise the text says why not
 * @param events that it concerned
 * @param text for people
 */
public record Answer(long command, boolean done, int events, String text) {}
