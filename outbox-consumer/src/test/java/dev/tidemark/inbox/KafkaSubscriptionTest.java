package dev.tidemark.inbox;

import static dev.tidemark.inbox.Fixtures.user;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.tidemark.envelope.CloudEventsKafka;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.testkit.Broker;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Against Kafka in KRaft mode. */
final class KafkaSubscriptionTest extends SlowSubscriptionContract {

    private static final int PARTITIONS = 3;
    private static final String QUICK = "group.initial.rebalance.delay.ms=0";

    private static Broker broker;

    @BeforeAll
    static void startBroker() {
        broker = Broker.kafka(QUICK);
    }

    @AfterAll
    static void stopBroker() {
        broker.close();
    }

    @Override
    Broker broker() {
        return broker;
    }

    @Override
    Broker ownBroker() {
        return Broker.kafka(QUICK, "offsets.topic.num.partitions=1");
    }

    @Override
    Place place(Broker at) throws Exception {
        Topic topic = new Topic(at, "t-" + UUID.randomUUID(), PARTITIONS);
        topic.make();
        return topic;
    }

    /** A record that is no event holds its partition, so that all must be in one. */
    @Override
    Place lonePlace() throws Exception {
        Topic topic = new Topic(broker, "t-" + UUID.randomUUID(), 1);
        topic.make();
        return topic;
    }

    @Override
    Reading startExample(DataSource database, Handler<SQLException> rename) {
        return Examples.kafka(database, bootstrap(broker), rename);
    }

    @Override
    Place placeOfExample() throws Exception {
        Topic topic = new Topic(broker, "events.user", PARTITIONS);
        topic.make();
        return topic;
    }

    @Override
    Reading startAsStranger(Consumer<BrokerSubscriptionBuilder<?>> settings) {
        String module = "org.apache.kafka.common.security.plain.PlainLoginModule required ";
        Broker guarded = Broker.kafka(
                "listener.security.protocol.map=CLIENTS:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT",
                "sasl.enabled.mechanisms=PLAIN",
                "sasl.mechanism.inter.broker.protocol=PLAIN",
                "listener.name.clients.plain.sasl.jaas.config=" + module
                        + "username=\"admin\" password=\"right\" user_admin=\"right\" user_reader=\"right\";");
        closeAtEnd(guarded);
        KafkaSubscription.Builder subscription = KafkaSubscription.builder()
                .bootstrap(bootstrap(guarded))
                .topics("events")
                .properties(Map.of(
                        "security.protocol",
                        "SASL_PLAINTEXT",
                        "sasl.mechanism",
                        "PLAIN",
                        "sasl.jaas.config",
                        module + "username=\"reader\" password=\"sesame\";"));
        settings.accept(subscription);
        return subscription.build().start();
    }

    /** Kafka's client waits, and says nothing. */
    @Override
    void awaitSilence(Broker frozen, Reading reading) {
        until(() -> {
            try (Admin admin = Admin.create(Map.of(
                    "bootstrap.servers",
                    bootstrap(frozen),
                    "request.timeout.ms",
                    "3000",
                    "default.api.timeout.ms",
                    "4000"))) {
                admin.listTopics().names().get();
                return false;
            } catch (ExecutionException e) {
                return e.getCause() instanceof TimeoutException;
            }
        });
    }

    private static String bootstrap(Broker at) {
        return at.host() + ":" + at.port();
    }

    @Test
    void aTopicThatIsNotThereIsWaitedFor() throws Exception {
        Topic topic = new Topic(broker, "t-" + UUID.randomUUID(), 1);
        try (Reading reading = topic.start(this::common)) {
            until(() -> reading.trouble().orElse("").contains("the topic " + topic.name() + " is not there"));
            topic.make();
            topic.send(user("a", 1).build());
            awaitEffects(1);
            until(() -> reading.trouble().isEmpty());
        }
    }

    @Test
    @SuppressWarnings("try") // it reads while it is open
    void whatWasDeletedBeforeItWasReadIsToldAndNotPassedOver() throws Exception {
        Topic topic = new Topic(broker, "t-" + UUID.randomUUID(), 1);
        topic.make();
        topic.send(user("a", 1).build());
        try (Reading reading = topic.start(this::common)) {
            awaitEffects(1);
        }
        topic.send(user("a", 2).build(), user("a", 3).build(), user("a", 4).build());
        topic.deleteBefore(3);
        try (Reading reading = topic.start(this::common)) {
            until(() -> reading.trouble().orElse("").contains("events were deleted before they were read"));
            assertThat(reading.trouble())
                    .get()
                    .asString()
                    .contains("the offset 1 is next, but there are 3 to 4", "--reset-offsets");
        }
        assertThat(effects("a")).isEqualTo(List.of("1"));
    }

