package dev.tidemark.sample.javalin;

import dev.tidemark.inbox.Answer;
import dev.tidemark.inbox.HttpSubscription;
import io.javalin.http.Context;
import io.javalin.http.Handler;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** An {@link HttpSubscription} as a route of Javalin's. */
public final class EventRoute implements Handler {

    private final HttpSubscription subscription;

    public EventRoute(HttpSubscription subscription) {
        this.subscription = subscription;
    }

    /** Answers after the subscription's transaction has committed or rolled back. */
    @Override
    public void handle(Context request) {
        Answer answer = subscription.receive(headers(request), request.bodyAsBytes());
        answer.headers().forEach(request::header);
        request.status(answer.status()).result(answer.text());
    }

    /** All headers with all their values, as CloudEvents are read from; Javalin's own map has the first of each. */
    public static Map<String, List<String>> headers(Context request) {
        Map<String, List<String>> headers = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        for (String name : Collections.list(request.req().getHeaderNames())) {
            headers.put(name, Collections.list(request.req().getHeaders(name)));
        }
        return headers;
    }
}
