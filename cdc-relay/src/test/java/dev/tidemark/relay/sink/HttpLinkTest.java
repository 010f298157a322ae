package dev.tidemark.relay.sink;

import static dev.tidemark.relay.Events.event;
import static dev.tidemark.relay.sink.SinkContract.sized;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tidemark.relay.Events;
import dev.tidemark.relay.Patience;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What may come over a connection, byte for byte, and what becomes of the connection. */
@Timeout(300)
class HttpLinkTest {

    private static final Duration LONG = Duration.ofMinutes(2);
    private static final Duration SHORT = Duration.ofMillis(500);
    private static final String NOTHING = "HTTP/1.1 204 No Content\r\n\r\n";
    private static final int TOO_LARGE_FOR_BUFFERS = 32 << 20;

    @Test
    void answersOfEveryFormLeaveTheConnectionUsable() throws Exception {
        for (String answer : List.of(
                NOTHING,
                "HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\n\r\n",
                "HTTP/1.1 200 OK\r\ncontent-length:0\r\n\r\n",
                "HTTP/1.1 200\r\nContent-Length: 3\r\n\r\nyes",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nyes\r\n2;x=y\r\nno\r\n0\r\nX-Trailer: z\r\n\r\n",
                "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 3\r\n\r\nyes",
                "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + NOTHING)) {
            assertThat(connectionsFor(answer)).as(answer).isEqualTo(1);
        }
    }

    @Test
    void answersAfterWhichNothingCanComeAreTakenAndTheConnectionIsNotUsedAgain() throws Exception {
        for (String answer : List.of(
                "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n",
                "HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nyes",
                "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nyes",
                "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\nyes",
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nmany\r\n",
                NOTHING + "HTTP/1.1 500 For Another\r\nContent-Length: 0\r\n\r\n")) {
            assertThat(connectionsFor(answer)).as(answer).isEqualTo(3);
        }
    }

    /** Three requests, one after the other, each answered so. */
    private static int connectionsFor(String answer) throws Exception {
        try (WireReceiver receiver = receiver(talk -> {
                    while (true) {
                        talk.readRequest();
                        talk.write(answer);
                    }
                });
                HttpSink sink = sink(receiver, LONG)) {
            for (int version = 1; version <= 3; version++) {
                assertThat(one(sink, version).match(() -> 200, retry -> 500, rejected -> 400, () -> 0))
                        .as(answer)
                        .isEqualTo(answer.contains(" 304 ") ? 400 : 200);
            }
            return receiver.connections();
        }
    }

    @Test
    void aBodyUpToTheEndOfTheConnectionIsRead() throws Exception {
        try (WireReceiver receiver = receiver(talk -> {
                    talk.readRequest();
                    talk.write("HTTP/1.1 422 No\r\n\r\nnot so");
                });
                HttpSink sink = sink(receiver, LONG)) {
            for (int version = 1; version <= 3; version++) {
                assertThat(one(sink, version))
                        .isInstanceOfSatisfying(
                                Delivery.Rejected.class,
                                rejected -> assertThat(rejected.reason()).endsWith(" answered 422: not so"));
            }
        }
    }

    @Test
    void whatIsNoAnswerIsTriedAgain() throws Exception {
        for (String answer : List.of(
                "",
                "HTTP/1.1 20",
                "HTTP/1.1 204 No Content\r\nX: y\r\n",
                "SSH-2.0-OpenSSH_9.2\r\n\r\n\r\n",
                "HTTP/1.1 yes no\r\n\r\n",
                "HTTP/9.9 200 OK\r\n\r\n",
                "HTTP/1.1 200 OK\r\nX: " + "y".repeat(1 << 20) + "\r\n\r\n",
                "HTTP/1.1 200 OK\r\n" + "X: y\r\n".repeat(100_000) + "\r\n")) {
            try (WireReceiver receiver = receiver(talk -> {
                        talk.readRequest();
                        talk.write(answer);
                    });
                    HttpSink sink = sink(receiver, LONG)) {
                List<Delivery> outcomes = sink.deliver(List.of(event("a", 1), event("a", 2)));
                String shown = answer.substring(0, Math.min(40, answer.length()));
                assertThat(outcomes.get(0)).as(shown).isInstanceOf(Delivery.Retry.class);
                assertThat(outcomes.get(1)).as(shown).isInstanceOf(Delivery.NotAttempted.class);
                assertThat(receiver.heads()).as("not again by itself").hasSize(1);
            }
        }
    }

    @Test
    void aKeptConnectionThatTheReceiverClosedIsNoFailure() throws Exception {
        CountDownLatch closed = new CountDownLatch(3);
        try (WireReceiver receiver = receiver(talk -> {
                    talk.readRequest();
                    talk.write(NOTHING);
                    talk.socket().close();
                    closed.countDown();
                });
                HttpSink sink = sink(receiver, LONG)) {
            for (int version = 1; version <= 3; version++) {
                int done = version;
                assertThat(one(sink, version)).isEqualTo(Delivery.delivered());
                await().until(() -> closed.getCount() <= 3 - done);
            }
            assertThat(receiver.connections()).isEqualTo(3);
        }
    }

    @Test
    void whoGoesOnToSayThatAnAnswerComesIsGivenUpAfterTheTimeout() throws Exception {
        try (WireReceiver receiver = receiver(talk -> {
                    talk.readRequest();
                    while (true) {
                        talk.write("HTTP/1.1 102 Processing\r\n\r\n");
                    }
                });
                HttpSink sink = sink(receiver, SHORT)) {
            assertGivenUp(sink.deliver(List.of(event("a", 1))).get(0));
        }
    }

    @Test
    void aReceiverThatReadsNothingHoldsALaneNoLongerThanTheTimeout() throws Exception {
        try (WireReceiver receiver = receiver(WireReceiver.Talk::stall);
                HttpSink sink = sink(receiver, SHORT)) {
            assertGivenUp(
                    sink.deliver(List.of(sized("a", TOO_LARGE_FOR_BUFFERS))).get(0));
        }
    }

    private static void assertGivenUp(Delivery delivery) {
        assertThat(delivery)
                .isInstanceOfSatisfying(
                        Delivery.Retry.class,
                        retry -> assertThat(retry.reason()).endsWith(": no answer within " + SHORT.toMillis() + " ms"));
    }

    @Test
    void whoRefusesBeforeAllIsReadIsUnderstood() throws Exception {
        try (WireReceiver receiver = receiver(talk -> {
                    talk.readHead();
                    talk.write("HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 8\r\n\r\ntoo long");
                });
                HttpSink sink = sink(receiver, LONG)) {
            Delivery delivery =
                    sink.deliver(List.of(sized("a", TOO_LARGE_FOR_BUFFERS))).get(0);
            assertThat(delivery)
                    .isInstanceOfSatisfying(
                            Delivery.Rejected.class,
                            rejected -> assertThat(rejected.reason()).endsWith(" answered 413: too long"));
        }
    }

    @Test
    void whoAcceptsBeforeAllIsReadHasNotStoredIt() throws Exception {
        try (WireReceiver receiver = receiver(talk -> {
                    talk.readHead();
                    talk.write("HTTP/1.1 202 Accepted\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
                });
                HttpSink sink = sink(receiver, LONG)) {
            assertThat(sink.deliver(List.of(sized("a", TOO_LARGE_FOR_BUFFERS))))
                    .hasOnlyElementsOfType(Delivery.Retry.class);
        }
    }

    /** It fits into buffers of this machine, and would get to the receiver when that reads, behind what is newer. */
    @Test
    void whatIsGivenUpDoesNotArriveLater() throws Exception {
        CountDownLatch givenUp = new CountDownLatch(1);
        CompletableFuture<Integer> arrived = new CompletableFuture<>();
        ServerSocket listener = new ServerSocket();
        listener.setReceiveBufferSize(4096);
        listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        try (WireReceiver receiver = new WireReceiver(listener, talk -> {
                    givenUp.await();
                    int bytes = 0;
                    try {
                        while (talk.socket().getInputStream().read() >= 0) {
                            bytes++;
                        }
                    } finally {
                        arrived.complete(bytes);
                    }
                });
                HttpSink sink = sink(receiver, SHORT)) {
            assertGivenUp(sink.deliver(List.of(sized("a", 1 << 20))).get(0));
            givenUp.countDown();
            assertThat(arrived.get(Patience.BOUND.toSeconds(), TimeUnit.SECONDS))
                    .isLessThan(1 << 20);
        }
    }

    @Test
    void anAddressToWhichNoNetworkLeadsIsPassedOver() throws Exception {
        InetAddress nowhere = InetAddress.getByName("255.255.255.255");
        try (WireReceiver receiver = receiver(talk -> {
                    talk.readRequest();
                    talk.write(NOTHING);
                });
                HttpSink sink = sink(receiver, new Addresses(Addresses.Reach.ANY, List.of()), host ->
                        new InetAddress[] {nowhere, InetAddress.getLoopbackAddress()})) {
            assertThat(one(sink, 1)).isEqualTo(Delivery.delivered());
        }
    }

    /** Looking a name up may take seconds, and with it goes the time for which a receiver keeps a connection. */
    @Test
    void aKeptConnectionIsLookedAtAfterTheNameWasLookedUp() throws Exception {
        CountDownLatch mayClose = new CountDownLatch(1);
        CountDownLatch closed = new CountDownLatch(1);
        AtomicInteger lookups = new AtomicInteger();
        try (WireReceiver receiver = receiver(talk -> {
                    talk.readRequest();
                    talk.write(NOTHING);
                    mayClose.await();
                    talk.socket().close();
                    closed.countDown();
                });
                HttpSink sink = sink(receiver, Addresses.DEFAULT, host -> {
                    if (lookups.incrementAndGet() == 2) {
                        mayClose.countDown();
                        awaitZero(closed);
                    }
                    return new InetAddress[] {InetAddress.getLoopbackAddress()};
                })) {
            assertThat(one(sink, 1)).isEqualTo(Delivery.delivered());
            assertThat(one(sink, 2)).isEqualTo(Delivery.delivered());
            assertThat(receiver.connections()).isEqualTo(2);
        }
    }

    private static void awaitZero(CountDownLatch latch) {
        try {
            assertThat(latch.await(Patience.BOUND.toSeconds(), TimeUnit.SECONDS))
                    .isTrue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void connectionsThatWereNotNeededForLongAreClosed() throws Exception {
        CountDownLatch ended = new CountDownLatch(2);
        try (WireReceiver receiver = receiver(talk -> {
                    if (talk.socket().getInputStream().read() < 0) {
                        ended.countDown();
                    }
                });
                HttpLinks links = new HttpLinks(
                        new HttpTarget(receiver.url("http", "localhost"), Map.of(), List.of()),
                        Addresses.DEFAULT,
                        LONG,
                        HttpLinks.Surroundings.ofTheJvm(InetAddress::getAllByName),
                        Duration.ofNanos(1))) {
            HttpLink one = links.take(link -> {});
            HttpLink another = links.take(link -> {});
            links.keep(one);
            links.keep(another);
            assertThat(ended.await(Patience.BOUND.toSeconds(), TimeUnit.SECONDS))
                    .isTrue();
        }
    }

    @Test
    void aSinkThatIsClosedClosesWhatItHasKept() throws Exception {
        CountDownLatch ended = new CountDownLatch(1);
        try (WireReceiver receiver = receiver(talk -> {
            talk.readRequest();
            talk.write(NOTHING);
            if (talk.socket().getInputStream().read() < 0) {
                ended.countDown();
            }
        })) {
            try (HttpSink sink = sink(receiver, LONG)) {
                assertThat(one(sink, 1)).isEqualTo(Delivery.delivered());
            }
            assertThat(ended.await(Patience.BOUND.toSeconds(), TimeUnit.SECONDS))
                    .isTrue();
        }
    }

    /** What a receiver sees of the protocol. */
    @Test
    void aRequestIsPlain() throws Exception {
        try (WireReceiver receiver = receiver(talk -> {
                    talk.readRequest();
                    talk.write(NOTHING);
                });
                HttpSink sink = sink(receiver, LONG)) {
            assertThat(one(sink, 1)).isEqualTo(Delivery.delivered());
            assertThat(receiver.heads())
                    .singleElement()
                    .asString()
                    .startsWith("POST /events?a=b HTTP/1.1\r\nHost: localhost:" + receiver.port() + "\r\n")
                    .contains(
                            "\r\nuser-agent: tidemark-relay\r\n", "\r\ncontent-length: ", "\r\nce-specversion: 1.0\r\n")
                    .doesNotContainIgnoringCase("expect:", "transfer-encoding:", "accept", "cookie", "connection:");
        }
    }

    private static WireReceiver receiver(WireReceiver.Script script) throws IOException {
        return new WireReceiver(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), script);
    }

    private static HttpSink sink(WireReceiver receiver, Duration timeout) {
        return new HttpSink(
                new HttpSink.Settings(
                        receiver.url("http", "localhost"), HttpSink.Mode.BINARY, timeout, Map.of("x-a", "b"), 4),
                InstantSource.fixed(Events.COMMITTED_AT));
    }

    private static HttpSink sink(WireReceiver receiver, Addresses addresses, Addresses.Resolver resolver) {
        return new HttpSink(
                new HttpSink.Settings(
                        receiver.url("http", "receiver.example.com"),
                        HttpSink.Mode.BINARY,
                        LONG,
                        Map.of(),
                        4,
                        List.of(),
                        addresses,
                        0),
                InstantSource.fixed(Events.COMMITTED_AT),
                new HttpLinks.Surroundings(resolver, null, () -> {
                    throw new IllegalStateException("nothing is encrypted");
                }));
    }

    private static Delivery one(HttpSink sink, long version) throws InterruptedException {
        return sink.deliver(List.of(event("a", version))).get(0);
    }
}
