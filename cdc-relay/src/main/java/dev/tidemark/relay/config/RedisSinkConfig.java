package dev.tidemark.relay.config;

import static java.util.Objects.requireNonNull;

import dev.tidemark.relay.sink.RedisProperties;
import dev.tidemark.relay.sink.RedisSink;
import dev.tidemark.relay.sink.Template;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Adds CloudEvents to Redis streams.
 *
 * @param url {@code redis} or, with TLS, {@code rediss}; a path is the number of the database
 * @param user of Redis's access list; empty for its {@code default}
 * @param password not set for none
 * @param stream the key of an event's stream; braces hold one of {@link #PLACES}
 * @param maxLength how many entries a stream keeps, roughly, whether read or not; 0 for all
 * @param timeout for a connection, and for the answer to each event
 * @param properties of TLS, such as {@code trustStore}
 */
public record RedisSinkConfig(
        URI url,
        String user,
        Secret password,
        String stream,
        int maxLength,
        Duration timeout,
        Map<String, Secret> properties)
        implements SinkConfig {

    /** Events of one aggregate share a stream, for there is no order between two. */
    static final Set<String> PLACES = Set.of("source", "tenantid", "aggregatetype", "aggregateid");

    static final String DEFAULT_STREAM = "events:{aggregatetype}";
    static final Bounds MAX_LENGTH = new Bounds(0, Integer.MAX_VALUE);

    private static final String SECURE = "rediss";
    private static final Set<String> SCHEMES = Set.of("redis", SECURE);
    private static final Pattern DATABASE = Pattern.compile("(/[0-9]{0,5})?");

    public RedisSinkConfig {
        requireNonNull(password, "password");
        properties = Map.copyOf(properties);
        Problems problems = new Problems();
        BrokerRules.checkUrl(url, SCHEMES, "redis://redis.example.com:6379", problems);
        BrokerRules.checkPath(url, DATABASE, "must have the number of a database as its path, or none", problems);
        if (!user.isEmpty() && !password.isSet()) {
            problems.add("password", "is required where there is a user, but is not set");
        }
        BrokerRules.checkTemplate("stream", stream, PLACES, problems);
        problems.within("maxlen", maxLength, MAX_LENGTH);
        problems.within("timeout", timeout, HttpSinkConfig.TIMEOUT);
        checkProperties(properties, problems);
        if (!properties.isEmpty() && !problems.concerns("url") && !SECURE.equalsIgnoreCase(url.getScheme())) {
            problems.add("properties", "are of TLS, which there is with a url that begins with rediss:");
        }
        problems.throwIfAny("the Redis sink");
    }

    private static void checkProperties(Map<String, Secret> properties, Problems problems) {
        properties.forEach((name, value) -> {
            String key = "properties." + Shown.text(name);
            if (!RedisProperties.NAMES.contains(name)) {
                problems.add(
                        key,
                        "is not one of the properties that can be set here: "
                                + String.join(
                                        ", ",
                                        RedisProperties.NAMES.stream().sorted().toList()));
            } else if (!value.isSet()) {
                problems.add(key, Problems.REQUIRED);
            }
        });
        RedisProperties.STORES.forEach((store, password) -> {
            if (properties.containsKey(store) != properties.containsKey(password)) {
                problems.add(
                        "properties." + (properties.containsKey(store) ? password : store),
                        "is required, as the other of the two is set");
            }
        });
    }

    /** With a stream for each aggregate type, without limit and password. */
    public static RedisSinkConfig to(String url) {
        return new RedisSinkConfig(
                HttpRules.parse(url), "", Secret.none(), DEFAULT_STREAM, 0, HttpSinkConfig.DEFAULT_TIMEOUT, Map.of());
    }

    /** What the sink itself takes. */
    public RedisSink.Settings settings() {
        Map<String, String> revealed = new LinkedHashMap<>();
        properties.forEach((name, value) -> revealed.put(name, value.reveal()));
        return new RedisSink.Settings(
                url, user, password.reveal(), Template.of(stream, PLACES), maxLength, timeout, revealed);
    }

    /** Without secrets. */
    @Override
    public String toString() {
        return "RedisSinkConfig[url=" + Shown.url(url.toString()) + ", user=" + user + ", password=" + password
                + ", stream=" + stream + ", maxLength=" + maxLength + ", timeout=" + timeout
                + ", properties=" + properties + "]";
    }
}
