package dev.tidemark.relay.config;

import static java.util.Objects.requireNonNull;

import dev.tidemark.relay.sink.KafkaProperties;
import dev.tidemark.relay.sink.KafkaSink;
import dev.tidemark.relay.sink.Template;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Sends CloudEvents to topics of Kafka.
 *
 * @param bootstrap {@code host:port}, several with commas
 * @param topic of an event; braces hold one of {@link Template#GROUPS}
 * @param mode how a CloudEvent is put into a record
 * @param create how a topic is made that is not there; null if none ever is
 * @param timeout for a connection, and for the acknowledgement of each event
 * @param properties the client's own, such as {@code security.protocol}
 */
public record KafkaSinkConfig(
        String bootstrap,
        String topic,
        Mode mode,
        @Nullable Create create,
        Duration timeout,
        Map<String, Secret> properties)
        implements SinkConfig {

    static final String DEFAULT_TOPIC = "events.{aggregatetype}";
    static final Bounds PARTITIONS = new Bounds(1, 10_000);
    static final Bounds REPLICATION = new Bounds(1, 100);

    private static final Pattern BOOTSTRAP = Pattern.compile(
            "ADDRESS(,ADDRESS)*".replace("ADDRESS", "\\s*([A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.%]+]):[0-9]{1,5}\\s*"));
    private static final Pattern TOPIC = Pattern.compile("[a-zA-Z0-9._-]{1,249}");
    private static final Pattern PLACE = Pattern.compile("\\{[a-z]+}");

    /** How a CloudEvent is put into a record. */
    public enum Mode {
        /** Attributes in headers, data in the value; without data a tombstone. */
        BINARY,
        /** All in one JSON value. */
        STRUCTURED
    }

    /**
     * How a topic is made.
     *
     * @param partitions 0 if not set
     * @param replication how many brokers have each partition; 0 if not set
     */
    public record Create(int partitions, int replication) {}

    public KafkaSinkConfig {
        requireNonNull(mode, "mode");
        properties = Map.copyOf(properties);
        Problems problems = new Problems();
        if (problems.required("bootstrap", bootstrap)
                && !BOOTSTRAP.matcher(bootstrap).matches()) {
            problems.add(
                    "bootstrap",
                    "must look like kafka-1.example.com:9092,kafka-2.example.com:9092; what is there is not shown, it may"
                            + " hold a secret");
        }
        BrokerRules.checkTemplate("topic", topic, Template.GROUPS, problems);
        if (!problems.concerns("topic")
                && !TOPIC.matcher(PLACE.matcher(topic).replaceAll("x")).matches()) {
            problems.add("topic", "must be at most 249 of a-z, A-Z, 0-9, dot, _ and -", topic);
        }
        if (create != null) {
            checkPart("create.partitions", create.partitions, PARTITIONS, problems);
            checkPart("create.replication", create.replication, REPLICATION, problems);
        }
        problems.within("timeout", timeout, HttpSinkConfig.TIMEOUT);
        properties.forEach((name, value) -> checkProperty(name, value, problems));
        problems.throwIfAny("the Kafka sink");
    }

    /** With a topic for each aggregate type, none of which is made; without TLS and user. */
    public static KafkaSinkConfig to(String bootstrap) {
        return new KafkaSinkConfig(
                bootstrap, DEFAULT_TOPIC, Mode.BINARY, null, HttpSinkConfig.DEFAULT_TIMEOUT, Map.of());
    }

    private static void checkPart(String key, int value, Bounds bounds, Problems problems) {
        if (value == 0) {
            problems.add(key, Problems.REQUIRED);
        } else {
            problems.within(key, value, bounds);
        }
    }

    private static void checkProperty(String name, Secret value, Problems problems) {
        String key = "properties." + Shown.text(name);
        if (KafkaProperties.isOwn(name)) {
            problems.add(key, "cannot be set, for the relay sets it itself; what waits follows from timeout");
        } else if (!KafkaProperties.names().contains(name)) {
            problems.add(
                    key,
                    "is not a property of Kafka's producer; "
                            + Similar.nearest(name, KafkaProperties.names())
                                    .map(similar -> "did you mean " + similar + "?")
                                    .orElse("see https://kafka.apache.org/documentation/#producerconfigs"));
        } else if (!value.isSet()) {
            problems.add(key, Problems.REQUIRED);
        } else {
            KafkaProperties.problem(name, value.reveal()).ifPresent(problem -> problems.add(key, problem));
        }
    }

    /** What the sink itself takes. */
    public KafkaSink.Settings settings() {
        Map<String, String> revealed = new LinkedHashMap<>();
        properties.forEach((name, value) -> revealed.put(name, value.reveal()));
        return new KafkaSink.Settings(
                bootstrap,
                Template.of(topic, Template.GROUPS),
                mode == Mode.BINARY ? KafkaSink.Mode.BINARY : KafkaSink.Mode.STRUCTURED,
                create == null ? null : new KafkaSink.NewTopics(create.partitions, create.replication),
                timeout,
                revealed);
    }
}
