package dev.tidemark.relay.sink;

import dev.tidemark.envelope.CloudEventsHttp;
import dev.tidemark.envelope.CloudEventsJson;
import dev.tidemark.envelope.Envelope;
import java.io.ByteArrayOutputStream;
import java.net.UnknownHostException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CancellationException;
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
    private static final String BATCH_ID = "batch_";
    private static final int DIGEST_BYTES = 16;

    @Override
    public Pipeline.Attempt begin(Envelope envelope) {
        HttpRequest request = request(envelope);
        if (request == null) {
            return Pipeline.ended(new Pipeline.Outcome(
                    Delivery.rejected("its content type or a header has a character that HTTP does not allow"), false));
        }
        byte[] data = envelope.data();
        return send(request, data == null ? NO_BYTES : data);
    }

    /**
     * The same for several events in one request.
     *
     * @param body the batch of them
     */
    Pipeline.Attempt begin(List<Envelope> events, byte[] body) {
        HttpRequest.Builder request = target.request().setHeader("content-type", CloudEventsHttp.BATCH);
        ByteArrayOutputStream payloads = new ByteArrayOutputStream();
        for (Envelope event : events) {
            byte[] data = event.data();
            payloads.writeBytes(data == null ? NO_BYTES : data);
        }
        return send(post(request, id(events), body), payloads.toByteArray());
    }

    /** @param payload that an answer may repeat, and a reason may not */
    private Pipeline.Attempt send(HttpRequest request, byte[] payload) {
        String trouble = addressTrouble();
        if (trouble != null) {
            return Pipeline.ended(new Pipeline.Outcome(Delivery.retry("POST " + target + ": " + trouble), true));
        }
        HttpAnswer answer = new HttpAnswer();
        return new Exchange(payload, answer, client.sendAsync(request, answer));
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
            return post(request, CloudEventsHttp.webhookId(envelope), CloudEventsJson.write(envelope));
        }
        try {
            CloudEventsHttp.headers(envelope).forEach(request::setHeader);
        } catch (IllegalArgumentException e) {
            return null;
        }
        return post(request, CloudEventsHttp.webhookId(envelope), data == null ? NO_BYTES : data);
    }

    /** The same events have the same id in every attempt; a single one has its own. */
    private static String id(List<Envelope> events) {
        List<String> ids = events.stream().map(CloudEventsHttp::webhookId).toList();
        return ids.size() == 1 ? ids.get(0) : BATCH_ID + digest(String.join(" ", ids));
    }

    private static String digest(String text) {
        try {
            byte[] all = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(all, 0, DIGEST_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JVM has SHA-256, but this one fails", e);
        }
    }

    /** Signed now: an attempt has its own time, but the id of its event. */
    private HttpRequest post(HttpRequest.Builder request, String id, byte[] body) {
        signature.headers(id, clock.instant(), body).forEach(request::setHeader);
        return request.POST(body.length == 0 ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(body))
                .build();
    }

    private final class Exchange implements Pipeline.Attempt {

        private final byte[] payload;
        private final HttpAnswer answer;
        private final CompletableFuture<HttpResponse<Void>> end;

        private Exchange(byte[] payload, HttpAnswer answer, CompletableFuture<HttpResponse<Void>> end) {
            this.payload = payload;
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
            // the JDK's client fails what it is told to cancel
            if (failure == null || Pipeline.unwrapped(failure) instanceof CancellationException) {
                return Delivery.retry("POST " + target + ": no answer within "
                        + settings.timeout().toMillis() + " ms");
            }
            return Delivery.retry(HttpFailure.reason(failure, target));
        }

        private Delivery answered(HttpResponse.ResponseInfo head) {
            String excerpt = head.statusCode() / 100 == 4 ? Excerpt.of(answer.bodyStart(), payload, target) : "";
            Delivery delivery =
                    HttpOutcome.of(head.statusCode(), head.headers(), target.toString(), excerpt, clock.instant());
            if (head.statusCode() == HttpOutcome.GONE && delivery instanceof Delivery.Retry gone) {
                onGone.accept(gone.reason());
            }
            return delivery;
        }
    }
}
