package dev.tidemark.sample.demo.via;

import dev.tidemark.inbox.KafkaSubscription;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;

/** A topic for each service. */
record KafkaTransport(Place place) implements Transport {

    private static final int PARTITIONS = 4;

    @Override
    public String sink() {
        return "kafka: { bootstrap: \"" + place.authority() + "\", topic: " + place.service() + " }";
    }

    @Override
    public void prepare() throws InterruptedException {
        NewTopic topic = new NewTopic(place.service(), PARTITIONS, (short) 1);
        try (Admin admin = admin()) {
            admin.createTopics(List.of(topic)).all().get();
        } catch (ExecutionException e) {
            throw new IllegalStateException("the topic " + topic.name() + " cannot be made: " + e.getMessage(), e);
        }
    }

    private Admin admin() {
        return Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, place.authority()));
    }

    @Override
    public long left() throws InterruptedException, ExecutionException {
        try (Admin admin = admin()) {
            Map<TopicPartition, OffsetAndMetadata> handled = admin.listConsumerGroupOffsets(place.service())
                    .partitionsToOffsetAndMetadata()
                    .get();
            Map<TopicPartition, OffsetSpec> ends = IntStream.range(0, PARTITIONS)
                    .mapToObj(partition -> new TopicPartition(place.service(), partition))
                    .collect(Collectors.toMap(Function.identity(), partition -> OffsetSpec.latest()));
            return admin.listOffsets(ends).all().get().entrySet().stream()
                    .mapToLong(end -> end.getValue().offset() - offset(handled.get(end.getKey())))
                    .sum();
        }
    }

    private static long offset(@Nullable OffsetAndMetadata handled) {
        return handled == null ? 0 : handled.offset();
    }

    /** With a name that stays: a process that comes back after its death need not wait until its former self is given up. */
    @Override
    public Opened open(Receiving receiving) {
        KafkaSubscription.Builder subscription = KafkaSubscription.builder()
                .inbox(receiving.inbox())
                .dataSource(receiving.database())
                .bootstrap(place.authority())
                .properties(Map.of("group.instance.id", place.service()))
                .topics(place.service());
        receiving.handle((type, handler) -> subscription.on(type, handler));
        return Opened.of(subscription.build().start());
    }
}
