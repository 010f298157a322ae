package dev.tidemark.relay.sink;

import dev.tidemark.envelope.Envelope;
import java.net.InetAddress;
import java.net.URI;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Posts each envelope to a URL as a CloudEvent, over connections that are kept. What an answer means is
 * decided by {@link HttpOutcome}: 2xx is delivered, and a receiver must not answer so before it has stored
 * the event. {@link HttpSignature} says who sent it. After 410 nothing is sent until a person
 * {@linkplain #resume() says so}.
 *
 * <p>Several requests of a batch are under way at once, but never two of one aggregate; in batch mode it is one,
 * which may hold several events of an aggregate, in order. A request that is
 * given up after its timeout may still arrive: the receiver tells by id and version that it is old.
 */
public final class HttpSink implements Sink {

    private static final int IDLE_SECONDS = 30;

    private static final AtomicInteger NUMBER = new AtomicInteger();

    private final Settings settings;
    private final InstantSource clock;
    private final HttpTarget target;
    private final HttpSignature signature;
    private final HttpLinks links;
    private final ExecutorService threads; // one for each request under way
    private volatile boolean closed;
    private volatile @Nullable String gone; // why, since the receiver answered 410

    /**
     * A sink that connects when it is first used.
     *
     * @param clock of the day: for the timestamp that is signed, and for a {@code Retry-After} that is a date in an
     *     answer without one
     * @throws IllegalArgumentException if the URL or a header cannot be sent, or a secret cannot sign; no secret is in
     *     its message
     */
    public HttpSink(Settings settings, InstantSource clock) {
        this(settings, clock, HttpLinks.Surroundings.ofTheJvm(InetAddress::getAllByName));
    }

    HttpSink(Settings settings, InstantSource clock, HttpLinks.Surroundings surroundings) {
        this.settings = settings;
        this.clock = clock;
        this.target = new HttpTarget(settings.url(), settings.headers(), settings.secrets());
        this.signature = new HttpSignature(settings.secrets());
        this.links = new HttpLinks(target, settings.addresses(), settings.timeout(), surroundings);
        int number = NUMBER.incrementAndGet();
        this.threads = new ThreadPoolExecutor(
                0, Integer.MAX_VALUE, IDLE_SECONDS, TimeUnit.SECONDS, new SynchronousQueue<>(), work -> {
                    Thread thread = new Thread(work, "http-sink-" + number);
                    thread.setDaemon(true);
                    return thread;
                });
    }

    @Override
    public List<Delivery> deliver(List<Envelope> batch) throws InterruptedException {
        if (closed) {
            throw new IllegalStateException("the sink of " + target + " is closed");
        }
        String reason = gone;
        if (reason != null) {
            return Pipeline.notBegun(batch, reason);
        }
        HttpWay way = new HttpWay(settings, target, signature, links, threads, clock, why -> gone = why);
        if (settings.mode() == Mode.BATCH) {
            return new HttpBatch(batch, way).deliver();
        }
        return new Pipeline(batch, way, settings.timeout(), settings.inFlight()).deliver();
    }

    @Override
    public @Nullable String halted() {
        return gone;
    }

    @Override
    public void resume() {
        gone = null;
    }

    /** Idempotent. */
    @Override
    public void close() {
        closed = true;
        links.close();
        threads.shutdownNow(); // whoever still reads is interrupted, which closes its connection
    }

    /** How a CloudEvent is put into a request. */
    public enum Mode {
        /** Attributes in headers, data in the body. */
        BINARY,
        /** All in one JSON body. */
        STRUCTURED,
        /** Many in one JSON body. */
        BATCH
    }

    /**
     * How the sink is set up.
     *
     * @param url {@code http} or {@code https}; a user and a password in it are sent as basic authorization
     * @param timeout from the begin of a request to the end of its answer; more than zero
     * @param headers added to every request, such as {@code authorization}
     * @param inFlight the most requests under way at once for one batch, thus for one lane; at least 1
     * @param secrets that each sign every request, {@code whsec_…}; empty for no signatures
     * @param addresses which may be connected to
     * @param maxBytes the most bytes of a body in batch mode, unless one event alone has more
     */
    public record Settings(
            URI url,
            Mode mode,
            Duration timeout,
            Map<String, String> headers,
            int inFlight,
            List<String> secrets,
            Addresses addresses,
            int maxBytes) {

        public Settings {
            headers = Map.copyOf(headers);
            secrets = List.copyOf(secrets);
            if (timeout.isZero() || timeout.isNegative()) {
                throw new IllegalArgumentException("timeout must be more than zero, but was: " + timeout);
            }
            if (inFlight < 1) {
                throw new IllegalArgumentException("inFlight must be at least 1, but was: " + inFlight);
            }
        }

        /** Without batches and signatures, to the usual addresses. */
        public Settings(URI url, Mode mode, Duration timeout, Map<String, String> headers, int inFlight) {
            this(url, mode, timeout, headers, inFlight, List.of(), Addresses.DEFAULT, 0);
        }

        /** Without secrets. */
        @Override
        public String toString() {
            return "HTTP " + mode + " to " + HttpTarget.shown(url) + ", timeout " + timeout + ", headers "
                    + headers.keySet() + ", inFlight " + inFlight + ", secrets " + secrets.size() + ", " + addresses
                    + ", maxBytes " + maxBytes;
        }
    }
}
