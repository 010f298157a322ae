package dev.tidemark.sample.demo.via;

import com.rabbitmq.client.Channel;
import com.rabbitmq.client.Connection;
import com.rabbitmq.client.ConnectionFactory;
import dev.tidemark.inbox.RabbitSubscription;
import java.io.IOException;
import java.util.concurrent.TimeoutException;

/** A quorum queue of a single active consumer for each service, behind an exchange; the relay makes both. */
record RabbitTransport(Place place) implements Transport {

    @Override
    public String sink() {
        return "rabbitmq: { url: \"amqp://" + place.authority() + "\", exchange: " + place.service()
                + ", routingkey: \"{aggregatetype}.{type}\", create: { queue: " + place.service() + " } }";
    }

    private ConnectionFactory server() {
        ConnectionFactory server = new ConnectionFactory();
        server.setHost(place.address().getHost());
        server.setPort(place.address().getPort());
        return server;
    }

    /** Without those that a consumer has: when it dies, they are there again at once. */
    @Override
    public long left() throws IOException, TimeoutException {
        try (Connection connection = server().newConnection();
                Channel channel = connection.createChannel()) {
            return channel.messageCount(place.service());
        }
    }

    @Override
    public Opened open(Receiving receiving) {
        RabbitSubscription.Builder subscription = RabbitSubscription.builder()
                .inbox(receiving.inbox())
                .dataSource(receiving.database())
                .connection(server())
                .queue(place.service());
        receiving.handle((type, handler) -> subscription.on(type, handler));
        return Opened.of(subscription.build().start());
    }
}
