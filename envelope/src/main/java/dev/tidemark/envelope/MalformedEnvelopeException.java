package dev.tidemark.envelope;

import org.jspecify.annotations.Nullable;

/** What arrived is not an event of ours; the message says what is wrong with it. It will not get better by trying again. */
public final class MalformedEnvelopeException extends IllegalArgumentException {

    MalformedEnvelopeException(String message) {
        super(message);
    }

    MalformedEnvelopeException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
