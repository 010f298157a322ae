package dev.tidemark.inbox;

import static java.util.Objects.requireNonNull;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.kafka.clients.consumer.ConsumerConfig;

/**
 * Handles the events in topics of Kafka, as a member of a consumer group: in order per partition and aggregate, each in a
 * transaction of its own. Offsets are committed after that, so that nothing is passed over.
 *
 * <pre>{@code
 * try (Reading reading = KafkaSubscription.builder()
 *         .inbox(Inbox.of("reporting"))
 *         .dataSource(pool)
 *         .bootstrap("kafka1:9092,kafka2:9092")
 *         .topics("events.user")
 *         .on("com.example.user.renamed", (tx, event) -> reports.rename(tx, event))
 *         .build()
 *         .start()) { … }
 * }</pre>
 *
 * <p>A group that has no offsets begins with what is oldest in the topics, and warns if that is not the first record. Where
 * the group has an offset and its record was deleted before it was read, it stops and says so, and somebody has to set it.
 *
 * <p>Needs {@code org.apache.kafka:kafka-clients} on the class path.
 */
public final class KafkaSubscription {

    private final Intake intake;
    private final SubscriptionSettings settings;
    private final KafkaSource source;

    private KafkaSubscription(Builder b) {
        this.intake = b.intake();
        this.settings = b.settings();
        if (b.bootstrap.isEmpty()) {
            throw new IllegalArgumentException(
                    "bootstrap is required, such as .bootstrap(\"kafka1:9092,kafka2:9092\")");
        }
        if (b.topics.isEmpty()) {
            throw new IllegalArgumentException("topics are required, such as .topics(\"events.user\")");
        }
        String group = b.group.isEmpty() ? settings.consumer() : b.group;
        this.source = new KafkaSource(b.bootstrap, b.topics, group, Map.copyOf(b.properties));
    }

    public static Builder builder() {
        return new Builder();
    }

    /** Begins to read, on threads of its own, until what is returned is closed. Returns at once. */
    public Reading start() {
        return new Reading(source, settings, intake).start();
    }

    /** Collects the settings of a {@link KafkaSubscription}; for one thread. */
    public static final class Builder extends BrokerSubscriptionBuilder<Builder> {

        /** Nothing is lost and nothing passed over because of these. */
        private static final Set<String> OWN = Set.of(
                ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG,
                ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
                ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG,
                ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG,
                ConsumerConfig.GROUP_ID_CONFIG,
                ConsumerConfig.KEY_DESERIALIZER_CLASS_CONFIG,
                ConsumerConfig.VALUE_DESERIALIZER_CLASS_CONFIG);

        private String bootstrap = "";
        private String group = "";
        private List<String> topics = List.of();
        private final Map<String, String> properties = new HashMap<>();

        private Builder() {}

        @Override
        Builder self() {
            return this;
        }

        /** {@code host:port} of some brokers, with commas; required. */
        public Builder bootstrap(String bootstrap) {
            this.bootstrap = requireNonNull(bootstrap, "bootstrap");
            return this;
        }

        /** What is read; required. A topic that is not there is waited for. */
        public Builder topics(String... topics) {
            this.topics = List.of(topics);
            return this;
        }

        /** The consumer group; that of the inbox's consumer by default. */
        public Builder group(String group) {
            this.group = requireNonNull(group, "group");
            return this;
        }

        /**
         * Further properties of Kafka's consumer, such as those of TLS and SASL.
         *
         * @throws IllegalArgumentException if one is not known, or is the subscription's own affair
         */
        public Builder properties(Map<String, String> properties) {
            properties.forEach((name, value) -> {
                if (OWN.contains(name)) {
                    throw new IllegalArgumentException(
                            name + " cannot be set: the subscription does that itself, so that nothing is lost");
                }
                if (!ConsumerConfig.configNames().contains(name)) {
                    throw new IllegalArgumentException("Kafka's consumer has no property " + name + "; it has: "
                            + new TreeSet<>(ConsumerConfig.configNames()));
                }
                this.properties.put(name, requireNonNull(value, name));
            });
            return this;
        }

        /**
         * The subscription. Nothing runs yet.
         *
         * @throws NullPointerException if inbox or data source is missing
         * @throws IllegalArgumentException if the brokers or topics are
         */
        public KafkaSubscription build() {
            return new KafkaSubscription(this);
        }
    }
}
