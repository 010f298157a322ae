package dev.tidemark.relay.config;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The parts of a JDBC URL of PostgreSQL that names one server and one database.
 *
 * @param parameters what follows the question mark, such as {@code sslmode}; some are secret
 */
record JdbcUrl(String host, int port, String database, Map<String, String> parameters) {

    private static final String PREFIX = "jdbc:postgresql:";
    private static final String NOT_SHOWN =
            "must look like jdbc:postgresql://localhost:5432/orders; what is there is not shown, it may hold a password";
    private static final Pattern SHAPE = Pattern.compile(
            "jdbc:postgresql://([^/?#@,:\\[\\]\\s]+|\\[[0-9a-fA-F:.]+])(?::(\\d{1,5}))?/([^/?#@\\s]+)(?:\\?(\\S*))?");
    private static final int DEFAULT_PORT = 5432;

    /** What is wrong with {@code url}, without showing it: it may hold a password. */
    static Optional<String> check(String url) {
        int query = url.indexOf('?');
        String place = query < 0 ? url : url.substring(0, query);
        if (place.startsWith(PREFIX) && place.contains("@")) {
            return Optional.of("must not contain a user or password before the host;"
                    + " put them beside, under user and password");
        }
        if (place.startsWith(PREFIX) && place.contains(",")) {
            return Optional.of("must name one host, such as an address that follows the primary");
        }
        Matcher matcher = SHAPE.matcher(url);
        if (!matcher.matches() || (matcher.group(2) != null && Integer.parseInt(matcher.group(2)) > 65_535)) {
            return Optional.of(NOT_SHOWN);
        }
        if (!isWellEscaped(url)) {
            return Optional.of("must have two hexadecimal digits behind each %, which is itself written %25;"
                    + " what is there is not shown, it may be secret");
        }
        return checkParameters(parse(url).parameters());
    }

    private static Optional<String> checkParameters(Map<String, String> parameters) {
        for (String name : parameters.keySet()) {
            String lower = name.toLowerCase(Locale.ROOT);
            if (lower.equals("password")) {
                return Optional.of("must not contain a password, for URLs end up in logs; put it beside,"
                        + " under password, for instance as ${file:/run/secrets/relay}");
            }
            if (lower.equals("user")) {
                return Optional.of("must not contain a user; put it beside, under user");
            }
        }
        return Optional.empty();
    }

    /** @throws IllegalArgumentException if {@code url} is not what {@link #check} asks for */
    static JdbcUrl parse(String url) {
        Matcher matcher = SHAPE.matcher(url);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("source.url " + NOT_SHOWN);
        }
        String port = matcher.group(2);
        return new JdbcUrl(
                matcher.group(1),
                port == null ? DEFAULT_PORT : Integer.parseInt(port),
                decode(matcher.group(3)),
                parameters(matcher.group(4)));
    }

    private static Map<String, String> parameters(@Nullable String query) {
        Map<String, String> parameters = new TreeMap<>();
        if (query != null) {
            for (String part : query.split("&", -1)) {
                int equals = part.indexOf('=');
                parameters.put(
                        decode(equals < 0 ? part : part.substring(0, equals)),
                        equals < 0 ? "" : decode(part.substring(equals + 1)));
            }
        }
        return parameters;
    }

    /** The driver refuses others, and shows the whole URL with what is secret in it. */
    private static boolean isWellEscaped(String url) {
        try {
            decode(url);
            return true;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /** @throws IllegalArgumentException if an escape is malformed */
    private static String decode(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }
}
