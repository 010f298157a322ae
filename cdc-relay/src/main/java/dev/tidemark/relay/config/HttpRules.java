package dev.tidemark.relay.config;

import dev.tidemark.envelope.WebhookKey;
import dev.tidemark.relay.sink.Addresses;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;

/** What may stand in the URL and the headers of an HTTP sink. Values are never shown: they may be secret. */
final class HttpRules {

    /** In the place of a URL that is missing. */
    static final URI NO_URL = URI.create("");

    private static final String URL_RULE =
            "must look like https://shipping.example.com/events; what is there is not" + " shown, it may hold a secret";
    private static final int MOST_HEADER_VALUE = 8192;
    private static final int MOST_SECRETS = 8;

    /** RFC 9110, 5.6.2. */
    private static final Pattern TOKEN = Pattern.compile("[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}");

    private static final Pattern VISIBLE = Pattern.compile("[\\x20-\\x7e]*");

    /** Set by the client or by the binding. */
    private static final Set<String> TAKEN = Set.of(
            "connection",
            "content-length",
            "content-type",
            "expect",
            "host",
            "transfer-encoding",
            "upgrade",
            "webhook-id",
            "webhook-signature",
            "webhook-timestamp",
            "traceparent",
            "tracestate");

    private HttpRules() {}

    /** A malformed text becomes a URL that {@link #checkUrl} refuses. */
    static URI parse(String text) {
        try {
            return new URI(text);
        } catch (URISyntaxException e) {
            return URI.create("malformed:url");
        }
    }

    static void checkUrl(URI url, Problems problems) {
        String scheme = String.valueOf(url.getScheme()).toLowerCase(Locale.ROOT);
        if (url.equals(NO_URL)) {
            problems.add("url", Problems.REQUIRED);
        } else if (!(scheme.equals("http") || scheme.equals("https"))) {
            problems.add("url", URL_RULE);
        } else if (url.getRawUserInfo() != null
                || String.valueOf(url.getRawAuthority()).contains("@")) {
            problems.add("url", "must not contain a user or password; send them in headers.authorization");
        } else if (url.getHost() == null || url.getRawFragment() != null) {
            problems.add("url", URL_RULE);
        }
    }

    /** Secrets that sign: one, or several while one takes the place of another. */
    static void checkSecrets(List<Secret> secrets, Problems problems) {
        if (secrets.size() > MOST_SECRETS) {
            problems.add("secrets", "must be at most " + MOST_SECRETS, Integer.toString(secrets.size()));
        }
        for (int i = 0; i < secrets.size(); i++) {
            String key = "secrets[" + i + "]";
            Secret secret = secrets.get(i);
            if (!secret.isSet()) {
                problems.add(key, Problems.REQUIRED);
            } else if (secrets.indexOf(secret) < i) {
                problems.add(key, "is the same as secrets[" + secrets.indexOf(secret) + "]; leave one of them out");
            } else {
                WebhookKey.problem(secret.reveal()).ifPresent(problem -> problems.add(key, problem));
            }
        }
    }

    static void checkAllowed(Addresses.Reach reach, List<String> allow, Problems problems) {
        if (reach == Addresses.Reach.ANY && !allow.isEmpty()) {
            problems.add("allow", "must be left out where addresses is any, for then all are");
        }
        for (int i = 0; i < allow.size(); i++) {
            try {
                Addresses.Block.parse(allow.get(i));
            } catch (IllegalArgumentException e) {
                problems.add("allow[" + i + "]", String.valueOf(e.getMessage()), allow.get(i));
            }
        }
    }

    static void checkHeader(String name, Secret value, Problems problems) {
        String key = "headers." + Shown.text(name);
        String lower = name.toLowerCase(Locale.ROOT);
        if (!TOKEN.matcher(name).matches()) {
            problems.add(key, "is not a header: a name has letters, digits and -");
        } else if (TAKEN.contains(lower) || lower.startsWith("ce-")) {
            problems.add(key, "cannot be set, for the relay sets it itself");
        } else if (!value.isSet()) {
            problems.add(key, Problems.REQUIRED);
        } else if (!VISIBLE.matcher(value.reveal()).matches() || value.reveal().length() > MOST_HEADER_VALUE) {
            problems.add(key, "must be at most " + MOST_HEADER_VALUE + " visible ASCII characters on one line");
        }
    }

    /** The case of a name means nothing to a receiver, who would have two values to choose from. */
    static void checkNoneTwice(Set<String> names, Problems problems) {
        Map<String, String> known = new HashMap<>();
        for (String name : new TreeSet<>(names)) {
            String other = known.putIfAbsent(name.toLowerCase(Locale.ROOT), name);
            if (other != null) {
                problems.add("headers." + Shown.text(name), "is the same header as " + Shown.text(other));
            }
        }
    }
}
