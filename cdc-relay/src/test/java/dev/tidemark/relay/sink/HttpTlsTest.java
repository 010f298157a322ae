package dev.tidemark.relay.sink;

import static dev.tidemark.relay.Events.event;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tidemark.relay.Events;
import dev.tidemark.testkit.TlsStore;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.ServerSocket;
import java.net.SocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whom the sink trusts, and how it gets past proxies. */
@Timeout(300)
class HttpTlsTest {

    private static final String NOTHING = "HTTP/1.1 204 No Content\r\n\r\n";
    private static final WireReceiver.Script ACCEPT = talk -> {
        while (true) {
            talk.readRequest();
            talk.write(NOTHING);
        }
    };

    @TempDir
    private static @Nullable Path directory;

    @Test
    void aReceiverWhoseCertificateIsTrustedGetsEventsOverAConnectionThatIsKept() throws Exception {
        TlsStore store = certificate("dns:localhost");
        try (WireReceiver receiver = new WireReceiver(store.listen(), ACCEPT);
                HttpSink sink = sink(receiver, "localhost", store.context(), null)) {
            for (int version = 1; version <= 20; version++) {
                assertThat(one(sink, version)).isEqualTo(Delivery.delivered());
            }
            assertThat(receiver.connections()).isEqualTo(1);
        }
    }

    @Test
    void anAddressOfIPv4IsVouchedForToo() throws Exception {
        TlsStore store = certificate("ip:127.0.0.1");
        try (WireReceiver receiver = new WireReceiver(store.listen(), ACCEPT);
                HttpSink sink = sink(receiver, "127.0.0.1", store.context(), null)) {
            assertThat(one(sink, 1)).isEqualTo(Delivery.delivered());
        }
    }

    @Test
    void aReceiverThatNobodyVouchesForGetsNothing() throws Exception {
        TlsStore store = certificate("dns:localhost");
        try (WireReceiver receiver = new WireReceiver(store.listen(), ACCEPT);
                HttpSink sink = sink(receiver, "localhost", SSLContext.getDefault(), null)) {
            assertRefused(one(sink, 1), receiver);
        }
    }

    @Test
    void aReceiverWithAnothersCertificateGetsNothing() throws Exception {
        TlsStore store = certificate("dns:receiver.example.com");
        try (WireReceiver receiver = new WireReceiver(store.listen(), ACCEPT);
                HttpSink sink = sink(receiver, "localhost", store.context(), null)) {
            assertRefused(one(sink, 1), receiver);
        }
    }

    @Test
    void aKeptConnectionThatTheReceiverClosedIsNoFailure() throws Exception {
        TlsStore store = certificate("dns:localhost");
        CountDownLatch closed = new CountDownLatch(3);
        try (WireReceiver receiver = new WireReceiver(store.listen(), talk -> {
                    talk.readRequest();
                    talk.write(NOTHING);
                    talk.socket().close();
                    closed.countDown();
                });
                HttpSink sink = sink(receiver, "localhost", store.context(), null)) {
            for (int version = 1; version <= 3; version++) {
                int done = version;
                assertThat(one(sink, version)).isEqualTo(Delivery.delivered());
                await().until(() -> closed.getCount() <= 3 - done);
            }
        }
    }

    /** The rest of a record is decrypted, and where a buffer ends just there nothing of it has been asked for. */
    @Test
    void whatCameBehindAnAnswerIsNotThatToTheNextRequest() throws Exception {
        TlsStore store = certificate("dns:localhost");
        String head = "HTTP/1.1 200 OK\r\nContent-Length: 4048\r\n\r\n";
        String full = head + "x".repeat(4048);
        for (int longer = 0; longer <= 4096 - full.length(); longer++) { // wherever its buffer ends
            String padded = head.replace(" OK", " OK" + "!".repeat(longer)) + "x".repeat(4048);
            try (WireReceiver receiver = new WireReceiver(store.listen(), talk -> {
                        talk.readRequest();
                        talk.write(padded + NOTHING);
                        talk.readRequest();
                        talk.write("HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n");
                    });
                    HttpSink sink = sink(receiver, "localhost", store.context(), null)) {
                assertThat(one(sink, 1)).isEqualTo(Delivery.delivered());
                assertThat(one(sink, 2)).isEqualTo(Delivery.delivered());
                assertThat(receiver.connections()).as("%d", padded.length()).isEqualTo(2);
            }
        }
    }

    @Test
    void whoRefusesBeforeAllIsReadIsUnderstood() throws Exception {
        TlsStore store = certificate("dns:localhost");
        try (WireReceiver receiver = new WireReceiver(store.listen(), talk -> {
                    talk.readHead();
                    talk.write("HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 8\r\n\r\ntoo long");
                });
                HttpSink sink = sink(receiver, "localhost", store.context(), null)) {
            assertThat(sink.deliver(List.of(SinkContract.sized("a", 32 << 20))))
                    .singleElement()
                    .isInstanceOfSatisfying(
                            Delivery.Rejected.class,
                            rejected -> assertThat(rejected.reason()).endsWith(" answered 413: too long"));
        }
    }

