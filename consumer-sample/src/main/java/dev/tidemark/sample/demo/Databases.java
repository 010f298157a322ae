package dev.tidemark.sample.demo;

import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.PostgresServer;

/** One for each service. Only the demo knows them all. */
record Databases(Database users, Database orders, Database inventory) {

    static Databases create(PostgresServer server) {
        return new Databases(
                server.createDatabase("users"), server.createDatabase("orders"), server.createDatabase("inventory"));
    }

    /** The one of {@code service}. */
    Database of(String service) {
        return switch (service) {
            case "users" -> users;
            case "orders" -> orders;
            case "inventory" -> inventory;
            default -> throw new IllegalArgumentException("there is no service " + service);
        };
    }

    /** The one whose outbox {@code subscription} hears of. */
    Database source(Subscription subscription) {
        return of(subscription.source());
    }
}
