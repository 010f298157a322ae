package dev.tidemark.relay.sink;

import static dev.tidemark.relay.Events.event;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.testkit.Broker;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The same promises with everything in one JSON value. */
@Tag("long")
class KafkaSinkStructuredTest extends SinkContract {

    private static final Duration LONG = Duration.ofSeconds(30);
    private static final String RUN = UUID.randomUUID() + "-";
    private static final AtomicInteger NUMBER = new AtomicInteger();

    private static @Nullable Broker shared;

    private final Broker broker = Objects.requireNonNull(shared);
    private final String topic = RUN + NUMBER.incrementAndGet();
    private final KafkaDestination destination = new KafkaDestination(broker, topic);
    private final KafkaSink sink = sink(destination.place(), topic);

    @BeforeAll
    static void startBroker() {
        shared = Broker.kafka();
    }

    @AfterAll
    static void stopBroker() {
        Broker started = shared;
        if (started != null) { // else the tests are skipped
            started.close();
        }
    }

    @AfterEach
    void close() {
        sink.close();
        destination.close();
    }

    private static KafkaSink sink(String bootstrap, String topic) {
        return new KafkaSink(new KafkaSink.Settings(
                bootstrap,
                Template.of(topic, Template.GROUPS),
                KafkaSink.Mode.STRUCTURED,
                new KafkaSink.NewTopics(1, 1),
                LONG,
                Map.of("batch.size", "1")));
    }

    @Override
    Sink sink() {
        return sink;
    }

    @Override
    Destination destination() {
        return destination;
    }

    @Test
    void everythingIsInTheValue() throws InterruptedException {
        sink.deliver(List.of(event("a", 1)));
        assertThat(KafkaReader.records(broker, topic)).singleElement().satisfies(written -> {
            assertThat(written.key()).isEqualTo("a".getBytes(StandardCharsets.UTF_8));
            assertThat(written.headers().toArray())
                    .singleElement()
                    .satisfies(header -> assertThat(header.value())
                            .isEqualTo("application/cloudevents+json".getBytes(StandardCharsets.UTF_8)));
        });
    }

    @Test
    void aCompactedTopicIsRefusedForItHasNoTombstones() throws InterruptedException {
        KafkaReader.create(broker, topic + ".compacted", 1, Map.of("cleanup.policy", "compact"));
        try (KafkaSink compacted = sink(KafkaReader.bootstrap(broker), topic + ".compacted")) {
            List<Delivery> answer = compacted.deliver(List.of(event("a", 1)));
            assertThat(((Delivery.Retry) answer.get(0)).reason())
                    .endsWith("in structured mode there are none; set kafka.mode to binary");
        }
    }
}
