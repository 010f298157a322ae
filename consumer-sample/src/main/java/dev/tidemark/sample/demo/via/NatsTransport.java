package dev.tidemark.sample.demo.via;

import dev.tidemark.inbox.NatsSubscription;
import io.nats.client.Connection;
import io.nats.client.JetStreamApiException;
import io.nats.client.Nats;
import io.nats.client.Options;
import io.nats.client.api.ConsumerInfo;
import io.nats.client.api.StreamConfiguration;
import java.io.IOException;

/** A stream for each service, in files. */
@SuppressWarnings("try") // its connection may be interrupted when it is closed, which ends the demo
record NatsTransport(Place place) implements Transport {

    @Override
    public String sink() {
        return "nats: { url: \"" + place.address() + "\", subject: \"" + place.service()
                + ".{aggregatetype}\", stream: " + place.service() + " }";
    }

    @Override
    public void prepare() throws IOException, InterruptedException {
        try (Connection connection = Nats.connect(place.address().toString())) {
            connection
                    .jetStreamManagement()
                    .addStream(StreamConfiguration.builder()
                            .name(place.service())
                            .subjects(subjects())
                            .build());
        } catch (JetStreamApiException e) {
            throw new IllegalStateException("the stream " + place.service() + " cannot be made: " + e.getMessage(), e);
        }
    }

    @Override
    public long left() throws Exception {
        try (Connection connection = Nats.connect(place.address().toString())) {
            ConsumerInfo info = connection.jetStreamManagement().getConsumerInfo(place.service(), place.service());
            return info.getNumPending() + info.getNumAckPending();
        }
    }

    private String subjects() {
        return place.service() + ".>";
    }

    @Override
    public Opened open(Receiving receiving) {
        NatsSubscription.Builder subscription = NatsSubscription.builder()
                .inbox(receiving.inbox())
                .dataSource(receiving.database())
                .server(Options.builder().server(place.address().toString()).build())
                .stream(place.service())
                .subject(subjects());
        receiving.handle((type, handler) -> subscription.on(type, handler));
        return Opened.of(subscription.build().start());
    }
}
