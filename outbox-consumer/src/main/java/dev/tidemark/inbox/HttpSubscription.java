package dev.tidemark.inbox;

import com.sun.net.httpserver.HttpHandler;
import dev.tidemark.envelope.CloudEventsHttp;
import dev.tidemark.envelope.CloudEventsJson;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.envelope.MalformedEnvelopeException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Receives events by HTTP, as CloudEvents in binary or structured mode, or in batches. What is in a request is handled in one
 * transaction and answered after the commit: of a batch all events in their order, or nothing of any.
 *
 * <pre>{@code
 * HttpSubscription subscription = HttpSubscription.builder()
 *         .inbox(Inbox.of("shipping")).dataSource(pool)
 *         .on("order-placed", shipments::plan)
 *         .build();
 * try (SubscriptionServer server = subscription.start(new InetSocketAddress("localhost", 8081))) { … }
 * }</pre>
 *
 * <p>With a server of your own, give it {@link #httpHandler()}, or call {@link #receive} from the framework you have.
 *
 * <table>
 * <caption>Answers</caption>
 * <tr><td>204</td><td>handled, now or before, or kept in the inbox until its turn comes</td></tr>
 * <tr><td>400, 413, 415</td><td>not an event, too large, another content type</td></tr>
 * <tr><td>401, 404, 405</td><td>token or signature missing or wrong, another path, not POST</td></tr>
 * <tr><td>409</td><td>{@link VersionConflict}</td></tr>
 * <tr><td>422</td><td>no handler for the type, and {@link UnknownType#REFUSE}; a newer schema version, and
 * {@link NewerSchema#REFUSE}</td></tr>
 * <tr><td>500</td><td>a handler failed and was rolled back: deliver again</td></tr>
 * <tr><td>501</td><td>{@link UnsupportedRedelivery}</td></tr>
 * <tr><td>503</td><td>aggregate busy, earlier event missing, or no database: deliver again after {@code Retry-After}
 * </td></tr>
 * </table>
 *
 * <p>The answer to a batch is that to its first event that failed. Whoever sends it then sends smaller ones, until that event
 * is alone, as the relay does in its mode {@code batch}.
 *
 * <p>A thread handles what waits in the inbox, from the first event that is received until this is closed.
 *
 * <p>No answer has anything of the request or of an exception in it; {@link InboxListener#failed} is told those.
 */
public final class HttpSubscription implements AutoCloseable {

    /** 17 MiB: the largest payload a writer can allow, and its attributes. */
    public static final int DEFAULT_MAX_BODY_BYTES = 17 * 1024 * 1024;

    private final Intake intake;
    private @Nullable WaitingReader waiting; // guarded by this
    private final Answers answers;
    private final @Nullable BearerToken token;
    private final @Nullable WebhookSecrets secrets;
    private final int maxBodyBytes;
    private final String path;
    private final int threads;
    private final Duration stopDeadline;

    private HttpSubscription(Builder b) {
        this.intake = b.intake();
        this.answers = new Answers(b.retryAfter);
        this.token = b.token;
        this.secrets = b.secrets.isEmpty() ? null : new WebhookSecrets(b.secrets, b.signatureAge, b.clock);
        this.maxBodyBytes = b.maxBodyBytes;
        this.path = b.path;
        this.threads = b.threads;
        this.stopDeadline = b.stopDeadline();
    }

    public static Builder builder() {
        return new Builder();
    }

    /**
     * Handles the event of one POST request, or the events of a batch. Returns after its transaction has committed or rolled back.
     *
     * @param headers all of the request, names in any case
     * @param body all of it, empty if there is none; kept by the envelope, not copied
     */
    public Answer receive(Map<String, List<String>> headers, byte[] body) {
        Answer refusal = refusal(headers);
        if (refusal != null) {
            return refusal;
        }
        if (body.length > maxBodyBytes) {
            return Answers.tooLarge(maxBodyBytes);
        }
        RequestHeaders request = new RequestHeaders(headers);
        if (secrets != null && !secrets.haveSigned(request, body)) {
            return Answers.UNSIGNED;
        }
        try {
            List<Envelope> events =
                    request.isBatch() ? CloudEventsJson.readBatch(body) : List.of(CloudEventsHttp.read(headers, body));
            for (Envelope event : events) {
                StorableText.require(event);
            }
            return take(events);
        } catch (MalformedEnvelopeException | StorableText.Unstorable e) {
            intake.unreadable(e);
            return Answers.MALFORMED;
        }
    }

    /** What can be said before the body was read, or null if it is worth reading. */
    @Nullable
    Answer refusal(Map<String, List<String>> headers) {
        RequestHeaders request = new RequestHeaders(headers);
        if (token != null && !token.isIn(request.only("authorization"))) {
            return Answers.UNAUTHORIZED;
        }
        if (!request.isEvent()) {
            return Answers.NOT_AN_EVENT;
        }
        if (secrets != null && !request.isStructured()) {
            return Answers.NOT_STRUCTURED;
        }
        return request.contentLength() > maxBodyBytes ? Answers.tooLarge(maxBodyBytes) : null;
    }

    private Answer take(List<Envelope> events) {
        attend();
        try {
            if (events.size() == 1) {
                intake.take(events.get(0));
            } else {
                intake.takeAll(events);
            }
            return Answers.DONE;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Answers.INTERRUPTED;
        } catch (Exception e) {
            return answers.failure(e);
        }
    }

    /**
     * This subscription as a handler for the JDK's server. It takes POST requests to exactly the path of its context.
     * Set {@code -Dsun.net.httpserver.nodelay=true}, or an answer with a text may wait 40 ms for the client's
     * delayed acknowledgement, and {@code -Dsun.net.httpserver.maxReqTime=60}, or a client may take for ever to send
     * a request. {@link #start} does both.
     */
    public HttpHandler httpHandler() {
        return new JdkHandler(this, maxBodyBytes);
    }

    /**
     * Receives on a server of its own until that is closed. Sets the two system properties of
     * {@link #httpHandler()} unless they are set; they concern all JDK servers of this process.
     *
     * @param address port 0 takes any that is free
     * @throws IllegalStateException if the address is not a loopback address, and there is neither token nor secret
     * @throws IOException if the address cannot be bound
     */
    public SubscriptionServer start(InetSocketAddress address) throws IOException {
        if (token == null && secrets == null && !isLoopback(address)) {
            throw new IllegalStateException(
                    "without a token or a secret events are received from this machine only, but the address is "
                            + address + "; bind to localhost, or set .token(…) or .secrets(…)");
        }
        attend();
        return SubscriptionServer.start(
                address, path, new JdkHandler(this, maxBodyBytes), threads, stopDeadline, this::close);
    }

    private synchronized void attend() {
        if (waiting == null) {
            waiting = WaitingSubscription.reader(intake, stopDeadline).start();
        }
    }

    /** Stops the thread that handles what waits in the inbox; the next event that is received starts it again. */
    @Override
    public synchronized void close() {
        if (waiting != null) {
            waiting.close();
            waiting = null;
        }
    }

    private static boolean isLoopback(InetSocketAddress address) {
        return address.getAddress() != null && address.getAddress().isLoopbackAddress();
    }

    /** Collects the settings of an {@link HttpSubscription}; for one thread. */
    public static final class Builder extends SubscriptionBuilder<Builder> {

        private @Nullable BearerToken token;
        private List<String> secrets = List.of();
        private Duration signatureAge = Duration.ofMinutes(5);
        private InstantSource clock = InstantSource.system();
        private int maxBodyBytes = DEFAULT_MAX_BODY_BYTES;
        private Duration retryAfter = Duration.ofSeconds(1);
        private String path = "/events";
        private int threads = 16;

        private Builder() {}

        @Override
        Builder self() {
            return this;
        }

        /**
         * Requests must be signed with one of these, as Standard Webhooks has it, and bring the event in structured mode: a
         * signature covers the body and no headers. More than one is for the time of a change.
         *
         * @param secrets {@code whsec_} and the base64 of 24 to 64 bytes each
         * @throws IllegalArgumentException from {@link #build} if one is not; the message does not have it
         */
        public Builder secrets(String... secrets) {
            this.secrets = List.of(secrets);
            return this;
        }

        /**
         * How far the time of a signed request may be from this machine's, from 1 s; 5 minutes by default. What is older may
         * be a copy that somebody sends again. (Within that time the inbox knows what was handled.)
         */
        public Builder signatureAge(Duration signatureAge) {
            if (signatureAge.compareTo(Duration.ofSeconds(1)) < 0) {
                throw new IllegalArgumentException("signatureAge must be at least 1 s, but was: " + signatureAge);
            }
            this.signatureAge = signatureAge;
            return this;
        }

        /** What signatures are judged by; for tests. */
        Builder clock(InstantSource clock) {
            this.clock = clock;
            return this;
        }

        /** The bearer token that each request must bring, at least 16 visible ASCII characters; none by default. */
        public Builder token(String token) {
            this.token = new BearerToken(token);
            return this;
        }

        /** The largest body that is read, at least 1; {@value #DEFAULT_MAX_BODY_BYTES} by default. */
        public Builder maxBodyBytes(int maxBodyBytes) {
            this.maxBodyBytes = atLeastOne("maxBodyBytes", maxBodyBytes);
            return this;
        }

        /** What {@code Retry-After} asks for, in whole seconds from 1 s; 1 s by default. */
        public Builder retryAfter(Duration retryAfter) {
            if (retryAfter.toSeconds() < 1) {
                throw new IllegalArgumentException("retryAfter must be at least 1 s, but was: " + retryAfter);
            }
            this.retryAfter = retryAfter;
            return this;
        }

        /** Where {@link #start} receives; {@code /events} by default. */
        public Builder path(String path) {
            if (!path.startsWith("/")) {
                throw new IllegalArgumentException("path must begin with /, but was: " + path);
            }
            this.path = path;
            return this;
        }

        /** How many events {@link #start} handles at once, at most; 16 by default. The pool should have as many. */
        public Builder threads(int threads) {
            this.threads = atLeastOne("threads", threads);
            return this;
        }

        /**
         * The subscription. Nothing runs yet.
         *
         * @throws NullPointerException if inbox or data source is missing
         */
        public HttpSubscription build() {
            return new HttpSubscription(this);
        }
    }
}
