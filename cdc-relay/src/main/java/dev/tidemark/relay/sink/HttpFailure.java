package dev.tidemark.relay.sink;

import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpConnectTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Says for people why a request got no answer. The JDK often does not: its message may be null. */
final class HttpFailure {

    private HttpFailure() {}

    static String reason(Throwable thrown, HttpTarget target) {
        return "POST " + target + ": " + target.withoutSecrets(describe(Pipeline.unwrapped(thrown), target));
    }

    private static String describe(Throwable failure, HttpTarget target) {
        if (failure instanceof HttpConnectTimeoutException) {
            return "no connection within the timeout";
        }
        if (failure instanceof ConnectException) {
            return isUnresolved(failure) ? "unknown host " + target.host() : "connection refused";
        }
        if (failure instanceof SSLException) {
            return "TLS failed: " + Excerpt.clean(message(failure));
        }
        if (failure instanceof IOException) {
            return "connection broken: " + Excerpt.clean(message(failure));
        }
        // a malformed answer can make the JDK's client throw anything; a receiver must not stop the relay by it
        return "no valid answer: " + failure.getClass().getSimpleName();
    }

    private static boolean isUnresolved(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof UnresolvedAddressException) {
                return true;
            }
        }
        return false;
    }

    private static String message(Throwable failure) {
        @Nullable String message = failure.getMessage();
        return message == null ? failure.getClass().getSimpleName() : message;
    }
}
