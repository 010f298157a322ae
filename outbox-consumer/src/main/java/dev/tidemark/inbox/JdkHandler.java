package dev.tidemark.inbox;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A subscription behind the JDK's server.
 *
 * <p>The rest of a body that is not wanted is thrown away, up to the largest that a relay sends: if the connection
 * were closed in the middle of it, the client would see a reset, take it for something that passes, and try for ever.
 */
final class JdkHandler implements HttpHandler {

    private static final long NO_BODY = -1; // 0 would mean a chunked body, sent in a packet of its own 40 ms later

    private static final int DISCARDED_BYTES = HttpSubscription.DEFAULT_MAX_BODY_BYTES;

    private final HttpSubscription subscription;
    private final int maxBodyBytes;

    JdkHandler(HttpSubscription subscription, int maxBodyBytes) {
        this.subscription = subscription;
        this.maxBodyBytes = maxBodyBytes;
    }

    @Override
    public void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            send(exchange, answer(exchange));
        }
    }

    private Answer answer(HttpExchange exchange) throws IOException {
        if (!exchange.getHttpContext().getPath().equals(exchange.getRequestURI().getPath())) {
            return Answers.NOT_FOUND;
        }
        if (!exchange.getRequestMethod().equals("POST")) {
            return Answers.NOT_POST;
        }
        Answer refusal = subscription.refusal(exchange.getRequestHeaders());
        if (refusal != null) {
            return refusal;
        }
        byte[] body = read(exchange);
        return body == null ? Answers.tooLarge(maxBodyBytes) : subscription.receive(exchange.getRequestHeaders(), body);
    }

    /** Null if there is more than is allowed. */
    private byte @Nullable [] read(HttpExchange exchange) throws IOException {
        byte[] body = exchange.getRequestBody().readNBytes(maxBodyBytes);
        return exchange.getRequestBody().read() < 0 ? body : null;
    }

    static void send(HttpExchange exchange, Answer answer) throws IOException {
        for (Map.Entry<String, String> header : answer.headers().entrySet()) {
            exchange.getResponseHeaders().set(header.getKey(), header.getValue());
        }
        if (answer.text().isEmpty()) {
            exchange.sendResponseHeaders(answer.status(), NO_BODY);
            return;
        }
        byte[] text = answer.text().getBytes(StandardCharsets.UTF_8);
        exchange.sendResponseHeaders(answer.status(), text.length);
        try (OutputStream out = exchange.getResponseBody()) {
            out.write(text);
            out.flush();
            discard(exchange.getRequestBody());
        }
    }

    private static void discard(InputStream body) throws IOException {
        byte[] buffer = new byte[8192];
        int left = DISCARDED_BYTES;
        for (int read = 0; read >= 0 && left > 0; left -= read) {
            read = body.read(buffer);
        }
    }
}
