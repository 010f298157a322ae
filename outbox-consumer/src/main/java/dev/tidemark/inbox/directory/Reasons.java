package dev.tidemark.inbox.directory;

import org.jspecify.annotations.Nullable;

/** Failures, told shortly. */
final class Reasons {

    private Reasons() {}

    static String of(@Nullable Throwable failure) {
        if (failure == null) {
            return "unknown";
        }
        String message = failure.getMessage();
        return message == null ? failure.getClass().getSimpleName() : message;
    }
}
