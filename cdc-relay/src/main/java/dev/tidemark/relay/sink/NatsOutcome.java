package dev.tidemark.relay.sink;

import io.nats.client.AuthenticationException;
import io.nats.client.JetStreamApiException;
import java.util.Set;

/** What an error of JetStream means for the envelope. Table in docs/sinks.md. */
final class NatsOutcome {

    /** Larger than the stream's {@code max_msg_size}. */
    private static final int TOO_LARGE = 10054;

    /** Of the server, not of the event: nothing else would be taken either. */
    private static final Set<Integer> OF_THE_SERVER = Set.of(
            10008, // temporarily unavailable
            10009, // cluster not available
            10023, // insufficient resources
            10039, // not enabled for the account
            10076); // not enabled

    /** In the client's words; it has no class for that. */
    private static final Set<String> ONLY_ONE_WANTS_TLS =
            Set.of("SSL connection wanted by client.", "SSL required by server.");

    private NatsOutcome() {}

    /** @param connected whether the connection is still open */
    static Pipeline.Outcome of(Throwable failure, String what, boolean connected) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof JetStreamApiException answer) {
                return answered(answer, what);
            }
        }
        return connected
                ? new Pipeline.Outcome(Delivery.retry(what + ": no stream takes this subject"), false)
                : new Pipeline.Outcome(Delivery.retry(what + ": connection broken"), true);
    }

    private static Pipeline.Outcome answered(JetStreamApiException answer, String what) {
        int code = answer.getApiErrorCode();
        String reason = what + " answered " + code + " " + Excerpt.clean(answer.getErrorDescription());
        return code == TOO_LARGE
                ? new Pipeline.Outcome(Delivery.rejected(reason), false)
                : new Pipeline.Outcome(Delivery.retry(reason), OF_THE_SERVER.contains(code));
    }

    /**
     * Why there is no connection.
     *
     * @param secure whether it was to have TLS
     */
    static String whyNotConnected(Throwable failure, boolean secure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof AuthenticationException) {
                return "user or password refused";
            }
            if (cause instanceof IllegalStateException || cause instanceof IllegalArgumentException) {
                return "cannot be set up with these properties: "
                        + root(cause).getClass().getSimpleName();
            }
            if (ONLY_ONE_WANTS_TLS.contains(String.valueOf(cause.getMessage()))) {
                return "TLS failed: " + cause.getMessage();
            }
        }
        return Unreachable.reason(failure, secure);
    }

    private static Throwable root(Throwable failure) {
        Throwable cause = failure.getCause();
        return cause == null ? failure : root(cause);
    }
}
