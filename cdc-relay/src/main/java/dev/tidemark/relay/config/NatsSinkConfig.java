package dev.tidemark.relay.config;

import static java.util.Objects.requireNonNull;

import dev.tidemark.relay.sink.NatsSink;
import dev.tidemark.relay.sink.Template;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Publishes CloudEvents to a stream of NATS JetStream.
 *
 * @param url {@code nats} or, with TLS, {@code tls}
 * @param user empty for none
 * @param password not set for none
 * @param subject of an event; braces hold one of {@link #PLACES}
 * @param stream that must take it; empty for whichever does
 * @param mode how a CloudEvent is put into a message
 * @param timeout for a connection, and for the acknowledgement of each event
 * @param properties the client's own, such as {@code trustStore}
 */
public record NatsSinkConfig(
        URI url,
        String user,
        Secret password,
        String subject,
        String stream,
        Mode mode,
        Duration timeout,
        Map<String, Secret> properties)
        implements SinkConfig {

    /** A stream keeps the order of all its subjects. */
    static final Set<String> PLACES = Set.of("source", "tenantid", "aggregatetype", "aggregateid", "type");

    static final String DEFAULT_SUBJECT = "events.{aggregatetype}";

    private static final Set<String> SCHEMES = Set.of("nats", "tls");
    private static final Pattern STREAM = Pattern.compile("[!-~&&[^*>./\\\\]]{0,255}");
    private static final Pattern SUBJECT = Pattern.compile("[!-~&&[^*>.]]+(\\.[!-~&&[^*>.]]+)*");
    private static final Pattern NO_PATH = Pattern.compile("/?");
    private static final Pattern PLACE = Pattern.compile("\\{[a-z]+}");
    private static final String PREFIX = "io.nats.client.";

    /** What the client has for TLS, credentials and names; how it waits and connects is the relay's own affair. */
    private static final Set<String> PROPERTIES = Set.of(
            "credential.path",
            "inbox.prefix",
            "keyStore",
            "keyStorePassword",
            "name",
            "tls.algorithm",
            "tls.first",
            "token",
            "trustStore",
            "trustStorePassword");

    /** How a CloudEvent is put into a message. */
    public enum Mode {
        /** All in one JSON payload. */
        STRUCTURED,
        /** Attributes in headers, data in the payload. */
        BINARY
    }

    public NatsSinkConfig {
        requireNonNull(password, "password");
        requireNonNull(mode, "mode");
        properties = Map.copyOf(properties);
        Problems problems = new Problems();
        BrokerRules.checkUrl(url, SCHEMES, "nats://nats.example.com:4222", problems);
        BrokerRules.checkPath(url, NO_PATH, "must have no path", problems);
        if (user.isEmpty() == password.isSet()) {
            problems.add(user.isEmpty() ? "user" : "password", "is required, as the other of the two is set");
        }
        BrokerRules.checkTemplate("subject", subject, PLACES, problems);
        if (!problems.concerns("subject")
                && !SUBJECT.matcher(PLACE.matcher(subject).replaceAll("x")).matches()) {
            problems.add("subject", "must be visible ASCII characters but * and >, with no empty part", subject);
        }
        if (!STREAM.matcher(stream).matches()) {
            problems.add("stream", "must be the name of a stream, without spaces, dots, slashes, * and >", stream);
        }
        problems.within("timeout", timeout, HttpSinkConfig.TIMEOUT);
        properties.forEach((name, value) -> checkProperty(name, value, problems));
        problems.throwIfAny("the NATS sink");
    }

    /** With a subject for each aggregate type, without user. */
    public static NatsSinkConfig to(String url) {
        return new NatsSinkConfig(
                HttpRules.parse(url),
                "",
                Secret.none(),
                DEFAULT_SUBJECT,
                "",
                Mode.STRUCTURED,
                HttpSinkConfig.DEFAULT_TIMEOUT,
                Map.of());
    }

    private static void checkProperty(String name, Secret value, Problems problems) {
        String key = "properties." + Shown.text(name);
        String plain = name.startsWith(PREFIX) ? name.substring(PREFIX.length()) : name;
        if (!PROPERTIES.contains(plain)) {
            problems.add(
                    key,
                    "is not one of the client's properties that can be set here: "
                            + String.join(", ", PROPERTIES.stream().sorted().toList()));
        } else if (!value.isSet()) {
            problems.add(key, Problems.REQUIRED);
        }
    }

    /** What the sink itself takes. */
    public NatsSink.Settings settings() {
        Map<String, String> revealed = new LinkedHashMap<>();
        properties.forEach((name, value) -> revealed.put(name, value.reveal()));
        return new NatsSink.Settings(
                url,
                user,
                password.reveal(),
                Template.of(subject, PLACES),
                stream,
                mode == Mode.BINARY ? NatsSink.Mode.BINARY : NatsSink.Mode.STRUCTURED,
                timeout,
                revealed);
    }

    /** Without secrets. */
    @Override
    public String toString() {
        return "NatsSinkConfig[url=" + Shown.url(url.toString()) + ", user=" + user + ", password=" + password
                + ", subject=" + subject + ", stream=" + stream + ", mode=" + mode + ", timeout=" + timeout
                + ", properties=" + properties + "]";
    }
}
