package dev.tidemark.relay.sink;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.envelope.CloudEventsHttp;
import dev.tidemark.envelope.CloudEventsJson;
import dev.tidemark.envelope.Envelope;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One batch on its way, driven by the lane's thread. An envelope is sent when the one before it of the same
 * aggregate is delivered. Once the receiver cannot be reached, or says that it takes nothing now, no further
 * request is begun: the rest was not attempted.
 */
final class HttpBatch {

    private static final int NONE = -1;
    private static final byte[] NO_BYTES = {};

    private final List<Envelope> batch;
    private final HttpSink.Settings settings;
    private final HttpTarget target;
    private final HttpClient client;
    private final InstantSource clock;

    private final Delivery[] outcomes;
    private final int[] followers; // by index, that of the next envelope of the aggregate
    private final ArrayDeque<Integer> ready = new ArrayDeque<>();
    private final Map<Integer, UnderWay> underWay = new LinkedHashMap<>(); // by index, the oldest first
    private final LinkedBlockingQueue<Ended> ended = new LinkedBlockingQueue<>(); // filled by the client's threads
    private boolean halted;

    HttpBatch(
            List<Envelope> batch,
            HttpSink.Settings settings,
            HttpTarget target,
            HttpClient client,
            InstantSource clock) {
        this.batch = batch;
        this.settings = settings;
        this.target = target;
        this.client = client;
        this.clock = clock;
        this.outcomes = new Delivery[batch.size()];
        this.followers = new int[batch.size()];
        Arrays.fill(outcomes, Delivery.notAttempted());
        chainAggregates();
    }

    List<Delivery> deliver() throws InterruptedException {
        try {
            if (Thread.interrupted()) {
                throw new InterruptedException("stopped before the batch was begun");
            }
            begin();
            while (!underWay.isEmpty()) {
                awaitOne();
                begin();
            }
            return List.of(outcomes);
        } finally {
            // after an interrupt or a bug nobody waits for these any more
            underWay.values().forEach(request -> request.future.cancel(true));
        }
    }

    private void chainAggregates() {
        Map<Aggregate, Integer> newest = new HashMap<>();
        for (int i = 0; i < batch.size(); i++) {
            followers[i] = NONE;
            Integer before = newest.put(batch.get(i).aggregate(), i);
            if (before == null) {
                ready.add(i);
            } else {
                followers[before] = i;
            }
        }
    }

    private void begin() {
        while (!halted && !ready.isEmpty() && underWay.size() < settings.inFlight()) {
            int index = ready.remove();
            HttpRequest request = request(batch.get(index));
            if (request == null) {
                outcomes[index] =
                        Delivery.rejected("its content type or a header has a character that HTTP does not allow");
                continue;
            }
            send(index, request);
        }
    }

    @SuppressWarnings("FutureReturnValueIgnored") // the dependent future tells nothing that ended does not
    private void send(int index, HttpRequest request) {
        HttpAnswer answer = new HttpAnswer();
        long deadline = System.nanoTime() + settings.timeout().toNanos();
        // only the client's own future takes a request off the wire when it is cancelled
        CompletableFuture<HttpResponse<Void>> future = client.sendAsync(request, answer);
        underWay.put(index, new UnderWay(answer, future, deadline));
        future.whenComplete((response, failure) -> ended.add(new Ended(index, failure)));
    }

    /** Null if the envelope cannot be put into a request; that will not change. */
    private @Nullable HttpRequest request(Envelope envelope) {
        HttpRequest.Builder request = target.request();
        byte[] data = envelope.data();
        if (settings.mode() == HttpSink.Mode.STRUCTURED) {
            request.setHeader("content-type", CloudEventsHttp.STRUCTURED);
            return request.POST(BodyPublishers.ofByteArray(CloudEventsJson.write(envelope)))
                    .build();
        }
        try {
            CloudEventsHttp.headers(envelope).forEach(request::setHeader);
        } catch (IllegalArgumentException e) {
            return null;
        }
        BodyPublisher body = data == null ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(data);
        return request.POST(body).build();
    }

    /** Waits until one request has ended or the oldest is over its time. */
    private void awaitOne() throws InterruptedException {
        Map.Entry<Integer, UnderWay> oldest = underWay.entrySet().iterator().next();
        long left = oldest.getValue().deadline - System.nanoTime();
        Ended next = ended.poll(left, TimeUnit.NANOSECONDS);
        if (next == null) {
            underWay.remove(oldest.getKey());
            oldest.getValue().future.cancel(true);
            end(oldest.getKey(), oldest.getValue(), null);
            return;
        }
        UnderWay request = underWay.remove(next.index);
        if (request != null) { // else it was given up before
            end(next.index, request, next.failure);
        }
    }

    private void end(int index, UnderWay request, @Nullable Throwable failure) {
        HttpFailure.throwIfError(failure);
        HttpResponse.ResponseInfo head = request.answer.head();
        Delivery outcome = head == null ? unanswered(failure) : answered(index, request.answer, head);
        outcomes[index] = outcome;
        if (!(outcome instanceof Delivery.Delivered)) {
            halted |= head == null || HttpOutcome.concernsAllEvents(head.statusCode());
        } else if (followers[index] != NONE) {
            ready.add(followers[index]);
        }
    }

    private Delivery unanswered(@Nullable Throwable failure) {
        return Delivery.retry(
                failure == null
                        ? "POST " + target + ": no answer within "
                                + settings.timeout().toMillis() + " ms"
                        : HttpFailure.reason(failure, target));
    }

    private Delivery answered(int index, HttpAnswer answer, HttpResponse.ResponseInfo head) {
        byte[] payload = batch.get(index).data();
        String excerpt = head.statusCode() / 100 == 4
                ? Excerpt.of(answer.bodyStart(), payload == null ? NO_BYTES : payload, target)
                : "";
        return HttpOutcome.of(head.statusCode(), head.headers(), target.toString(), excerpt, clock.instant());
    }

    private record UnderWay(HttpAnswer answer, CompletableFuture<HttpResponse<Void>> future, long deadline) {}

    private record Ended(int index, @Nullable Throwable failure) {}
}
