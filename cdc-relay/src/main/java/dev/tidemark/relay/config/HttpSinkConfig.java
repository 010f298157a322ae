package dev.tidemark.relay.config;

import static java.util.Objects.requireNonNull;

import dev.tidemark.relay.sink.Addresses;
import dev.tidemark.relay.sink.HttpSink;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Posts CloudEvents to a URL.
 *
 * @param url {@code http} or {@code https}; its query may hold a key, so show {@link #shownUrl()} instead
 * @param mode how a CloudEvent is put into a request
 * @param timeout from the begin of an attempt to its answer
 * @param headers added to every request, such as {@code authorization}
 * @param inFlight the most requests under way at once, shared out over the lanes; each has at least one
 * @param secrets that each sign every request, {@code whsec_…}; empty for no signatures
 * @param addresses which may be connected to
 * @param allow blocks of addresses that may be too, such as {@code 10.1.0.0/16}
 * @param maxBytes the most bytes of a body in batch mode, unless one event alone has more
 */
public record HttpSinkConfig(
        URI url,
        Mode mode,
        Duration timeout,
        Map<String, Secret> headers,
        int inFlight,
        List<Secret> secrets,
        Addresses.Reach addresses,
        List<String> allow,
        long maxBytes)
        implements SinkConfig {

    static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(10);
    static final Span TIMEOUT = new Span(Duration.ofMillis(10), Duration.ofMinutes(10));
    static final int DEFAULT_IN_FLIGHT = 8;
    static final Bounds IN_FLIGHT = new Bounds(1, 256);

    static final long DEFAULT_BYTES = 1 << 20;
    private static final long LEAST_BYTES = 1 << 10;
    private static final long MOST_BYTES = 16 << 20;
    static final String BYTES_RULE = "must be a size from 1KiB to 16MiB";

    private static final String UNSIGNED =
            "must be structured or batch where there are secrets, for a signature covers the body:"
                    + " in binary mode id, subject and version of an event are in headers, and anybody could change them";

    /** Valid, for reading on where the one of the file is not. */
    static final HttpSinkConfig PLACEHOLDER = builder("http://localhost/").build();

    /** The content modes of the HTTP binding of CloudEvents. */
    public enum Mode {
        /** Attributes in headers, data in the body. */
        BINARY,
        /** All in one JSON body. */
        STRUCTURED,
        /** Many in one JSON body. */
        BATCH
    }

    public HttpSinkConfig {
        requireNonNull(mode, "mode");
        headers = Map.copyOf(headers);
        secrets = List.copyOf(secrets);
        requireNonNull(addresses, "addresses");
        allow = List.copyOf(allow);
        Problems problems = new Problems();
        HttpRules.checkUrl(url, problems);
        problems.within("timeout", timeout, TIMEOUT);
        headers.forEach((name, value) -> HttpRules.checkHeader(name, value, problems));
        HttpRules.checkNoneTwice(headers.keySet(), problems);
        problems.within("inflight", inFlight, IN_FLIGHT);
        HttpRules.checkSecrets(secrets, problems);
        HttpRules.checkAllowed(addresses, allow, problems);
        if (mode == Mode.BINARY && !secrets.isEmpty()) {
            problems.add("mode", UNSIGNED, "binary");
        }
        if (maxBytes < LEAST_BYTES || maxBytes > MOST_BYTES) {
            problems.add("maxbytes", BYTES_RULE, Sizes.show(maxBytes));
        }
        problems.throwIfAny("the HTTP sink");
    }

    public static Builder builder(String url) {
        return new Builder(url);
    }

    static Mode defaultMode(List<Secret> secrets) {
        return secrets.isEmpty() ? Mode.BINARY : Mode.STRUCTURED;
    }

    /** What the sink itself takes, for a subscriber with so many lanes. */
    public HttpSink.Settings settings(int lanes) {
        int inFlightOfLane = Math.max(1, inFlight / lanes); // a lane that hangs takes no other's
        Map<String, String> revealed = new LinkedHashMap<>();
        headers.forEach((name, value) -> revealed.put(name, value.reveal()));
        return new HttpSink.Settings(
                url,
                HttpSink.Mode.valueOf(mode.name()),
                timeout,
                revealed,
                inFlightOfLane,
                secrets.stream().map(Secret::reveal).toList(),
                reachable(),
                (int) maxBytes);
    }

    /** Which addresses are connected to. */
    public Addresses reachable() {
        return new Addresses(
                addresses, allow.stream().map(Addresses.Block::parse).toList());
    }

    /** The URL without the values of its query. */
    public String shownUrl() {
        return Shown.url(url.toString());
    }

    /** Without secrets. */
    @Override
    public String toString() {
        return "HttpSinkConfig[url=" + shownUrl() + ", mode=" + mode + ", timeout=" + timeout + ", headers=" + headers
                + ", inFlight=" + inFlight + ", secrets=" + secrets + ", addresses=" + addresses + ", allow=" + allow
                + ", maxBytes=" + maxBytes + "]";
    }

    /** Collects the parts; all but the URL have defaults. For one thread. */
    public static final class Builder {

        private final String url;
        private @Nullable Mode mode;
        private Duration timeout = DEFAULT_TIMEOUT;
        private final Map<String, Secret> headers = new LinkedHashMap<>();
        private int inFlight = DEFAULT_IN_FLIGHT;
        private final List<Secret> secrets = new ArrayList<>();
        private Addresses.Reach addresses = Addresses.DEFAULT.reach();
        private List<String> allow = List.of();
        private long maxBytes = DEFAULT_BYTES;

        private Builder(String url) {
            this.url = url;
        }

        /** By default binary, and structured where there are secrets. */
        public Builder mode(Mode mode) {
            this.mode = mode;
            return this;
        }

        public Builder timeout(Duration timeout) {
            this.timeout = timeout;
            return this;
        }

        public Builder header(String name, Secret value) {
            headers.put(name, value);
            return this;
        }

        public Builder inFlight(int inFlight) {
            this.inFlight = inFlight;
            return this;
        }

        /** One more secret that signs. */
        public Builder secret(Secret secret) {
            secrets.add(secret);
            return this;
        }

        /** @param allow blocks of addresses that may be connected to whatever the reach says, such as {@code 10.1.0.0/16} */
        public Builder addresses(Addresses.Reach addresses, List<String> allow) {
            this.addresses = addresses;
            this.allow = List.copyOf(allow);
            return this;
        }

        public Builder maxBytes(long maxBytes) {
            this.maxBytes = maxBytes;
            return this;
        }

        /** @throws ConfigException with everything that is missing or wrong */
        public HttpSinkConfig build() {
            Mode chosen = mode == null ? defaultMode(secrets) : mode;
            return new HttpSinkConfig(
                    HttpRules.parse(url), chosen, timeout, headers, inFlight, secrets, addresses, allow, maxBytes);
        }
    }
}
