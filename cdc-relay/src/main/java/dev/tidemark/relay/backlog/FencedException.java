package dev.tidemark.relay.backlog;

/** Another relay leads this slot now; nothing was changed. */
public final class FencedException extends BacklogException {

    public FencedException(String message) {
        super(message);
    }
}
