package dev.tidemark.inbox.directory;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * An owner with an HTTP API: one GET for a key. The version of the answer is its {@code ETag}, such as {@code "7"}.
 *
 * <table>
 * <caption>Answers</caption>
 * <tr><td>200</td><td>the value</td></tr>
 * <tr><td>404, 410</td><td>there is none</td></tr>
 * <tr><td>408, 425, 429, 5xx, no answer</td><td>down: asked again, and then left alone for a while</td></tr>
 * <tr><td>any other, also redirects; a body that cannot be read or is too large</td><td>{@link UnusableAnswer}</td></tr>
 * </table>
 */
public final class HttpOwner<K, V> implements Owner<K, V> {

    private static final Pattern VERSION = Pattern.compile("(?:W/)?\"([1-9][0-9]{0,17})\"");

    private final HttpClient client;
    private final Function<K, URI> uri;
    private final Reader<V> reader;
    private final Map<String, Supplier<String>> headers;
    private final int maxBodyBytes;

    private HttpOwner(Builder<K, V> b) {
        this.client = requireNonNull(b.client, "client is required");
        this.uri = requireNonNull(b.uri, "uri is required, such as .uri(id -> users.resolve(\"/users/\" + id))");
        this.reader = requireNonNull(b.reader, "reader is required: how to read a value from the body");
        this.headers = Map.copyOf(b.headers);
        this.maxBodyBytes = b.maxBodyBytes;
    }

    /** Reads a value. */
    @FunctionalInterface
    public interface Reader<V> {

        /** @throws Exception if the body is not what it should be */
        V read(byte[] body) throws Exception;
    }

    public static <K, V> Builder<K, V> builder() {
        return new Builder<>();
    }

    @Override
    public Optional<Copy<V>> ask(K key) throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri.apply(key)).GET();
        headers.forEach((name, value) -> request.setHeader(name, value.get()));
        HttpResponse<Optional<byte[]>> response = client.send(request.build(), answer -> new LimitedBody(maxBodyBytes));
        int status = response.statusCode();
        if (status == 200) {
            return Optional.of(new Copy<>(value(response), version(response)));
        }
        if (status == 404 || status == 410) {
            return Optional.empty();
        }
        throw status / 100 == 5 || status == 408 || status == 425 || status == 429
                ? new IOException("it answered " + status)
                : new UnusableAnswer("it answered " + status);
    }

    private V value(HttpResponse<Optional<byte[]>> response) throws UnusableAnswer {
        byte[] bytes = response.body()
                .orElseThrow(() -> new UnusableAnswer("it answered with more than " + maxBodyBytes + " bytes"));
        try {
            return requireNonNull(reader.read(bytes), "value");
        } catch (Exception e) {
            throw new UnusableAnswer(
                    "its answer could not be read: " + e.getClass().getName(), e);
        }
    }

    private static long version(HttpResponse<?> response) {
        Matcher version = VERSION.matcher(response.headers().firstValue("etag").orElse(""));
        return version.matches() ? Long.parseLong(version.group(1)) : 0;
    }

    /** Collects the settings of an {@link HttpOwner}; for one thread. */
    public static final class Builder<K, V> {

        private @Nullable HttpClient client;
        private @Nullable Function<K, URI> uri;
        private @Nullable Reader<V> reader;
        private final Map<String, Supplier<String>> headers = new LinkedHashMap<>();
        private int maxBodyBytes = 1024 * 1024;

        private Builder() {}

        /** Who sends; required. Give it a {@code connectTimeout}. It should not follow redirects, as it does not by default. */
        public Builder<K, V> client(HttpClient client) {
            this.client = requireNonNull(client, "client");
            return this;
        }

        /** What is asked for a key; required. Keys are to be percent-encoded in it, if anybody else may choose them. */
        public Builder<K, V> uri(Function<K, URI> uri) {
            this.uri = requireNonNull(uri, "uri");
            return this;
        }

        /** How a value is read from the body; required. */
        public Builder<K, V> reader(Reader<V> reader) {
            this.reader = requireNonNull(reader, "reader");
            return this;
        }

        /** A header of each request, such as {@code authorization}; asked for each time, and kept nowhere. */
        public Builder<K, V> header(String name, Supplier<String> value) {
            headers.put(requireNonNull(name, "name"), requireNonNull(value, "value"));
            return this;
        }

        /** The largest body that is read, at least 1; 1 MiB by default. */
        public Builder<K, V> maxBodyBytes(int maxBodyBytes) {
            if (maxBodyBytes < 1) {
                throw new IllegalArgumentException("maxBodyBytes must be at least 1, but was: " + maxBodyBytes);
            }
            this.maxBodyBytes = maxBodyBytes;
            return this;
        }

        /**
         * The owner. Nothing is sent yet.
         *
         * @throws NullPointerException if client, uri or reader is missing
         */
        public HttpOwner<K, V> build() {
            return new HttpOwner<>(this);
        }
    }
}
