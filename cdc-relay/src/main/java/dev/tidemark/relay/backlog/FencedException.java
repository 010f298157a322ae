package dev.tidemark.relay.backlog;

/** This term is over: another relay leads, or the backlog is on another server now. Nothing was changed. */
public final class FencedException extends BacklogException {

    public FencedException(String message) {
        super(message);
    }
}
