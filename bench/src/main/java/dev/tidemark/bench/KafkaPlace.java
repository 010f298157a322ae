package dev.tidemark.bench;

import dev.tidemark.testkit.Broker;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** A topic of Kafka, one broker, four partitions. */
final class KafkaPlace implements Destination {

    private static final int PARTITIONS = 4;
    private static final Duration POLL = Duration.ofMillis(200);

    private final Broker broker = Broker.kafka();
    private final String bootstrap = broker.host() + ":" + broker.port();

    @Override
    public String open(String run) {
        return "kafka: { bootstrap: \"" + bootstrap + "\", topic: " + run + ", create: { partitions: " + PARTITIONS
                + ", replication: 1 } }";
    }

    @Override
    public void read(String run, Gate gate) {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", bootstrap);
        properties.put("allow.auto.create.topics", false);
        ByteArrayDeserializer bytes = new ByteArrayDeserializer();
        List<TopicPartition> all = IntStream.range(0, PARTITIONS)
                .mapToObj(partition -> new TopicPartition(run, partition))
                .toList();
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(properties, bytes, bytes)) {
            consumer.assign(all);
            consumer.seekToBeginning(all);
            Map<TopicPartition, Long> ends = consumer.endOffsets(all);
            while (all.stream().anyMatch(one -> consumer.position(one) < ends.getOrDefault(one, 0L))) {
                consumer.poll(POLL).forEach(message -> gate.arrived(Workload.findNumber(message.value())));
            }
        }
    }

    @Override
    public void close() {
        broker.close();
    }
}
