package dev.tidemark.sample.demo.via;

import dev.tidemark.inbox.KafkaSubscription;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.NewTopic;

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
        try (Admin admin = Admin.create(Map.of(AdminClientConfig.BOOTSTRAP_SERVERS_CONFIG, place.authority()))) {
            admin.createTopics(List.of(topic)).all().get();
        } catch (ExecutionException e) {
            throw new IllegalStateException("the topic " + topic.name() + " cannot be made: " + e.getMessage(), e);
        }
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
