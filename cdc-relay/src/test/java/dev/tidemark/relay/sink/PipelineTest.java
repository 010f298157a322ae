package dev.tidemark.relay.sink;

import static dev.tidemark.relay.Events.event;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.envelope.Envelope;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What a batch makes of attempts that end while they are given up; the rest is in each sink's contract. */
class PipelineTest {

    private static final Duration AT_ONCE = Duration.ofNanos(1);

    /** Judges as the sinks of brokers do: what was neither cancelled nor has failed is delivered. */
    private static final class Sending implements Pipeline.Attempt {

        private final CompletableFuture<?> end;

        private Sending(CompletableFuture<?> end) {
            this.end = end;
        }

        @Override
        public CompletableFuture<?> end() {
            return end;
        }

        @Override
        public Pipeline.Outcome outcome(@Nullable Throwable failure) {
            if (end.isCancelled()) {
                return new Pipeline.Outcome(Delivery.retry("too late"), true);
            }
            return new Pipeline.Outcome(
                    failure == null
                            ? Delivery.delivered()
                            : Delivery.retry(
                                    "failed: " + Pipeline.unwrapped(failure).getMessage()),
                    true);
        }
    }

    /** Ends in its own way just before it is cancelled: which of the two is first is chance elsewhere. */
    private static CompletableFuture<Void> endingWhenGivenUp(@Nullable Throwable failure) {
        return new CompletableFuture<>() {
            @Override
            public boolean cancel(boolean mayInterrupt) {
                boolean first = failure == null ? complete(null) : completeExceptionally(failure);
                return super.cancel(mayInterrupt) && !first;
            }
        };
    }

    private static List<Delivery> deliver(List<Envelope> batch, CompletableFuture<?> end) throws InterruptedException {
        return new Pipeline(batch, envelope -> new Sending(end), AT_ONCE, 1).deliver();
    }

    @Test
    void whatFailsWhileItIsGivenUpIsNotDelivered() throws InterruptedException {
        List<Delivery> answer =
                deliver(List.of(event("a", 1), event("a", 2)), endingWhenGivenUp(new IOException("broken")));
        assertThat(answer).containsExactly(Delivery.retry("failed: broken"), Delivery.notAttempted());
    }

    @Test
    void whatArrivesWhileItIsGivenUpIsDelivered() throws InterruptedException {
        assertThat(deliver(List.of(event("a", 1)), endingWhenGivenUp(null))).containsExactly(Delivery.delivered());
    }

    @Test
    void whatNeverEndsIsGivenUp() throws InterruptedException {
        assertThat(deliver(List.of(event("a", 1), event("a", 2)), new CompletableFuture<>()))
                .containsExactly(Delivery.retry("too late"), Delivery.notAttempted());
    }

    /** A client may need its time to refuse each one, and a lease may be lost meanwhile. */
    @Test
    void onceOneHasFailedThatHaltsAllNoOtherIsBegun() throws InterruptedException {
        List<Envelope> batch = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            batch.add(event("a" + i, 1));
        }
        List<Envelope> begun = new ArrayList<>();
        Pipeline.Way refusing = envelope -> {
            begun.add(envelope);
            return new Sending(CompletableFuture.failedFuture(new IOException("nobody there")));
        };
        List<Delivery> answer = new Pipeline(batch, refusing, Duration.ofMinutes(1), 10).deliver();
        assertThat(begun).containsExactly(batch.get(0));
        assertThat(answer.get(0)).isEqualTo(Delivery.retry("failed: nobody there"));
        assertThat(answer.subList(1, 10)).containsOnly(Delivery.notAttempted());
    }

    /** An error is nobody's answer, however late it comes. */
    @Test
    void anErrorWhileItIsGivenUpIsThrown() {
        List<Throwable> thrown = new ArrayList<>();
        Error error = new StackOverflowError("of the test");
        try {
            deliver(List.of(event("a", 1)), endingWhenGivenUp(error));
        } catch (Throwable e) {
            thrown.add(e);
        }
        assertThat(thrown).containsExactly(error);
    }
}
