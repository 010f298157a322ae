package dev.tidemark.testkit;

import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A real broker: a process of its own on a free port, with a temporary data directory, which {@link #close()}
 * removes, or else the end of this JVM.
 *
 * <p>Its program is looked for on the path, RabbitMQ's where its package puts it; Kafka's and SQS's are jars, in the
 * directories that the system properties {@code tidemark.kafka.jars} and {@code tidemark.sqs.jars} name. A broker that somebody else runs is used instead where the system property
 * {@code tidemark.redis.url} or the environment variable {@code TIDEMARK_REDIS_URL} (or {@code nats}, {@code kafka}, {@code rabbitmq}, {@code sqs}) has
 * its URL; it cannot be killed, frozen or started with options. What is not there skips the test with a line that says what to
 * install, or fails it where {@value #REQUIRE_VARIABLE} is {@code true}.
 *
 * <p>Safe for many threads, except that only one at a time may kill, freeze or restart it.
 */
public final class Broker implements Breakable {

    static final String REQUIRE_VARIABLE = "TIDEMARK_REQUIRE_BROKERS";

    private final URI uri;
    private final @Nullable BrokerProcess process;
    private final int tlsPort;

    private Broker(URI uri, @Nullable BrokerProcess process, int tlsPort) {
        this.uri = uri;
        this.process = process;
        this.tlsPort = tlsPort;
    }

    /**
     * Redis, with an append-only file.
     *
     * @param options further ones of {@code redis-server}, such as {@code --requirepass}
     */
    public static Broker redis(String... options) {
        return start(BrokerKind.REDIS, List.of(options));
    }

    /**
     * NATS, with JetStream.
     *
     * @param options further ones of {@code nats-server}, such as {@code --user}
     */
    public static Broker nats(String... options) {
        return start(BrokerKind.NATS, List.of(options));
    }

    /**
     * Kafka, one node that is its own controller. It takes messages of 8 MiB.
     *
     * @param settings that it has besides, such as {@code message.max.bytes=1000}
     */
    public static Broker kafka(String... settings) {
        return start(
                BrokerKind.KAFKA,
                Stream.of(settings)
                        .flatMap(setting -> Stream.of("--override", setting))
                        .toList());
    }

    /**
     * RabbitMQ, one node without plugins, to which {@code guest} may connect.
     *
     * @param settings of its application {@code rabbit} that it has besides, in Erlang's words, such as
     *     {@code max_message_size=1000}
     */
    public static Broker rabbitmq(String... settings) {
        return start(BrokerKind.RABBITMQ, RabbitProgram.options(settings));
    }

    /**
     * ElasticMQ, which speaks the protocol of SQS and has its limits, for any user and region. It keeps nothing over
     * its end: after a {@link #restart} it has no queues.
     */
    public static Broker sqs() {
        return start(BrokerKind.SQS, List.of());
    }

    /**
     * One that also speaks TLS itself, at {@link #tlsPort}; never one that somebody else runs.
     *
     * @param kind as in its URL, such as {@code rabbitmq}; SQS knows no TLS
     * @param server its key and certificate
     * @param clients whose certificate a client must have; null if none needs one
     */
    public static Broker tls(String kind, TlsStore server, @Nullable TlsStore clients) {
        BrokerKind wanted = kindOf(kind);
        Path program = wanted.find().orElseThrow(() -> missing(wanted.remedy()));
        TlsListener listener;
        try {
            listener = new TlsListener(RelayProcess.freePort(), server, clients);
        } catch (IOException e) {
            throw new UncheckedIOException("no port is free", e);
        }
        BrokerProcess process = BrokerProcess.start(wanted, program, port -> wanted.tls(port, listener));
        return new Broker(
                uri(wanted, process), process, wanted.hasTlsBehindItsGreeting() ? process.port() : listener.port());
    }

    /**
     * One of any kind without options, and never one that somebody else runs. For programs too, which have no JUnit.
     *
     * @param kind as in its URL, such as {@code rabbitmq}
     * @throws IllegalStateException if this machine has none; the message says what to install
     */
    public static Broker own(String kind) {
        BrokerKind wanted = kindOf(kind);
        Path program = wanted.find().orElseThrow(() -> new IllegalStateException(wanted.remedy()));
        return startOwn(wanted, program, List.of());
    }

    /** Ends the test as skipped or failed if this machine has none of {@code kind} for {@link #own}. */
    public static void requireOwn(String kind) {
        BrokerKind wanted = kindOf(kind);
        if (wanted.find().isEmpty()) {
            throw missing(wanted.remedy());
        }
    }

    private static BrokerKind kindOf(String word) {
        return BrokerKind.valueOf(word.toUpperCase(Locale.ROOT));
    }

    private static Broker start(BrokerKind kind, List<String> options) {
        @Nullable String given = given(kind);
        if (given != null && options.isEmpty()) {
            return new Broker(URI.create(given), null, 0);
        }
        Path program = kind.find().orElseThrow(() -> missing(kind.remedy() + ", or set " + property(kind)));
        return startOwn(kind, program, options);
    }

    private static Broker startOwn(BrokerKind kind, Path program, List<String> options) {
        BrokerProcess process = BrokerProcess.start(kind, program, options);
        return new Broker(uri(kind, process), process, 0);
    }

    private static URI uri(BrokerKind kind, BrokerProcess process) {
        return URI.create(kind.word() + "://127.0.0.1:" + process.port());
    }

    private static @Nullable String given(BrokerKind kind) {
        String property = System.getProperty(property(kind));
        return property != null ? property : System.getenv("TIDEMARK_" + kind.name() + "_URL");
    }

    private static String property(BrokerKind kind) {
        return "tidemark." + kind.word() + ".url";
    }

    /** Ends the test as skipped or, where nothing may be skipped, as failed. */
    private static RuntimeException missing(String reason) {
        if ("true".equals(System.getenv(REQUIRE_VARIABLE))) {
            throw new AssertionError(reason + "; " + REQUIRE_VARIABLE + " is true, so it may not be skipped");
        }
        return abort(reason);
    }

    public String host() {
        return uri.getHost();
    }

    public int port() {
        return uri.getPort() < 0 ? kind().usualPort() : uri.getPort();
    }

    /** Where one that was started by {@link #tls} speaks TLS; NATS does so at its only port. */
    public int tlsPort() {
        if (tlsPort == 0) {
            throw new IllegalStateException("the broker at " + uri + " does not speak TLS; start it with Broker.tls");
        }
        return tlsPort;
    }

    /** Such as {@code redis://127.0.0.1:40123}; the one that was given, with its user, if it is not ours. */
    public URI uri() {
        return uri;
    }

    /** SIGKILL, though not before RabbitMQ has saved the names of its quorum queues; returns when it is gone. */
    @Override
    public void kill9() {
        ours().kill9();
    }

    @Override
    public void freeze() {
        ours().freeze();
    }

    @Override
    public void wake() {
        ours().signal("CONT");
    }

    @Override
    public void restart() {
        ours().restart();
    }

    private BrokerProcess ours() {
        return process != null
                ? process
                : abort("the broker at " + host() + ":" + port()
                        + " is not ours and cannot be killed, frozen or restarted");
    }

    private BrokerKind kind() {
        return kindOf(uri.getScheme());
    }

    @Override
    public void close() {
        if (process != null) {
            process.close();
        }
    }
}
