package dev.tidemark.relay.capture;

/** The stream from the database broke. Everything that was not acknowledged will be read again. */
public final class FeedException extends Exception {

    FeedException(String message, Throwable cause) {
        super(message, cause);
    }

    /** The innermost message there is: Debezium wraps what the server said several times. */
    static String reason(Throwable error) {
        String reason = error.getClass().getSimpleName();
        for (Throwable cause = error; cause != null; cause = cause.getCause()) {
            String message = cause.getMessage();
            reason = message == null || message.isBlank() ? reason : message;
        }
        return reason;
    }
}
