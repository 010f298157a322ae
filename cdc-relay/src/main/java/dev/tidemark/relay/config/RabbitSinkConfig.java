package dev.tidemark.relay.config;

import static java.util.Objects.requireNonNull;

import dev.tidemark.relay.sink.RabbitProperties;
import dev.tidemark.relay.sink.RabbitSink;
import dev.tidemark.relay.sink.Template;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Publishes CloudEvents to an exchange of RabbitMQ.
 *
 * @param url {@code amqp} or, with TLS, {@code amqps}; its path is the virtual host
 * @param user empty for the client's own default, which is {@code guest}
 * @param password not set where there is no user
 * @param exchange that takes all events
 * @param routingKey of an event; braces hold one of {@link #PLACES}
 * @param create what the relay makes if it is not there; null if it makes nothing
 * @param timeout for a connection, and for the confirm of each event
 * @param properties the client's own, such as {@code ssl.trust.store}
 */
public record RabbitSinkConfig(
        URI url,
        String user,
        Secret password,
        String exchange,
        String routingKey,
        @Nullable Create create,
        Duration timeout,
        Map<String, Secret> properties)
        implements SinkConfig {

    /** All events go to one exchange in order, and a queue keeps that order whatever their keys. */
    static final Set<String> PLACES = Set.of("source", "tenantid", "aggregatetype", "aggregateid", "type");

    static final String DEFAULT_ROUTING_KEY = "{aggregatetype}.{type}";
    static final String DEFAULT_BINDING = "#";

    private static final String SECURE = "amqps";
    private static final Set<String> SCHEMES = Set.of("amqp", SECURE);
    private static final Pattern NAME = Pattern.compile("[!-~&&[^\"'\\\\]]{1,255}");
    private static final Pattern ONE_PART = Pattern.compile("(/[^/]*)?");

    /**
     * A durable topic exchange and, if it has a name, a quorum queue.
     *
     * @param queue empty for none
     * @param binding which routing keys the queue takes, {@code #} for all
     */
    public record Create(String queue, String binding) {
        public Create {
            Problems problems = new Problems();
            if (!queue.isEmpty()) {
                checkName("queue", queue, problems);
            } else if (!binding.equals(DEFAULT_BINDING)) {
                problems.add("binding", "is of a queue, but queue is not set, so none would be made", binding);
            }
            checkName("binding", binding, problems);
            problems.throwIfAny("what the RabbitMQ sink creates");
        }
    }

    public RabbitSinkConfig {
        requireNonNull(password, "password");
        properties = Map.copyOf(properties);
        Problems problems = new Problems();
        BrokerRules.checkUrl(url, SCHEMES, "amqp://rabbitmq.example.com:5672", problems);
        BrokerRules.checkPath(
                url, ONE_PART, "must have the virtual host as its path, with %2F for a slash in it", problems);
        if (user.isEmpty() == password.isSet()) {
            problems.add(user.isEmpty() ? "user" : "password", "is required, as the other of the two is set");
        }
        checkName("exchange", exchange, problems);
        BrokerRules.checkTemplate("routingkey", routingKey, PLACES, problems);
        problems.within("timeout", timeout, HttpSinkConfig.TIMEOUT);
        properties.forEach((name, value) -> checkProperty(name, value, problems));
        if (!properties.isEmpty() && !problems.concerns("url") && !SECURE.equalsIgnoreCase(url.getScheme())) {
            problems.add("properties", "are of TLS, which there is with a url that begins with amqps:");
        }
        problems.throwIfAny("the RabbitMQ sink");
    }

    /** With the type of aggregate and event as routing key, without user; nothing is made. */
    public static RabbitSinkConfig to(String url, String exchange) {
        return new RabbitSinkConfig(
                HttpRules.parse(url),
                "",
                Secret.none(),
                exchange,
                DEFAULT_ROUTING_KEY,
                null,
                HttpSinkConfig.DEFAULT_TIMEOUT,
                Map.of());
    }

    private static void checkName(String key, String name, Problems problems) {
        if (problems.required(key, name) && !NAME.matcher(name).matches()) {
            problems.add(key, "must be 1 to 255 visible ASCII characters without quotes and backslashes", name);
        }
    }

    private static void checkProperty(String name, Secret value, Problems problems) {
        String key = "properties." + Shown.text(name);
        if (!RabbitProperties.NAMES.contains(name)) {
            problems.add(
                    key,
                    "is not one of the client's properties that can be set here: "
                            + String.join(
                                    ", ",
                                    RabbitProperties.NAMES.stream().sorted().toList()));
        } else if (!value.isSet()) {
            problems.add(key, Problems.REQUIRED);
        }
    }

    /** What the sink itself takes. */
    public RabbitSink.Settings settings() {
        Map<String, String> revealed = new LinkedHashMap<>();
        properties.forEach((name, value) -> revealed.put(name, value.reveal()));
        return new RabbitSink.Settings(
                url,
                user,
                password.reveal(),
                exchange,
                Template.of(routingKey, PLACES),
                create == null ? null : new RabbitSink.Making(create.queue, create.binding),
                timeout,
                revealed);
    }

    /** Without secrets. */
    @Override
    public String toString() {
        return "RabbitSinkConfig[url=" + Shown.url(url.toString()) + ", user=" + user + ", password=" + password
                + ", exchange=" + exchange + ", routingKey=" + routingKey + ", create=" + create + ", timeout="
                + timeout + ", properties=" + properties + "]";
    }
}
