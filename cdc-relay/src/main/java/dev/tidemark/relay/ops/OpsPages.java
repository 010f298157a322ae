package dev.tidemark.relay.ops;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import dev.tidemark.relay.config.Secret;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What is served under which path, to whom. Nothing that goes wrong inside is told outside. */
final class OpsPages {

    private static final Logger log = LoggerFactory.getLogger(OpsPages.class);
    private static final String BEARER = "Bearer ";
    private static final String JSON = "application/json";
    private static final String TEXT = "text/plain; charset=utf-8";
    private static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";

    private record Page(int status, String type, String body) {}

    private final Secret token;
    private final List<HealthCheck> live;
    private final List<HealthCheck> ready;
    private final Supplier<String> metrics;

    OpsPages(Secret token, List<HealthCheck> live, List<HealthCheck> ready, Supplier<String> metrics) {
        this.token = token;
        this.live = live;
        this.ready = ready;
        this.metrics = metrics;
    }

    void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            send(exchange, answer(exchange));
        }
    }

    private Page answer(HttpExchange exchange) {
        try {
            if (!mayRead(exchange.getRequestHeaders().getFirst("Authorization"))) {
                exchange.getResponseHeaders().set("WWW-Authenticate", "Bearer");
                return new Page(401, TEXT, "A bearer token is needed.\n");
            }
            Page page = page(exchange.getRequestURI().getRawPath());
            String method = exchange.getRequestMethod();
            if (page.status() != 404 && !method.equals("GET") && !method.equals("HEAD")) {
                exchange.getResponseHeaders().set("Allow", "GET, HEAD");
                return new Page(405, TEXT, "Only GET and HEAD are answered here.\n");
            }
            return page;
        } catch (RuntimeException e) {
            log.warn("{} could not be answered.", exchange.getRequestURI().getPath(), e);
            return new Page(500, TEXT, "This could not be answered; see the relay's log.\n");
        }
    }

    private boolean mayRead(@Nullable String authorization) {
        if (!token.isSet()) {
            return true;
        }
        return authorization != null
                && authorization.regionMatches(true, 0, BEARER, 0, BEARER.length())
                && token.matches(authorization.substring(BEARER.length()).strip());
    }

    private Page page(@Nullable String path) {
        return switch (path == null ? "" : path) {
            case "/health/live" -> health(live);
            case "/health/ready" -> health(ready);
            case "/metrics" -> new Page(200, PROMETHEUS, metrics.get());
            default -> new Page(404, TEXT, "There are /health/live, /health/ready and /metrics.\n");
        };
    }

    private static Page health(List<HealthCheck> checks) {
        HealthReport report = HealthReport.of(checks);
        return new Page(report.healthy() ? 200 : 503, JSON, report.json());
    }

    private static void send(HttpExchange exchange, Page page) throws IOException {
        byte[] body = page.body().getBytes(StandardCharsets.UTF_8);
        Headers headers = exchange.getResponseHeaders();
        headers.set("Content-Type", page.type());
        headers.set("Cache-Control", "no-store");
        headers.set("X-Content-Type-Options", "nosniff");
        if (exchange.getRequestMethod().equals("HEAD")) {
            headers.set("Content-Length", Integer.toString(body.length));
            exchange.sendResponseHeaders(page.status(), -1);
        } else {
            exchange.sendResponseHeaders(page.status(), body.length);
            exchange.getResponseBody().write(body);
        }
    }
}
