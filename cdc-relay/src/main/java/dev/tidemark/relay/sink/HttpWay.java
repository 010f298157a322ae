package dev.tidemark.relay.sink;

import dev.tidemark.envelope.CloudEventsHttp;
import dev.tidemark.envelope.CloudEventsJson;
import dev.tidemark.envelope.Envelope;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Sends an envelope as a request, and knows what its answer means. A receiver that cannot be reached, or says that
 * it takes nothing now, ends the batch.
 */
record HttpWay(
        HttpSink.Settings settings,
        HttpTarget target,
        HttpSignature signature,
        HttpClient client,
        InstantSource clock,
        Addresses.Resolver resolver,
        Consumer<String> onGone)
        implements Pipeline.Way {

    private static final byte[] NO_BYTES = {};

    @Override
    public Pipeline.Attempt begin(Envelope envelope) {
        HttpRequest request = request(envelope);
        if (request == null) {
            return Pipeline.ended(new Pipeline.Outcome(
                    Delivery.rejected("its content type or a header has a character that HTTP does not allow"), false));
        }
        String trouble = addressTrouble();
        if (trouble != null) {
            return Pipeline.ended(new Pipeline.Outcome(Delivery.retry("POST " + target + ": " + trouble), true));
        }
        HttpAnswer answer = new HttpAnswer();
        return new Exchange(envelope, answer, client.sendAsync(request, answer));
    }

    /**
     * Looked at before each request, since a name may lead elsewhere by now. The client looks the name up once more,
     * and finds what the JVM has kept of this look; it has no place for the address itself.
     */
    private @Nullable String addressTrouble() {
        try {
            return target.isProxied() ? null : settings.addresses().problem(target.host(), resolver);
        } catch (UnknownHostException e) {
            return "unknown host " + target.host();
        }
    }

    /** Null if the envelope cannot be put into a request; that will not change. */
    private @Nullable HttpRequest request(Envelope envelope) {
        HttpRequest.Builder request = target.request();
        byte[] data = envelope.data();
        if (settings.mode() == HttpSink.Mode.STRUCTURED) {
            request.setHeader("content-type", CloudEventsHttp.STRUCTURED);
            return post(request, envelope, CloudEventsJson.write(envelope));
        }
        try {
            CloudEventsHttp.headers(envelope).forEach(request::setHeader);
        } catch (IllegalArgumentException e) {
            return null;
        }
        return post(request, envelope, data == null ? NO_BYTES : data);
    }

    /** Signed now: an attempt has its own time, but the id of its event. */
    private HttpRequest post(HttpRequest.Builder request, Envelope envelope, byte[] body) {
        signature
                .headers(CloudEventsHttp.webhookId(envelope), clock.instant(), body)
                .forEach(request::setHeader);
        return request.POST(body.length == 0 ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(body))
                .build();
    }

    private final class Exchange implements Pipeline.Attempt {

        private final Envelope envelope;
        private final HttpAnswer answer;
        private final CompletableFuture<HttpResponse<Void>> end;

        private Exchange(Envelope envelope, HttpAnswer answer, CompletableFuture<HttpResponse<Void>> end) {
            this.envelope = envelope;
            this.answer = answer;
            this.end = end;
        }

        @Override
        public CompletableFuture<?> end() {
            return end;
        }

        @Override
        public Pipeline.Outcome outcome(@Nullable Throwable failure) {
            HttpResponse.ResponseInfo head = answer.head();
            return head == null
                    ? new Pipeline.Outcome(unanswered(failure), true)
                    : new Pipeline.Outcome(answered(head), HttpOutcome.concernsAllEvents(head.statusCode()));
        }

        private Delivery unanswered(@Nullable Throwable failure) {
            return Delivery.retry(
                    failure == null
                            ? "POST " + target + ": no answer within "
                                    + settings.timeout().toMillis() + " ms"
                            : HttpFailure.reason(failure, target));
        }

        private Delivery answered(HttpResponse.ResponseInfo head) {
            byte[] payload = envelope.data();
            String excerpt = head.statusCode() / 100 == 4
                    ? Excerpt.of(answer.bodyStart(), payload == null ? NO_BYTES : payload, target)
                    : "";
            Delivery delivery =
                    HttpOutcome.of(head.statusCode(), head.headers(), target.toString(), excerpt, clock.instant());
            if (head.statusCode() == HttpOutcome.GONE && delivery instanceof Delivery.Retry gone) {
                onGone.accept(gone.reason());
            }
            return delivery;
        }
    }
}
