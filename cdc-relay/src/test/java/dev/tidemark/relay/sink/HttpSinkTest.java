package dev.tidemark.relay.sink;

import static dev.tidemark.relay.Events.event;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.relay.Events;
import dev.tidemark.relay.Patience;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Against the JDK's HTTP server, over real connections. */
class HttpSinkTest extends SinkContract {

    private static final Duration LONG = Duration.ofMinutes(2);

    private final Receiver receiver = new Receiver();
    private HttpSink sink = open(receiver.url(), LONG, Map.of());

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
    void whateverMayPassIsTriedAgainAndTheRestIsRejected() throws InterruptedException {
        for (int status : new int[] {408, 425, 429, 500, 501, 502, 503, 504, 599}) {
            receiver.answer("a@1", status);
            assertThat(one("a", 1)).isEqualTo(Delivery.retry("POST " + receiver.url() + " answered " + status));
        }
        for (int status : new int[] {400, 401, 403, 404, 405, 409, 413, 415, 422, 451}) {
            receiver.answer("a@1", status);
            assertThat(one("a", 1)).isEqualTo(Delivery.rejected("POST " + receiver.url() + " answered " + status));
        }
        for (int status : new int[] {200, 201, 202, 204}) {
            receiver.answer("a@1", status);
            assertThat(one("a", 1)).isEqualTo(Delivery.delivered());
        }
    }

    @Test
    void aRedirectIsNotFollowed() throws InterruptedException {
        for (int status : new int[] {301, 302, 303, 307, 308}) {
            receiver.answer("a@1", status, "Location", receiver.url() + "/elsewhere?token=hidden");
            assertThat(reason(one("a", 1)))
                    .isEqualTo("POST " + receiver.url() + " answered " + status
                            + "; redirects are not followed, set the url to where it leads");
        }
        assertThat(receiver.arrivals()).hasSize(5);
    }

    @Test
    void theReceiversWaitIsPassedOn() throws InterruptedException {
        receiver.answer("a@1", 503, "Retry-After", "7");
        assertThat(one("a", 1)).isEqualTo(Delivery.retry("POST " + receiver.url() + " answered 503", seconds(7)));
    }

    @Test
    void aReceiverThatTakesNothingNowIsNotAskedForTheRest() throws InterruptedException {
        receiver.answer("a0@1", 503);
        List<Delivery> answer = sink.deliver(interleaved(40, 1));
        assertThat(answer.get(0)).isInstanceOf(Delivery.Retry.class);
        assertThat(answer).last().isInstanceOf(Delivery.NotAttempted.class);
        assertThat(receiver.arrivals()).hasSizeLessThan(40);
    }

    @Test
    void aReceiverThatIsGoneIsSentNothingMoreUntilSomebodySaysSo() throws InterruptedException {
        String reason = "POST " + receiver.url() + " answered 410 and wants nothing more; nothing is sent there";
        receiver.answer("a@1", 410);
        assertThat(sink.deliver(List.of(event("a", 1), event("a", 2))))
                .containsExactly(Delivery.retry(reason), Delivery.notAttempted());
        receiver.acceptAll();
        assertThat(sink.deliver(List.of(event("b", 1), event("c", 1))))
                .containsExactly(Delivery.retry(reason), Delivery.notAttempted());
        assertThat(sink.halted()).isEqualTo(reason);
        assertThat(receiver.arrivals()).containsExactly("a@1");
        sink.resume();
        assertThat(sink.deliver(List.of(event("a", 1), event("a", 2)))).containsOnly(Delivery.delivered());
        assertThat(sink.halted()).isNull();
    }

    @Test
    void aReceiverThatHangsIsGivenUpAfterTheTimeout() throws InterruptedException {
        reopen(Duration.ofMillis(200));
        receiver.leaveUnanswered("a@1");
        long start = System.nanoTime();
        assertThat(reason(one("a", 1))).isEqualTo("POST " + receiver.url() + ": no answer within 200 ms");
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isBetween(Duration.ofMillis(200), LONG);
        await().until(() -> one("b", 1).equals(Delivery.delivered()));
    }

    @Test
    void whatIsGivenUpAfterTheTimeoutIsTakenOffTheWire() throws InterruptedException {
        reopen(Duration.ofSeconds(2));
        CountDownLatch resume = new CountDownLatch(1);
        CountDownLatch gone = new CountDownLatch(1);
        receiver.trickle("a@1", true, resume, gone);
        one("a", 1);
        resume.countDown();
        assertThat(gone.await(Patience.BOUND.toSeconds(), TimeUnit.SECONDS))
                .as("the connection was closed")
                .isTrue();
    }

