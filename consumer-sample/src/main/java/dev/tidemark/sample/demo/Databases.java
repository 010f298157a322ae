package dev.tidemark.sample.demo;

import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.PostgresServer;

/** One for each service. Only the demo knows them all. */
record Databases(Database users, Database orders, Database inventory) {

    static Databases create(PostgresServer server) {
        return new Databases(
                server.createDatabase("users"), server.createDatabase("orders"), server.createDatabase("inventory"));
    }

    /** The one whose outbox {@code subscription} hears of. */
    Database source(Subscription subscription) {
        return switch (subscription) {
            case USERS_TO_ORDERS -> users;
            case ORDERS_TO_INVENTORY -> orders;
            case INVENTORY_TO_ORDERS -> inventory;
        };
    }
}
