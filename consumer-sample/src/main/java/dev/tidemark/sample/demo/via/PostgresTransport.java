package dev.tidemark.sample.demo.via;

import dev.tidemark.inbox.IncomingSubscription;

/** The table {@code incoming} in the database of the service, where {@code tidemark migrate} has made it. */
record PostgresTransport(Place place) implements Transport {

    @Override
    public String sink() {
        return "postgres: { url: \"" + place.database().url() + "\", user: "
                + place.database().user() + ", password: '"
                + place.database().password().replace("'", "''") + "' }";
    }

    @Override
    public Opened open(Receiving receiving) {
        IncomingSubscription.Builder subscription =
                IncomingSubscription.builder().inbox(receiving.inbox()).dataSource(receiving.database());
        receiving.handle((type, handler) -> subscription.on(type, handler));
        subscription.build().start();
        return Opened.atOnce();
    }
}
