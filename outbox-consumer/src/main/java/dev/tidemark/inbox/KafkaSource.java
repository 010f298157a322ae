package dev.tidemark.inbox;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.NoOffsetForPartitionException;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.PartitionInfo;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Topics of Kafka. */
final class KafkaSource implements Source {

    private static final Logger log = LoggerFactory.getLogger(KafkaSource.class);
    private static final Duration POLL = Duration.ofMillis(100);
    private static final Duration ANSWER = Duration.ofSeconds(10);

    private final String bootstrap;
    private final List<String> topics;
    private final String group;
    private final Map<String, String> properties;

    KafkaSource(String bootstrap, List<String> topics, String group, Map<String, String> properties) {
        this.bootstrap = bootstrap;
        this.topics = topics;
        this.group = group;
        this.properties = properties;
    }

    @Override
    public String place() {
        return "Kafka at " + bootstrap + ", group " + group;
    }

    @Override
    public void read(Term term) throws InterruptedException {
        ByteArrayDeserializer bytes = new ByteArrayDeserializer();
        try (KafkaConsumer<byte[], byte @Nullable []> consumer = new KafkaConsumer<>(settings(), bytes, bytes)) {
            requireTopics(consumer);
            KafkaPartitions partitions = new KafkaPartitions(consumer, term);
            consumer.subscribe(topics, partitions);
            while (!term.isStopping()) {
                try {
                    partitions.take(consumer.poll(POLL));
                    term.reads();
                } catch (NoOffsetForPartitionException e) {
                    begin(consumer, e.partitions());
                } catch (OffsetOutOfRangeException e) {
                    throw new IllegalStateException(deleted(consumer, e), e);
                }
            }
        } catch (InterruptException e) {
            throw new InterruptedException();
        }
    }

    /** Kafka cannot tell a new group from one whose offsets have expired. */
    private void begin(KafkaConsumer<?, ?> consumer, Set<TopicPartition> partitions) {
        consumer.seekToBeginning(partitions);
        consumer.beginningOffsets(partitions, ANSWER).forEach((partition, first) -> {
            if (first > 0) {
                log.warn(
                        "{}: the group has no offset for {} and begins with {}, the oldest record that is there. Earlier ones"
                                + " were deleted; if the group is not new, events may be lost",
                        place(),
                        partition,
                        first);
            }
        });
    }

    private void requireTopics(KafkaConsumer<?, ?> consumer) {
        for (String topic : topics) {
            List<PartitionInfo> partitions;
            try {
                partitions = consumer.partitionsFor(topic, ANSWER);
            } catch (UnknownTopicOrPartitionException e) {
                partitions = List.of();
            }
            if (partitions == null || partitions.isEmpty()) {
                throw new IllegalStateException("the topic " + topic + " is not there; it is waited for");
            }
        }
    }

    private String deleted(KafkaConsumer<?, ?> consumer, OffsetOutOfRangeException failure) {
        StringBuilder text = new StringBuilder();
        failure.offsetOutOfRangePartitions()
                .forEach((partition, offset) -> text.append("of ")
                        .append(partition)
                        .append(" the offset ")
                        .append(offset)
                        .append(" is next, but there are ")
                        .append(bounds(consumer, partition))
                        .append("; "));
        return text
                + "events were deleted before they were read, or the group's offsets are wrong. Nothing is read until"
                + " somebody sets them: kafka-consumer-groups.sh --group " + group + " --reset-offsets --to-earliest …";
    }

    private static String bounds(KafkaConsumer<?, ?> consumer, TopicPartition partition) {
        try {
            List<TopicPartition> one = List.of(partition);
            return consumer.beginningOffsets(one, ANSWER).get(partition) + " to "
                    + consumer.endOffsets(one, ANSWER).get(partition);
        } catch (KafkaException e) {
            return "others";
        }
    }

    private Properties settings() {
        Properties all = new Properties();
        all.putAll(properties);
        all.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap);
        all.put(ConsumerConfig.GROUP_ID_CONFIG, group);
        all.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        all.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none"); // neither "earliest" nor "latest" says what was lost
        all.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, false);
        return all;
    }
}
