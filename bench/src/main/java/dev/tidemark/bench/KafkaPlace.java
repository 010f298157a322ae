package dev.tidemark.bench;

import dev.tidemark.testkit.Broker;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** A topic of Kafka, one broker, four partitions. */
final class KafkaPlace implements Countable {

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
    public Told openForServer(String run) throws Exception {
        try (Admin admin = admin()) {
            admin.createTopics(List.of(new NewTopic(run, PARTITIONS, (short) 1)))
                    .all()
                    .get();
        }
        return new Told(
                run,
                Map.of(
                        "type",
                        "kafka",
                        "kafka.producer.bootstrap.servers",
                        bootstrap,
                        "kafka.producer.key.serializer",
                        StringSerializer.class.getName(),
                        "kafka.producer.value.serializer",
                        StringSerializer.class.getName(),
                        "kafka.producer.acks",
                        "all"),
                Map.of(
                        "kafka.producer.linger.ms", "5",
                        "kafka.producer.batch.size", "131072"),
                Map.of());
    }

    private Admin admin() {
        return Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, bootstrap));
    }

    @Override
    public Counter counter(String run) {
        Admin admin = admin();
        Map<TopicPartition, OffsetSpec> ends = partitions(run).stream()
                .collect(Collectors.toMap(Function.identity(), partition -> OffsetSpec.latest()));
        return new Counter() {
            @Override
            public long count() throws Exception {
                return admin.listOffsets(ends).all().get().values().stream()
                        .mapToLong(ListOffsetsResultInfo::offset)
                        .sum();
            }

            @Override
            public void close() {
                admin.close();
            }
        };
    }

    private static List<TopicPartition> partitions(String run) {
        return IntStream.range(0, PARTITIONS)
                .mapToObj(partition -> new TopicPartition(run, partition))
                .toList();
    }

    @Override
    public void read(String run, Gate gate) {
        Properties properties = new Properties();
        properties.put("bootstrap.servers", bootstrap);
        properties.put("allow.auto.create.topics", false);
        ByteArrayDeserializer bytes = new ByteArrayDeserializer();
        List<TopicPartition> all = partitions(run);
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
