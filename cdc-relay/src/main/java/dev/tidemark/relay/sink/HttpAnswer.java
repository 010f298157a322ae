package dev.tidemark.relay.sink;

import java.io.ByteArrayOutputStream;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import org.jspecify.annotations.Nullable;

/**
 * What has come of one answer so far. The status counts as soon as it is there: a body that breaks off or
 * never ends does not make a delivered event undelivered. The body is read so that the connection can be
 * used again, but not without limit.
 */
final class HttpAnswer implements HttpResponse.BodyHandler<Void>, HttpResponse.BodySubscriber<Void> {

    static final int KEPT_BYTES = 4096;
    static final int READ_BYTES = 1 << 18;

    private final ByteArrayOutputStream kept = new ByteArrayOutputStream();
    private final CompletableFuture<Void> end = new CompletableFuture<>();
    private volatile HttpResponse.@Nullable ResponseInfo head;
    private Flow.@Nullable Subscription subscription; // the client's thread only, as the next one
    private long read;

    /** Status and headers, or null if they have not come. */
    HttpResponse.@Nullable ResponseInfo head() {
        return head;
    }

    /** The first bytes of the body. */
    byte[] bodyStart() {
        return kept.toByteArray();
    }

    @Override
    public HttpResponse.BodySubscriber<Void> apply(HttpResponse.ResponseInfo info) {
        head = info;
        return this;
    }

    @Override
    public CompletionStage<Void> getBody() {
        return end;
    }

    @Override
    public void onSubscribe(Flow.Subscription newSubscription) {
        subscription = newSubscription;
        newSubscription.request(Long.MAX_VALUE);
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
        for (ByteBuffer buffer : buffers) {
            read += buffer.remaining();
            byte[] bytes = new byte[Math.min(buffer.remaining(), KEPT_BYTES - kept.size())];
            buffer.get(bytes);
            kept.writeBytes(bytes);
        }
        if (read > READ_BYTES && subscription != null) {
            subscription.cancel(); // gives the connection up, which is cheaper than reading on
            end.complete(null);
        }
    }

    @Override
    public void onError(Throwable failure) {
        end.completeExceptionally(failure);
    }

    @Override
    public void onComplete() {
        end.complete(null);
    }
}
