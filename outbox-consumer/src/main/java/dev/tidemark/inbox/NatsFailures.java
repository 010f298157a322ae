package dev.tidemark.inbox;

import io.nats.client.Connection;
import io.nats.client.ErrorListener;
import io.nats.client.Options;
import java.net.ConnectException;
import java.util.Set;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** What NATS's client has told of while it connected; what it throws in the end does not say why. */
final class NatsFailures implements ErrorListener {

    /** In the client's words; it has no class for that. */
    private static final Set<String> ONLY_ONE_WANTS_TLS =
            Set.of("SSL connection wanted by client.", "SSL required by server.");

    private volatile @Nullable Throwable heard;

    @Override
    public void exceptionOccurred(Connection connection, Exception failure) {
        Throwable root = root(failure);
        if (heard == null || root instanceof SSLException) {
            heard = root;
        }
    }

    /** Of TLS, or the innermost. */
    private static Throwable root(Throwable failure) {
        Throwable cause = failure.getCause();
        return failure instanceof SSLException || cause == null ? failure : root(cause);
    }

    /** Why there is no connection, for people, without what may hold a password; empty if nobody knows. */
    String reason(Options options) {
        Throwable failure = heard;
        if (failure == null) {
            return "";
        }
        String message = String.valueOf(failure.getMessage());
        if (failure instanceof SSLException || ONLY_ONE_WANTS_TLS.contains(message)) {
            return ": TLS failed: " + message;
        }
        String kind = ": " + failure.getClass().getSimpleName();
        return options.getSslContext() == null || failure instanceof ConnectException
                ? kind
                : ": TLS failed" + kind + "; the server may want a client's certificate that it trusts";
    }
}
