package dev.tidemark.relay.sink;

import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Says for people why a request got no answer. */
final class HttpFailure {

    private HttpFailure() {}

    static String reason(Throwable thrown, HttpTarget target) {
        return "POST " + target + ": " + target.withoutSecrets(describe(Pipeline.unwrapped(thrown)));
    }

    private static String describe(Throwable failure) {
        if (failure instanceof SocketTimeoutException) { // nothing has one but connecting
            return "no connection within the timeout";
        }
        if (failure instanceof UnknownHostException) {
            return "unknown host " + message(failure);
        }
        if (failure instanceof ConnectException) {
            return "connection refused";
        }
        if (failure instanceof NoRouteToHostException) {
            return "no route to it";
        }
        if (failure instanceof HttpLinks.RefusedAddressException) {
            return message(failure);
        }
        if (failure instanceof SSLException) {
            return "TLS failed: " + Excerpt.clean(message(failure));
        }
        if (failure instanceof IOException) {
            return "connection broken: " + Excerpt.clean(message(failure));
        }
        // a malformed answer; whatever it is, a receiver must not stop the relay by it
        return "no valid answer: " + failure.getClass().getSimpleName();
    }

    private static String message(Throwable failure) {
        @Nullable String message = failure.getMessage();
        return message == null ? failure.getClass().getSimpleName() : message;
    }
}
