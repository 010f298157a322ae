package dev.tidemark.relay.sink;

import dev.tidemark.envelope.CloudEventsHttp;
import dev.tidemark.envelope.CloudEventsJson;
import dev.tidemark.envelope.Envelope;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
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
        HttpLinks links,
        Executor threads,
        InstantSource clock,
        Consumer<String> onGone)
        implements Pipeline.Way {

    private static final byte[] NO_BYTES = {};
    private static final String BATCH_ID = "batch_";
    private static final int DIGEST_BYTES = 16;

    @Override
    public Pipeline.Attempt begin(Envelope envelope) {
        HttpPost request = request(envelope);
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
        HttpPost request = new HttpPost(target);
        request.header("content-type", CloudEventsHttp.BATCH);
        ByteArrayOutputStream payloads = new ByteArrayOutputStream();
        for (Envelope event : events) {
            byte[] data = event.data();
            payloads.writeBytes(data == null ? NO_BYTES : data);
        }
        return send(post(request, id(events), body), payloads.toByteArray());
    }

    /** @param payload that an answer may repeat, and a reason may not */
    private Pipeline.Attempt send(HttpPost request, byte[] payload) {
        HttpAnswer answer = new HttpAnswer();
        HttpExchange exchange = new HttpExchange(links, request, answer);
        threads.execute(exchange);
        return new Answered(payload, answer, exchange);
    }

    /** Null if the envelope cannot be put into a request; that will not change. */
    private @Nullable HttpPost request(Envelope envelope) {
        HttpPost request = new HttpPost(target);
        byte[] data = envelope.data();
        if (settings.mode() == HttpSink.Mode.STRUCTURED) {
            request.header("content-type", CloudEventsHttp.STRUCTURED);
            return post(request, CloudEventsHttp.webhookId(envelope), CloudEventsJson.write(envelope));
        }
        try {
            CloudEventsHttp.headers(envelope).forEach(request::header);
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
    private HttpPost post(HttpPost request, String id, byte[] body) {
        signature.headers(id, clock.instant(), body).forEach(request::header);
        request.body(body);
        return request;
    }

    private final class Answered implements Pipeline.Attempt {

        private final byte[] payload;
        private final HttpAnswer answer;
        private final HttpExchange end;

        private Answered(byte[] payload, HttpAnswer answer, HttpExchange end) {
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
            int status = answer.status();
            return status == 0
                    ? new Pipeline.Outcome(unanswered(failure), true)
                    : new Pipeline.Outcome(answered(status), HttpOutcome.concernsAllEvents(status));
        }

        private Delivery unanswered(@Nullable Throwable failure) {
            // what is told to be cancelled fails by that
            if (failure == null || Pipeline.unwrapped(failure) instanceof CancellationException) {
                return Delivery.retry("POST " + target + ": no answer within "
                        + settings.timeout().toMillis() + " ms");
            }
            return Delivery.retry(HttpFailure.reason(failure, target));
        }

        private Delivery answered(int status) {
            String excerpt = status / 100 == 4 ? Excerpt.of(answer.bodyStart(), payload, target) : "";
            Delivery delivery = HttpOutcome.of(status, answer::header, target.toString(), excerpt, clock.instant());
            if (status == HttpOutcome.GONE && delivery instanceof Delivery.Retry gone) {
                onGone.accept(gone.reason());
            }
            return delivery;
        }
    }
}
