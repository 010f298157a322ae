package dev.tidemark.relay.sink;

import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigException;

/** Which properties of Kafka's producer can be set, and what the sink sets itself so that it keeps its promises. */
public final class KafkaProperties {

    private static final Map<String, ConfigDef.ConfigKey> KNOWN =
            ProducerConfig.configDef().configKeys();

    /** Order, durability and waiting are the relay's own affair. */
    private static final Set<String> OWN = Set.of(
            ProducerConfig.ACKS_CONFIG,
            ProducerConfig.BOOTSTRAP_SERVERS_CONFIG,
            ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG,
            ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG,
            ProducerConfig.INTERCEPTOR_CLASSES_CONFIG,
            ProducerConfig.KEY_SERIALIZER_CLASS_CONFIG,
            ProducerConfig.LINGER_MS_CONFIG,
            ProducerConfig.MAX_BLOCK_MS_CONFIG,
            ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION,
            ProducerConfig.PARTITIONER_CLASS_CONFIG,
            ProducerConfig.PARTITIONER_IGNORE_KEYS_CONFIG,
            ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG,
            ProducerConfig.RETRIES_CONFIG,
            ProducerConfig.TRANSACTIONAL_ID_CONFIG,
            ProducerConfig.TRANSACTION_TIMEOUT_CONFIG,
            ProducerConfig.TRANSACTION_TWO_PHASE_COMMIT_ENABLE_CONFIG,
            ProducerConfig.VALUE_SERIALIZER_CLASS_CONFIG);

    private static final int MEBIBYTE = 1 << 20;

    /** The largest event with all its headers, also in base64; the broker says what it takes. */
    private static final int LARGEST_RECORD = 32 * MEBIBYTE;

    /** What is neither sent nor answered yet, of all lanes: as much as eight of them may have in one batch each. */
    private static final int BUFFER = 32 * MEBIBYTE;

    private KafkaProperties() {}

    /** The names that can be set, sorted. */
    public static Set<String> names() {
        return KNOWN.keySet().stream()
                .filter(name -> !OWN.contains(name))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** Whether {@code name} is one that the sink sets itself. */
    public static boolean isOwn(String name) {
        return OWN.contains(name);
    }

    /**
     * Why {@code value} cannot be that of the property {@code name}, which is one of {@link #names}; empty if it can. The
     * text follows the name of a setting and does not show the value, which may be secret.
     */
    public static Optional<String> problem(String name, String value) {
        ConfigDef.ConfigKey key = KNOWN.get(name);
        if (key == null) {
            throw new IllegalArgumentException("the client has no property " + name);
        }
        try {
            Object parsed = ConfigDef.parseType(name, value, key.type);
            if (key.validator != null) {
                key.validator.ensureValid(name, parsed);
            }
            return Optional.empty();
        } catch (ConfigException e) {
            return Optional.of("is no value that the client takes: it must be of the type " + key.type
                    + (key.validator == null ? "" : " and one of " + key.validator));
        }
    }

    /**
     * For the producer. What a record waits for is over before the lane gives it up: to get into the buffer, and then
     * to be delivered, with one request that may fail.
     */
    static Properties producer(KafkaSink.Settings settings) {
        int quarter = (int) Math.max(2, settings.timeout().toMillis() / 4);
        Properties properties = new Properties();
        properties.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, LARGEST_RECORD);
        properties.put(ProducerConfig.BUFFER_MEMORY_CONFIG, (long) BUFFER);
        properties.putAll(settings.properties());
        properties.put(ProducerConfig.BOOTSTRAP_SERVERS_CONFIG, settings.bootstrap());
        properties.put(ProducerConfig.ACKS_CONFIG, "all");
        properties.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, true);
        properties.put(ProducerConfig.LINGER_MS_CONFIG, 0L); // a lane waits for nothing that could go
        properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, (long) quarter);
        properties.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, 3 * quarter);
        properties.put(ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, 3 * quarter / 2);
        return properties;
    }

    /** For the client that looks at topics. */
    static Properties admin(KafkaSink.Settings settings) {
        int quarter = (int) Math.max(2, settings.timeout().toMillis() / 4);
        Properties properties = new Properties();
        settings.properties().forEach((name, value) -> {
            if (AdminClientConfig.configNames().contains(name)) {
                properties.put(name, value);
            }
        });
        properties.put(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, settings.bootstrap());
        properties.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, 3 * quarter);
        properties.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, 3 * quarter / 2);
        return properties;
    }
}
