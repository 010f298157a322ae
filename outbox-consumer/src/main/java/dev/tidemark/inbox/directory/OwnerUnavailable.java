package dev.tidemark.inbox.directory;

import org.jspecify.annotations.Nullable;

/** The replica would not do, the owner could not be asked, and {@link WhenDown#FAIL} was chosen. */
public final class OwnerUnavailable extends RuntimeException {

    private static final long serialVersionUID = 1;

    OwnerUnavailable(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
