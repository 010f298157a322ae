package dev.tidemark.relay.sink;

import java.net.ConnectException;
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLException;

/** Says for people why a broker cannot be reached, by the kinds of its causes: their texts may hold anything. */
final class Unreachable {

    private static final String BROKEN = "connection broken: ";

    private Unreachable() {}

    /**
     * Why there is no connection.
     *
     * @param secure whether it was to have TLS: a server that refuses us may hang up before it has said so
     */
    static String reason(Throwable failure, boolean secure) {
        String reason = reason(failure);
        return secure && reason.startsWith(BROKEN)
                ? "TLS failed: " + reason + "; the server may want a client's certificate that it trusts"
                : reason;
    }

    static String reason(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof UnknownHostException || cause instanceof UnresolvedAddressException) {
                return "unknown host";
            }
            if (cause instanceof ConnectException) {
                return "connection refused";
            }
            if (cause instanceof SSLException) {
                return "TLS failed: " + Excerpt.clean(String.valueOf(cause.getMessage()));
            }
            if (cause instanceof TimeoutException) {
                return "no answer in time";
            }
        }
        return BROKEN + root(failure).getClass().getSimpleName();
    }

    private static Throwable root(Throwable failure) {
        Throwable root = failure;
        for (Throwable cause = failure.getCause(); cause != null; cause = cause.getCause()) {
            root = cause;
        }
        return root;
    }
}
