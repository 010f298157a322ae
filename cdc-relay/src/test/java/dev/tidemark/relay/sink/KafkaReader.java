package dev.tidemark.relay.sink;

import dev.tidemark.envelope.Envelope;
import dev.tidemark.testkit.Broker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Looks into Kafka as others do. */
final class KafkaReader {

    private static final Duration POLL = Duration.ofSeconds(1);

    private KafkaReader() {}

    static String bootstrap(Broker broker) {
        return broker.host() + ":" + broker.port();
    }

    /** All of {@code topic}, in the order of each partition. */
    static List<Envelope> events(Broker broker, String topic) {
        return records(broker, topic).stream()
                .map(written -> KafkaDestination.read(written.headers().toArray(), written.value()))
                .toList();
    }

    static List<ConsumerRecord<byte[], byte[]>> records(Broker broker, String topic) {
        int partitions = partitions(broker, topic);
        List<TopicPartition> all = new ArrayList<>();
        for (int i = 0; i < partitions; i++) {
            all.add(new TopicPartition(topic, i));
        }
        Properties properties = new Properties();
        properties.put("bootstrap.servers", bootstrap(broker));
        properties.put("allow.auto.create.topics", false);
        properties.put("max.partition.fetch.bytes", 8 << 20);
        properties.put("fetch.max.wait.ms", 10); // at the end it asks for more, and its close waits for that answer
        List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
        ByteArrayDeserializer bytes = new ByteArrayDeserializer();
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(properties, bytes, bytes)) {
            consumer.assign(all);
            consumer.seekToBeginning(all);
            Map<TopicPartition, Long> ends = consumer.endOffsets(all);
            while (all.stream().anyMatch(one -> consumer.position(one) < ends.getOrDefault(one, 0L))) {
                consumer.poll(POLL).forEach(records::add);
            }
        }
        return records;
    }

    /** 0 if there is no such topic. */
    static int partitions(Broker broker, String topic) {
        try (Admin admin = admin(broker)) {
            return await(admin.describeTopics(Set.of(topic)).allTopicNames())
                    .values()
                    .iterator()
                    .next()
                    .partitions()
                    .size();
        } catch (UnknownTopicOrPartitionException e) {
            return 0;
        }
    }

    static void create(Broker broker, String topic, int partitions, Map<String, String> settings) {
        try (Admin admin = admin(broker)) {
            NewTopic made = new NewTopic(topic, partitions, (short) 1).configs(settings);
            await(admin.createTopics(Set.of(made)).all());
        }
    }

    static void delete(Broker broker, String topic) {
        try (Admin admin = admin(broker)) {
            await(admin.deleteTopics(Set.of(topic)).all());
        }
    }

    private static Admin admin(Broker broker) {
        return Admin.create(Map.of("bootstrap.servers", bootstrap(broker)));
    }

    private static <T> T await(KafkaFuture<T> answer) {
        try {
            return answer.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException refusal) {
                throw refusal;
            }
            throw new IllegalStateException("Kafka refuses", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while Kafka was asked", e);
        }
    }
}
