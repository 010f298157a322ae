package dev.tidemark.relay.sink;

import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaException;

/**
 * What Kafka says to the user of a sink, before any event is sent.
 *
 * @param unreachable why it cannot be asked; empty if it can
 * @param brokers how many there are
 * @param unfit why nothing can be sent to the topic, if the sink has only one; empty if something can
 */
public record KafkaLook(String unreachable, int brokers, String unfit) {

    /**
     * Asks, as the sink would, but makes nothing.
     *
     * @param most how long it may take, if the sink itself would wait longer
     */
    public static KafkaLook at(KafkaSink.Settings settings, Duration most) throws InterruptedException {
        KafkaSink.Settings asking = new KafkaSink.Settings(
                settings.bootstrap(),
                settings.topic(),
                settings.mode(),
                null,
                settings.timeout().compareTo(most) < 0 ? settings.timeout() : most,
                settings.properties());
        try (Admin admin = Admin.create(KafkaProperties.admin(asking))) {
            int brokers = admin.describeCluster().nodes().get().size();
            String topic = settings.topic().fixed().orElse("");
            Map<String, String> unfit =
                    topic.isEmpty() ? Map.of() : new KafkaTopics(asking).unfit(Set.of(topic), admin);
            String why = unfit.getOrDefault(topic, "");
            boolean willBeMade = why.equals(KafkaTopics.MISSING) && settings.create() != null;
            return new KafkaLook("", brokers, willBeMade || why.isEmpty() ? "" : "topic " + topic + ": " + why);
        } catch (ExecutionException | KafkaException e) {
            return new KafkaLook(KafkaOutcome.whyNotConnected(e), 0, "");
        }
    }
}