    @Test
    void whatIsInterruptedIsTakenOffTheWire() throws InterruptedException {
        CountDownLatch resume = new CountDownLatch(1);
        CountDownLatch gone = new CountDownLatch(1);
        receiver.trickle("a@1", false, resume, gone);
        Thread lane = new Thread(
                () -> assertThatExceptionOfType(InterruptedException.class).isThrownBy(() -> one("a", 1)));
        lane.start();
        receiver.awaitUnanswered();
        lane.interrupt();
        lane.join();
        resume.countDown();
        assertThat(gone.await(Patience.BOUND.toSeconds(), TimeUnit.SECONDS))
                .as("the connection was closed")
                .isTrue();
    }

    @Test
    void theStatusCountsThoughTheBodyNeverEnds() throws InterruptedException {
        reopen(Duration.ofSeconds(5));
        receiver.on("a@1", exchange -> {
            exchange.sendResponseHeaders(200, 0);
            exchange.getResponseBody().write('x');
            exchange.getResponseBody().flush();
            receiver.awaitClose();
        });
        assertThat(one("a", 1)).isEqualTo(Delivery.delivered());
    }

    @Test
    void theStatusCountsThoughTheBodyBreaksOff() throws InterruptedException {
        receiver.on("a@1", exchange -> {
            exchange.sendResponseHeaders(200, 1000);
            exchange.getResponseBody().write('x');
            exchange.getResponseBody().flush();
        });
        assertThat(one("a", 1)).isEqualTo(Delivery.delivered());
    }

    @Test
    void anEndlessBodyIsNotReadToItsEnd() throws InterruptedException {
        receiver.on("a@1", exchange -> {
            exchange.sendResponseHeaders(400, 0);
            byte[] block = "nonsense ".repeat(1000).getBytes(StandardCharsets.UTF_8);
            while (true) {
                exchange.getResponseBody().write(block);
            }
        });
        assertThat(reason(one("a", 1)))
                .startsWith("POST " + receiver.url() + " answered 400: nonsense nonsense")
                .hasSizeLessThan(300);
    }

    @Test
    void aReceiverThatClosesTheConnectionIsTriedAgain() throws InterruptedException {
        receiver.on("a@1", exchange -> exchange.close());
        assertThat(reason(one("a", 1))).startsWith("POST " + receiver.url() + ": connection broken: ");
        assertThat(receiver.arrivals()).as("not again by itself").hasSize(1);
    }

    @Test
    void aRefusedConnectionIsSaidSo() throws InterruptedException {
        receiver.disappear();
        assertThat(one("a", 1)).isEqualTo(Delivery.retry("POST " + receiver.url() + ": connection refused"));
    }

    @Test
    void anUnknownHostIsSaidSo() throws InterruptedException {
        sink.close();
        sink = open(URI.create("http://nowhere.invalid/x"), LONG, Map.of());
        assertThat(one("a", 1))
                .isEqualTo(Delivery.retry("POST http://nowhere.invalid/x: unknown host nowhere.invalid"));
    }

    @Test
    void connectionsAreUsedAgain() throws InterruptedException {
        for (int i = 0; i < 20; i++) {
            sink.deliver(interleaved(8, 5));
        }
        assertThat(receiver.accepted()).hasSize(800);
        assertThat(receiver.connections()).isBetween(1, 4);
    }

    @Test
    void requestsOverlapUpToTheLimit() throws InterruptedException {
        receiver.awaitTogether(4);
        sink.deliver(interleaved(10, 5));
        assertThat(receiver.mostUnderWay()).isEqualTo(4);
    }

    @Test
    void requestsOfOneAggregateNeverOverlap() throws InterruptedException {
        receiver.awaitTogether(2);
        sink.deliver(List.of(event("a", 1), event("a", 2), event("a", 3), event("b", 1), event("b", 2)));
        assertThat(receiver.overlaps()).isEmpty();
        assertThat(receiver.mostUnderWay()).isEqualTo(2);
    }

    @Test
    void oneEventUnansweredHoldsUpOnlyItsAggregate() throws InterruptedException {
        reopen(Duration.ofSeconds(5));
        receiver.leaveUnanswered("a@1");
        List<Delivery> answer = sink.deliver(List.of(event("a", 1), event("a", 2), event("b", 1), event("b", 2)));
        assertThat(answer.get(0)).isInstanceOf(Delivery.Retry.class);
        assertThat(answer.get(1)).isInstanceOf(Delivery.NotAttempted.class);
        assertThat(answer.subList(2, 4)).hasOnlyElementsOfType(Delivery.Delivered.class);
    }

    @Test
    void configuredHeadersAndTheUrlsUserAreSent() throws InterruptedException {
        sink.close();
        URI url = URI.create(receiver.url().toString().replace("http://", "http://anna:s%C3%A9cret@") + "?key=k1");
        sink = open(url, LONG, Map.of("x-team", "blue"));
        one("a", 1);
        assertThat(receiver.lastHeaders())
                .containsEntry("X-team", List.of("blue"))
                .containsEntry("Authorization", List.of("Basic YW5uYTpzw6ljcmV0"));
    }