    @Test
    void whatTheSubscriptionDoesItselfCannotBeSet() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> KafkaSubscription.builder().properties(Map.of("enable.auto.commit", "true")))
                .withMessageContaining("enable.auto.commit cannot be set");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> KafkaSubscription.builder().properties(Map.of("max.pol.records", "1")))
                .withMessageContaining("has no property max.pol.records; it has: ")
                .withMessageContaining("max.poll.records");
    }

    private record Topic(Broker broker, String name, int partitions) implements Place {

        private Admin admin() {
            return Admin.create(Map.of("bootstrap.servers", bootstrap(broker)));
        }

        void make() throws Exception {
            try (Admin admin = admin()) {
                admin.createTopics(List.of(new NewTopic(name, partitions, (short) 1)))
                        .all()
                        .get();
            }
        }

        void deleteBefore(long offset) throws Exception {
            try (Admin admin = admin()) {
                admin.deleteRecords(Map.of(new TopicPartition(name, 0), RecordsToDelete.beforeOffset(offset)))
                        .all()
                        .get();
            }
        }

        private KafkaProducer<byte[], byte @Nullable []> producer() {
            return new KafkaProducer<>(
                    Map.of("bootstrap.servers", bootstrap(broker), "acks", "all", "max.request.size", 8 << 20),
                    new ByteArraySerializer(),
                    new ByteArraySerializer());
        }

        @Override
        public void send(Envelope... events) throws Exception {
            try (KafkaProducer<byte[], byte @Nullable []> producer = producer()) {
                for (Envelope event : events) {
                    ProducerRecord<byte[], byte @Nullable []> record =
                            new ProducerRecord<>(name, CloudEventsKafka.key(event), event.data());
                    CloudEventsKafka.headers(event)
                            .forEach((header, value) -> record.headers().add(header, value));
                    producer.send(record).get();
                }
            }
        }

        @Override
        public void sendGarbage() throws Exception {
            try (KafkaProducer<byte[], byte @Nullable []> producer = producer()) {
                producer.send(new ProducerRecord<>(name, new byte[] {1}, new byte[] {2}))
                        .get();
            }
        }

        /** A member of the group whose offsets are never committed. */
        @Override
        public void takeAndDie(int messages) {
            ByteArrayDeserializer bytes = new ByteArrayDeserializer();
            try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                    Map.of(
                            "bootstrap.servers",
                            bootstrap(broker),
                            "group.id",
                            "reporting",
                            "enable.auto.commit",
                            "false",
                            "auto.offset.reset",
                            "earliest"),
                    bytes,
                    bytes)) {
                consumer.subscribe(List.of(name));
                int taken = 0;
                while (taken < messages) {
                    taken += consumer.poll(Duration.ofSeconds(1)).count();
                }
            }
        }

        @Override
        public Reading start(Consumer<BrokerSubscriptionBuilder<?>> settings) {
            KafkaSubscription.Builder subscription = KafkaSubscription.builder()
                    .bootstrap(bootstrap(broker))
                    .topics(name)
                    .group("reporting");
            settings.accept(subscription);
            return subscription.build().start();
        }

        @Override
        public long left() throws Exception {
            try (Admin admin = admin()) {
                Map<TopicPartition, OffsetSpec> ends = IntStream.range(0, partitions)
                        .mapToObj(partition -> new TopicPartition(name, partition))
                        .collect(Collectors.toMap(partition -> partition, partition -> OffsetSpec.latest()));
                Map<TopicPartition, OffsetAndMetadata> committed = admin.listConsumerGroupOffsets("reporting")
                        .partitionsToOffsetAndMetadata()
                        .get();
                return admin.listOffsets(ends).all().get().entrySet().stream()
                        .mapToLong(end -> {
                            OffsetAndMetadata at = committed.get(end.getKey());
                            return end.getValue().offset() - (at == null ? 0 : at.offset());
                        })
                        .sum();
            }
        }
    }
}
