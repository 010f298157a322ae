package dev.tidemark.relay.sink;

import static dev.tidemark.relay.Events.event;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import com.standardwebhooks.Webhook;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.relay.Events;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The same promises with many events in one request. */
class HttpSinkBatchTest extends SinkContract {

    private static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private static final int MAX_BYTES = 1 << 20;

    private final Receiver receiver = new Receiver();
    private HttpSink sink = open(MAX_BYTES);

    @AfterEach
    void close() {
        receiver.close();
        sink.close();
    }

    @Override
    Sink sink() {
        return sink;
    }

    @Override
    Destination destination() {
        return receiver;
    }

    @Test
    void aBatchIsOneRequestInOrder() throws InterruptedException {
        assertThat(sink.deliver(interleaved(3, 4))).containsOnly(Delivery.delivered());
        assertThat(receiver.requests())
                .containsExactly(interleaved(3, 4).stream().map(Events::label).toList());
        assertThat(receiver.lastHeaders()).containsEntry("Content-type", List.of("application/cloudevents-batch+json"));
    }

    @Test
    void whatIsRejectedInABatchIsFoundAndTheOthersArrive() throws InterruptedException {
        for (int bad = 0; bad < 9; bad++) {
            List<Envelope> batch = new ArrayList<>();
            for (int i = 0; i < 9; i++) {
                batch.add(event("x" + bad + "-" + i, 1));
            }
            receiver.refuseForGood("x" + bad + "-" + bad + "@1");
            List<Delivery> answer = sink.deliver(batch);
            for (int i = 0; i < 9; i++) {
                Class<? extends Delivery> expected = i == bad ? Delivery.Rejected.class : Delivery.Delivered.class;
                assertThat(answer.get(i)).as("%d of %d", i, bad).isInstanceOf(expected);
            }
            assertThat(receiver.accepted()).hasSize(8 * (bad + 1));
        }
    }

    @Test
    void whatTheReceiverFailsOnHoldsUpOnlyItsAggregate() throws InterruptedException {
        receiver.answer("a@1", 500);
        assertThat(sink.deliver(List.of(event("a", 1), event("b", 1), event("a", 2), event("c", 1))))
                .containsExactly(
                        Delivery.retry("POST " + receiver.url() + " answered 500"),
                        Delivery.delivered(),
                        Delivery.notAttempted(),
                        Delivery.delivered());
        assertThat(receiver.accepted()).extracting(Events::label).containsExactly("b@1", "c@1");
    }

    @Test
    void aReceiverThatTakesNothingNowIsAskedOnce() throws InterruptedException {
        receiver.answer("b@1", 503, "Retry-After", "7");
        Delivery retry = Delivery.retry("POST " + receiver.url() + " answered 503", Duration.ofSeconds(7));
        assertThat(sink.deliver(List.of(event("a", 1), event("a", 2), event("b", 1))))
                .containsExactly(retry, Delivery.notAttempted(), retry);
        assertThat(receiver.requests()).hasSize(1);
    }

    @Test
    void aReceiverThatIsGoneIsSentNothingMore() throws InterruptedException {
        receiver.answer("b@1", 410);
        assertThat(sink.deliver(List.of(event("a", 1), event("b", 1)))).hasOnlyElementsOfType(Delivery.Retry.class);
        assertThat(sink.deliver(List.of(event("c", 1)))).hasOnlyElementsOfType(Delivery.Retry.class);
        assertThat(receiver.requests()).hasSize(1);
    }

    @Test
    void noBatchIsAnsweredWithinTheTimeout() throws InterruptedException {
        sink.close();
        sink = new HttpSink(settings(Duration.ofMillis(200), MAX_BYTES), InstantSource.system());
        receiver.leaveUnanswered("a@1");
        Delivery retry = Delivery.retry("POST " + receiver.url() + ": no answer within 200 ms");
        assertThat(sink.deliver(List.of(event("a", 1), event("b", 1)))).containsOnly(retry);
    }

    @Test
    void aRequestHasNoMoreBytesThanAllowedUnlessOneEventHas() throws InterruptedException {
        sink.close();
        sink = open(2000);
        List<Envelope> batch = new ArrayList<>(interleaved(10, 2));
        batch.add(Events.of(event("large", 1).aggregate(), 1)
                .data("text/plain", "x".repeat(3000).getBytes(StandardCharsets.UTF_8))
                .build());
        assertThat(sink.deliver(batch)).containsOnly(Delivery.delivered());
        assertThat(receiver.requests()).hasSizeBetween(4, 20).last().isEqualTo(List.of("large@1"));
        List<byte[]> bodies = receiver.bodies();
        assertThat(bodies.subList(0, bodies.size() - 1)).allMatch(body -> body.length <= 2000);
    }

    @Test
    void aBatchIsSignedAndAttemptedAgainHasTheSameId() throws Exception {
        receiver.answer("a@1", 503);
        sink.deliver(interleaved(3, 1));
        String id = signedId();
        sink.deliver(interleaved(3, 1));
        assertThat(signedId()).isEqualTo(id).startsWith("batch_");
        sink.deliver(interleaved(2, 1));
        assertThat(signedId()).isNotEqualTo(id);
        sink.deliver(interleaved(1, 1));
        assertThat(signedId()).isEqualTo(event("a0", 1).id().toString());
    }

    private String signedId() {
        String body = new String(receiver.lastBody(), StandardCharsets.UTF_8);
        Map<String, List<String>> lower = new HashMap<>();
        receiver.lastHeaders().forEach((name, values) -> lower.put(name.toLowerCase(Locale.ROOT), values));
        assertThatCode(() -> new Webhook(SECRET).verify(body, lower)).doesNotThrowAnyException();
        return requireNonNull(lower.get("webhook-id")).get(0);
    }

    private HttpSink open(int maxBytes) {
        return new HttpSink(settings(Duration.ofMinutes(2), maxBytes), InstantSource.system());
    }

    private HttpSink.Settings settings(Duration timeout, int maxBytes) {
        return new HttpSink.Settings(
                receiver.url(),
                HttpSink.Mode.BATCH,
                timeout,
                Map.of(),
                1,
                List.of(SECRET),
                Addresses.DEFAULT,
                maxBytes);
    }
}
