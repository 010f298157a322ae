package dev.tidemark.sample.demo.via;

import com.rabbitmq.client.ConnectionFactory;
import dev.tidemark.inbox.RabbitSubscription;

/** A quorum queue of a single active consumer for each service, behind an exchange; the relay makes both. */
record RabbitTransport(Place place) implements Transport {

    @Override
    public String sink() {
        return "rabbitmq: { url: \"amqp://" + place.authority() + "\", exchange: " + place.service()
                + ", routingkey: \"{aggregatetype}.{type}\", create: { queue: " + place.service() + " } }";
    }

    @Override
    public Opened open(Receiving receiving) {
        ConnectionFactory server = new ConnectionFactory();
        server.setHost(place.address().getHost());
        server.setPort(place.address().getPort());
        RabbitSubscription.Builder subscription = RabbitSubscription.builder()
                .inbox(receiving.inbox())
                .dataSource(receiving.database())
                .connection(server)
                .queue(place.service());
        receiving.handle((type, handler) -> subscription.on(type, handler));
        return Opened.of(subscription.build().start());
    }
}
