package dev.tidemark.relay.sink;

import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where requests go, with what is the same in all of them. Knows what in it is secret, so that nothing else
 * must: {@link #toString()} shows none of it.
 */
final class HttpTarget {

    private static final Pattern SEPARATORS = Pattern.compile("[\\s,;=&]+");
    /** Shorter parts, such as a scheme's name, are words that an answer may have by chance. */
    private static final int SHORTEST_SECRET = 6;

    private static final int HTTP = 80;
    private static final int HTTPS = 443;

    private final URI uri;
    private final String shown;
    private final Map<String, String> headers;
    private final List<String> secrets;
    private final byte[] start;
    private final byte[] startForProxy;

    /** @param signing secrets that are never sent, but must not be shown either */
    HttpTarget(URI url, Map<String, String> headers, List<String> signing) {
        String scheme = url.getScheme();
        if (url.getHost() == null || !("http".equalsIgnoreCase(scheme) || "https".equalsIgnoreCase(scheme))) {
            throw new IllegalArgumentException(
                    "url must be absolute, and http or https, such as http://localhost:8081/events, but was: "
                            + shown(url));
        }
        this.shown = shown(url);
        this.uri = withoutUserInfo(url);
        this.headers = withDefaults(url, headers);
        this.secrets = secrets(url, this.headers, signing);
        this.headers.forEach(this::requireSendable);
        String query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
        this.start = start(uri.getRawPath() + query);
        this.startForProxy = start(uri.toString());
    }

    /** Scheme, host, port and path. */
    static String shown(URI url) {
        String port = url.getPort() < 0 ? "" : ":" + url.getPort();
        String path = url.getRawPath() == null ? "" : url.getRawPath();
        return url.getScheme() + "://" + url.getHost() + port + path;
    }

    URI uri() {
        return uri;
    }

    boolean isSecure() {
        return "https".equalsIgnoreCase(uri.getScheme());
    }

    /** A name, or an address; one of IPv6 in brackets. */
    String host() {
        return uri.getHost();
    }

    /** Without brackets. */
    String plainHost() {
        String host = uri.getHost();
        return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    }

    int port() {
        return uri.getPort() >= 0 ? uri.getPort() : isSecure() ? HTTPS : HTTP;
    }

    /** Host and port. */
    String authority() {
        return uri.getHost() + ":" + port();
    }

    /**
     * A request's first line, and the headers that are the same in all. Shared: do not write to it.
     *
     * @param proxied whether a proxy is to send it on, and not only to connect
     */
    byte[] start(boolean proxied) {
        return proxied && !isSecure() ? startForProxy : start;
    }

    private byte[] start(String address) {
        boolean isUsualPort = port() == (isSecure() ? HTTPS : HTTP);
        StringBuilder text = new StringBuilder("POST " + address + " HTTP/1.1\r\n");
        text.append("Host: ").append(isUsualPort ? uri.getHost() : authority()).append("\r\n");
        headers.forEach(
                (name, value) -> text.append(name).append(": ").append(value).append("\r\n"));
        return text.toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    /** The text, with stars in place of every secret of the URL and the headers. */
    String withoutSecrets(String text) {
        String result = text;
        for (String secret : secrets) {
            result = result.replace(secret, "***");
        }
        return result;
    }

    @Override
    public String toString() {
        return shown;
    }

    private static URI withoutUserInfo(URI url) {
        String query = url.getRawQuery() == null ? "" : "?" + url.getRawQuery();
        String path = url.getRawPath() == null || url.getRawPath().isEmpty() ? "/" : url.getRawPath();
        String port = url.getPort() < 0 ? "" : ":" + url.getPort();
        return URI.create(URI.create(url.getScheme() + "://" + url.getHost() + port + path + query)
                .toASCIIString());
    }

    private static Map<String, String> withDefaults(URI url, Map<String, String> headers) {
        Map<String, String> all = new LinkedHashMap<>();
        Set<String> names = new TreeSet<>(String.CASE_INSENSITIVE_ORDER);
        names.addAll(headers.keySet());
        if (!names.contains("user-agent")) {
            all.put("user-agent", "tidemark-relay");
        }
        if (url.getUserInfo() != null && !names.contains("authorization")) {
            byte[] user = url.getUserInfo().getBytes(StandardCharsets.UTF_8);
            all.put("authorization", "Basic " + Base64.getEncoder().encodeToString(user));
        }
        all.putAll(headers);
        return all;
    }

    /** The longest first: one may be part of another. */
    private static List<String> secrets(URI url, Map<String, String> headers, List<String> signing) {
        Set<String> found = new TreeSet<>(
                Comparator.comparingInt(String::length).reversed().thenComparing(Comparator.naturalOrder()));
        headers.forEach((name, value) -> {
            if (!name.equalsIgnoreCase("user-agent")) {
                addParts(found, value);
            }
        });
        for (String secret : signing) {
            addParts(found, secret);
            addParts(found, secret.substring(secret.indexOf('_') + 1));
        }
        addParts(found, url.getQuery());
        addParts(found, url.getRawQuery());
        if (url.getUserInfo() != null) {
            for (String part : url.getUserInfo().split(":", 2)) {
                addParts(found, part);
            }
            addParts(found, url.getRawUserInfo());
        }
        return List.copyOf(found);
    }

    private static void addParts(Set<String> found, @Nullable String value) {
        if (value == null) {
            return;
        }
        found.add(value);
        for (String part : SEPARATORS.split(value, -1)) {
            if (part.length() >= SHORTEST_SECRET) {
                found.add(part);
            }
        }
        found.remove("");
    }

    /** The JDK's own message would show the value. */
    private void requireSendable(String name, String value) {
        String lower = name.toLowerCase(Locale.ROOT);
        if (lower.equals("content-type") || lower.startsWith("ce-") || lower.startsWith("webhook-")) {
            throw new IllegalArgumentException("header " + name + " belongs to the event; leave it out");
        }
        try {
            HttpRequest.newBuilder(uri).header(name, value);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("header " + name + " cannot be sent to " + shown
                    + ": its name is not allowed, or its value has a line break or another character that is not");
        }
    }
}
