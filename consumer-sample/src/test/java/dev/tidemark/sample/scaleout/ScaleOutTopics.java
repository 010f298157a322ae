package dev.tidemark.sample.scaleout;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.envelope.CloudEventsKafka;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.testkit.Broker;
import dev.tidemark.testkit.HistoryChecker;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsOptions;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;

/** All that is in the topics, read once more from their beginning. */
final class ScaleOutTopics {

    private final Broker kafka;

    ScaleOutTopics(Broker kafka) {
        this.kafka = kafka;
    }

    /** Whether a committed record of a type is there. */
    boolean hasBegun(String type) throws InterruptedException {
        String topic = "events." + type;
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", kafka.host() + ":" + kafka.port()))) {
            Map<TopicPartition, OffsetSpec> latest =
                    admin.describeTopics(List.of(topic)).allTopicNames().get().values().stream()
                            .flatMap(description -> description.partitions().stream())
                            .collect(Collectors.toMap(
                                    partition -> new TopicPartition(topic, partition.partition()),
                                    partition -> OffsetSpec.latest()));
            return admin
                    .listOffsets(latest, new ListOffsetsOptions(IsolationLevel.READ_COMMITTED))
                    .all()
                    .get()
                    .values()
                    .stream()
                    .anyMatch(end -> end.offset() > 0);
        } catch (ExecutionException notYet) {
            return false;
        }
    }

    /**
     * Tells {@code history} of each record, and compares it with the event, byte for byte.
     *
     * @return how many there are
     */
    int compare(Map<UUID, Envelope> written, HistoryChecker history) {
        try (KafkaConsumer<byte[], byte @Nullable []> consumer = consumer()) {
            List<TopicPartition> partitions = Stream.concat(
                            ScaleOutWriters.TYPES.stream(), Stream.of(ScaleOutImport.TYPE))
                    .flatMap(type -> partitions(consumer, type).stream())
                    .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            int records = 0;
            while (partitions.stream()
                    .anyMatch(partition -> consumer.position(partition) < ends.getOrDefault(partition, 0L))) {
                for (ConsumerRecord<byte[], byte @Nullable []> record : consumer.poll(Duration.ofSeconds(1))) {
                    compare(record, written, history);
                    records++;
                }
            }
            return records;
        }
    }

    private KafkaConsumer<byte[], byte @Nullable []> consumer() {
        ByteArrayDeserializer bytes = new ByteArrayDeserializer();
        return new KafkaConsumer<>(
                Map.of(
                        "bootstrap.servers",
                        kafka.host() + ":" + kafka.port(),
                        "isolation.level",
                        "read_committed",
                        "enable.auto.commit",
                        "false"),
                bytes,
                bytes);
    }

    private static List<TopicPartition> partitions(KafkaConsumer<byte[], byte @Nullable []> consumer, String type) {
        return consumer.partitionsFor("events." + type).stream()
                .map(partition -> new TopicPartition(partition.topic(), partition.partition()))
                .toList();
    }

    private static void compare(
            ConsumerRecord<byte[], byte @Nullable []> record, Map<UUID, Envelope> written, HistoryChecker history) {
        Map<String, List<byte @Nullable []>> headers = new HashMap<>();
        for (Header header : record.headers()) {
            headers.computeIfAbsent(header.key(), name -> new ArrayList<>()).add(header.value());
        }
        Envelope event = CloudEventsKafka.read(headers, record.value());
        history.delivered("topics", event.id(), event.aggregate().toString(), event.aggregateVersion());
        Envelope expected = written.get(event.id());
        if (expected != null) {
            assertThat(text(event)).isEqualTo(text(expected));
            assertThat(record.value()).isEqualTo(expected.data());
            assertThat(new String(record.key(), StandardCharsets.UTF_8))
                    .isEqualTo(expected.aggregate().id());
            assertThat(record.topic())
                    .isEqualTo("events." + expected.aggregate().type());
        }
    }

    /** All attributes, as the relay would write them. */
    private static Map<String, String> text(Envelope event) {
        return CloudEventsKafka.headers(event).entrySet().stream()
                .collect(Collectors.toMap(
                        Map.Entry::getKey,
                        header -> new String(header.getValue(), StandardCharsets.UTF_8),
                        (one, other) -> other,
                        TreeMap::new));
    }
}
