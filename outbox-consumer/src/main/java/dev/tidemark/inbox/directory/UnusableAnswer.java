package dev.tidemark.inbox.directory;

import java.io.IOException;

/** The owner answered, with something of no use: it refused, or cannot be understood. Asking again would not help. */
public final class UnusableAnswer extends IOException {

    private static final long serialVersionUID = 1;

    /** @param message without secrets, and without anything of the answer */
    public UnusableAnswer(String message) {
        super(message);
    }

    public UnusableAnswer(String message, Throwable cause) {
        super(message, cause);
    }
}
