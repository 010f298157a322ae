package dev.tidemark.relay.sink;

import dev.tidemark.envelope.Envelope;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Sends each envelope to a topic of Kafka, by one idempotent producer that all lanes share. Only what all replicas in
 * sync have counts; what another answer means is decided by {@link KafkaOutcome}.
 *
 * <p>Many records of a batch are under way at once, but never two of one aggregate; the producer puts them together.
 * A record that is given up may still be written, but not behind what is sent later: it waits in the same queue, and
 * when its time is up the producer goes on with a higher epoch, with which the broker refuses the older one. That
 * holds for one producer, so that it is kept unless Kafka refuses it.
 */
public final class KafkaSink implements Sink {

    private final Settings settings;
    private final KafkaLink link;
    private final KafkaTopics topics;

    /** A sink that looks at once whether its topic is there, if it has only one, and says so in the log. */
    public KafkaSink(Settings settings) {
        this.settings = settings;
        this.link = new KafkaLink(settings);
        this.topics = new KafkaTopics(settings);
        settings.topic().fixed().ifPresent(topic -> link.whenConnected(clients -> topics.sayAtStart(topic, clients)));
    }

    @Override
    public List<Delivery> deliver(List<Envelope> batch) throws InterruptedException {
        KafkaLink.Clients clients;
        Map<String, String> unfit;
        try {
            clients = link.clients().get(settings.timeout().toNanos(), TimeUnit.NANOSECONDS);
            unfit = topics.unfit(names(batch), clients.admin());
        } catch (ExecutionException e) {
            return Pipeline.notBegun(batch, settings.place() + ": " + KafkaOutcome.whyNotConnected(e));
        } catch (TimeoutException e) {
            return Pipeline.notBegun(
                    batch,
                    settings.place() + ": no connection within "
                            + settings.timeout().toMillis() + " ms");
        }
        KafkaWay way = new KafkaWay(settings, link, clients, topics, unfit);
        return new Pipeline(batch, way, settings.timeout(), batch.size()).deliver();
    }

    private Set<String> names(List<Envelope> batch) {
        return batch.stream()
                .map(settings.topic()::fill)
                .filter(KafkaTopics::isName)
                .collect(Collectors.toSet());
    }

    /** Idempotent. What is under way is given up. */
    @Override
    public void close() {
        link.close();
    }

    /** How a CloudEvent is put into a record. */
    public enum Mode {
        /** Attributes in headers, data in the value. */
        BINARY,
        /** All in one JSON value. */
        STRUCTURED
    }

    /**
     * How a topic is made that is not there.
     *
     * @param partitions which say how many consumers can share it, and should never change: keys would move
     * @param replication how many brokers have each partition
     */
    public record NewTopics(int partitions, int replication) {}

    /**
     * How the sink is set up.
     *
     * @param bootstrap {@code host:port}, several with commas
     * @param topic of an event
     * @param create how topics are made; null if they never are
     * @param timeout for a connection, and for the acknowledgement of each event
     * @param properties of the client; see {@link KafkaProperties}
     */
    public record Settings(
            String bootstrap,
            Template topic,
            Mode mode,
            @Nullable NewTopics create,
            Duration timeout,
            Map<String, String> properties) {

        public Settings {
            properties = Map.copyOf(properties);
            if (timeout.isZero() || timeout.isNegative()) {
                throw new IllegalArgumentException("timeout must be more than zero, but was: " + timeout);
            }
        }

        /** For people. */
        String place() {
            return "Kafka at " + bootstrap;
        }

        /** Without secrets. */
        @Override
        public String toString() {
            return place() + ", topic " + topic + ", " + mode + ", create " + create + ", timeout " + timeout
                    + ", properties " + properties.keySet();
        }
    }
}