    @Test
    void aProxyThatWantsAPasswordRejectsNothing() throws Exception {
        try (WireReceiver proxy = new WireReceiver(listen(), talk -> {
                    talk.readRequest();
                    talk.write("HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n");
                });
                HttpSink sink = sink(URI.create("http://receiver.invalid/events"), SSLContext.getDefault(), proxy)) {
            assertThat(sink.deliver(List.of(event("a", 1), event("a", 2))))
                    .hasExactlyElementsOfTypes(Delivery.Retry.class, Delivery.NotAttempted.class);
        }
    }

    @Test
    void aProxyIsAskedToSendItOn() throws Exception {
        try (WireReceiver proxy = new WireReceiver(listen(), ACCEPT);
                HttpSink sink =
                        sink(URI.create("http://receiver.invalid/events?a=b"), SSLContext.getDefault(), proxy)) {
            assertThat(one(sink, 1)).isEqualTo(Delivery.delivered());
            assertThat(one(sink, 2)).isEqualTo(Delivery.delivered());
            assertThat(proxy.connections()).isEqualTo(1);
            assertThat(proxy.heads())
                    .allSatisfy(head -> assertThat(head)
                            .startsWith(
                                    "POST http://receiver.invalid/events?a=b HTTP/1.1\r\nHost: receiver.invalid\r\n"));
        }
    }

    @Test
    void aProxyConnectsAndCannotRead() throws Exception {
        TlsStore store = certificate("dns:receiver.invalid");
        SSLSocketFactory server = store.context().getSocketFactory();
        try (WireReceiver proxy = new WireReceiver(listen(), talk -> {
                    talk.readHead();
                    talk.write("HTTP/1.1 200 Connected\r\nX-Proxy: y\r\n\r\n");
                    SSLSocket inner = (SSLSocket) server.createSocket(talk.socket(), null, true);
                    inner.setUseClientMode(false);
                    ACCEPT.run(talk.over(inner));
                });
                HttpSink sink = sink(URI.create("https://receiver.invalid/events"), store.context(), proxy)) {
            assertThat(one(sink, 1)).isEqualTo(Delivery.delivered());
            assertThat(one(sink, 2)).isEqualTo(Delivery.delivered());
            assertThat(proxy.connections()).isEqualTo(1);
            assertThat(proxy.heads().get(0))
                    .isEqualTo("CONNECT receiver.invalid:443 HTTP/1.1\r\nHost: receiver.invalid:443\r\n\r\n");
            assertThat(proxy.heads().subList(1, 3))
                    .allSatisfy(
                            head -> assertThat(head).startsWith("POST /events HTTP/1.1\r\nHost: receiver.invalid\r\n"));
        }
    }

    @Test
    void aProxyThatDoesNotConnectIsTriedAgain() throws Exception {
        for (int status : new int[] {403, 407, 502}) {
            try (WireReceiver proxy = new WireReceiver(listen(), talk -> {
                        talk.readHead();
                        talk.write("HTTP/1.1 " + status + " No\r\nContent-Length: 0\r\n\r\n");
                    });
                    HttpSink sink =
                            sink(URI.create("https://receiver.invalid/events"), SSLContext.getDefault(), proxy)) {
                assertThat(one(sink, 1))
                        .isEqualTo(Delivery.retry("POST https://receiver.invalid/events: connection broken: the proxy"
                                + " answered " + status + " instead of connecting"));
            }
        }
    }

    private static void assertRefused(Delivery delivery, WireReceiver receiver) {
        assertThat(delivery)
                .isInstanceOfSatisfying(
                        Delivery.Retry.class,
                        retry -> assertThat(retry.reason()).contains(": TLS failed: "));
        assertThat(receiver.heads()).isEmpty();
    }

    private static Delivery one(HttpSink sink, long version) throws InterruptedException {
        return sink.deliver(List.of(event("a", version))).get(0);
    }

    private static TlsStore certificate(String name)
            throws IOException, GeneralSecurityException, InterruptedException {
        return TlsStore.make(Objects.requireNonNull(directory), name);
    }

    private static ServerSocket listen() throws IOException {
        return new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    }

    private static HttpSink sink(WireReceiver receiver, String host, SSLContext context, @Nullable WireReceiver proxy) {
        return sink(receiver.url("https", host), context, proxy);
    }

    private static HttpSink sink(URI url, SSLContext context, @Nullable WireReceiver proxy) {
        return new HttpSink(
                new HttpSink.Settings(url, HttpSink.Mode.BINARY, Duration.ofMinutes(2), Map.of(), 4),
                InstantSource.fixed(Events.COMMITTED_AT),
                new HttpLinks.Surroundings(
                        InetAddress::getAllByName,
                        proxy == null ? null : new Always(proxy.port()),
                        context::getSocketFactory));
    }

    /** As the JVM's settings would have it: by name. */
    private static final class Always extends ProxySelector {

        private final int port;

        private Always(int port) {
            this.port = port;
        }

        @Override
        public List<Proxy> select(URI uri) {
            return List.of(new Proxy(Proxy.Type.HTTP, InetSocketAddress.createUnresolved("localhost", port)));
        }

        @Override
        public void connectFailed(URI uri, SocketAddress address, IOException failure) {
            throw new IllegalStateException("nobody tells of failures", failure);
        }
    }
}