    @Test
    void noSecretIsEverInAReason() throws InterruptedException {
        sink.close();
        URI url = URI.create(receiver.url().toString().replace("http://", "http://anna:canary1@") + "?key=canary2");
        sink = open(url, LONG, Map.of("authorization", "Bearer canary3", "x-keys", "a=canary4; b=canary5"));
        receiver.on("a@1", exchange -> {
            String echo = exchange.getRequestURI() + " canary1 "
                    + exchange.getRequestHeaders().entrySet();
            byte[] body = echo.getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(401, body.length);
            exchange.getResponseBody().write(body);
        });
        assertThat(reason(one("a", 1))).contains("answered 401: /events?").doesNotContain("canary");
        receiver.answer("a@1", 500);
        assertThat(reason(one("a", 1))).isEqualTo("POST " + receiver.url() + " answered 500");
        receiver.disappear();
        assertThat(reason(one("a", 1))).doesNotContain("canary");
        assertThat(new HttpSink.Settings(url, HttpSink.Mode.BINARY, LONG, Map.of("x", "canary6"), 1).toString())
                .doesNotContain("canary");
    }

    @Test
    void aHeaderThatCannotBeSentIsRefusedAtOnceWithoutItsValue() {
        for (Map.Entry<String, String> bad : Map.of("x-a", "canary\r\nx", "host", "canary", "ce-id", "canary")
                .entrySet()) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> open(receiver.url(), LONG, Map.of(bad.getKey(), bad.getValue())))
                    .withMessageContaining("header " + bad.getKey())
                    .withMessageNotContaining("canary");
        }
        assertThatIllegalArgumentException().isThrownBy(() -> open(URI.create("ftp://x/y"), LONG, Map.of()));
    }

    @Test
    void aReasonIsOneLineAndHasNoPayload() throws InterruptedException {
        receiver.on("a@1", exchange -> {
            byte[] body = "no\r\nsuch\u001b[31m  field\u202e".getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(400, body.length);
            exchange.getResponseBody().write(body);
        });
        assertThat(reason(one("a", 1))).endsWith("answered 400: no such [31m field");
        Envelope personal = Events.of(new Aggregate("orders", "", "order", "p"), 1)
                .data("application/json", "{\"mail\":\"anna.meier@example.com\"}".getBytes(StandardCharsets.UTF_8))
                .build();
        receiver.on("p@1", exchange -> {
            byte[] body = "cannot use \"anna.meier@example.com\" here".getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(400, body.length);
            exchange.getResponseBody().write(body);
        });
        assertThat(reason(sink.deliver(List.of(personal)).get(0))).doesNotContain("meier");
    }

    @Test
    void whatHttpCannotCarryIsRejectedAndTheRestGoesOn() throws InterruptedException {
        Envelope broken = Events.of(new Aggregate("orders", "", "order", "a"), 1)
                .data("text/plain\r\nx-injected: 1", "x".getBytes(StandardCharsets.UTF_8))
                .build();
        List<Delivery> answer = sink.deliver(List.of(broken, event("a", 2), event("b", 1)));
        assertThat(answer.get(0)).isInstanceOf(Delivery.Rejected.class);
        assertThat(answer.get(1)).isInstanceOf(Delivery.NotAttempted.class);
        assertThat(answer.get(2)).isInstanceOf(Delivery.Delivered.class);
    }

    @Test
    void aClosedSinkRefusesToDeliver() {
        sink.close();
        sink.close();
        assertThatIllegalStateException().isThrownBy(() -> sink.deliver(List.of(event("a", 1))));
    }

    @Test
    void closingEndsItsThreads() throws InterruptedException {
        one("a", 1);
        sink.close();
        await().until(() -> Thread.getAllStackTraces().keySet().stream()
                .noneMatch(thread -> thread.getName().startsWith("http-sink-")));
    }

    private Delivery one(String aggregateId, long version) throws InterruptedException {
        return sink.deliver(List.of(event(aggregateId, version))).get(0);
    }

    private void reopen(Duration timeout) {
        sink.close();
        sink = open(receiver.url(), timeout, Map.of());
    }

    HttpSink open(URI url, Duration timeout, Map<String, String> headers) {
        return new HttpSink(
                new HttpSink.Settings(url, mode(), timeout, headers, 4), InstantSource.fixed(Events.COMMITTED_AT));
    }

    HttpSink.Mode mode() {
        return HttpSink.Mode.BINARY;
    }

    private static Duration seconds(int seconds) {
        return Duration.ofSeconds(seconds);
    }

    private static String reason(Delivery delivery) {
        return delivery.match(() -> "delivered", Delivery.Retry::reason, Delivery.Rejected::reason, () -> "none");
    }
}
