package dev.tidemark.relay.backlog;

/** The backlog does not answer. Nothing is known of what was asked; it may be asked again. */
public class BacklogException extends Exception {

    public BacklogException(String message, Throwable cause) {
        super(message, cause);
    }

    BacklogException(String message) {
        super(message);
    }
}
