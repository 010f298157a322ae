package dev.tidemark.sample.demo;

import java.util.Arrays;

/** Who hears whom: one relay each, from the database of a source to a service. */
enum Subscription {
    USERS_TO_ORDERS("users", "orders"),
    ORDERS_TO_INVENTORY("orders", "inventory"),
    INVENTORY_TO_ORDERS("inventory", "orders");

    private final String source;
    private final String subscriber;

    Subscription(String source, String subscriber) {
        this.source = source;
        this.subscriber = subscriber;
    }

    /** The service that writes the events, and the name of its database and of its relay. */
    String source() {
        return source;
    }

    /** The service that they are delivered to. */
    String subscriber() {
        return subscriber;
    }

    static Subscription ofSource(String source) {
        return Arrays.stream(values())
                .filter(subscription -> subscription.source.equals(source))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("nobody in the demo writes as " + source));
    }

    @Override
    public String toString() {
        return source + " → " + subscriber;
    }
}
