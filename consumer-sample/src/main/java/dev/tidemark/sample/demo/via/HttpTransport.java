package dev.tidemark.sample.demo.via;

import dev.tidemark.inbox.HttpSubscription;
import java.io.IOException;
import java.net.InetSocketAddress;

/** CloudEvents over HTTP, to a server that the subscription brings along. */
record HttpTransport(Place place) implements Transport {

    static final String PATH = "/events";

    @Override
    public String sink() {
        return "http: { url: \"" + place.address() + "\" }";
    }

    @Override
    public Opened open(Receiving receiving) throws IOException {
        HttpSubscription.Builder subscription = HttpSubscription.builder()
                .inbox(receiving.inbox())
                .dataSource(receiving.database())
                .path(PATH);
        receiving.handle((type, handler) -> subscription.on(type, handler));
        subscription
                .build()
                .start(new InetSocketAddress(
                        place.address().getHost(), place.address().getPort()));
        return Opened.atOnce();
    }
}
