package dev.tidemark.sample.demo;

import com.zaxxer.hikari.HikariConfig;
import dev.tidemark.sample.inventory.InventoryService;
import dev.tidemark.sample.orders.OrdersService;
import dev.tidemark.sample.users.UsersService;
import dev.tidemark.testkit.Closing;
import dev.tidemark.testkit.Database;
import io.javalin.config.JavalinConfig;
import java.net.URI;
import java.util.function.Consumer;

/** The three services, each on a free port of localhost. */
record Services(UsersService users, OrdersService orders, InventoryService inventory) {

    /**
     * Starts them.
     *
     * @param closing what stops them again, also if only some could be started
     * @param door what stands before the services that receive events
     */
    static Services start(Databases databases, Consumer<JavalinConfig> door, Closing closing) {
        UsersService users = closing.add(UsersService.start(pool(databases.users()), config -> {}));
        return new Services(
                users,
                closing.add(OrdersService.start(pool(databases.orders()), door, users.uri())),
                closing.add(InventoryService.start(pool(databases.inventory()), door)));
    }

    /** How a service connects to its database. */
    static HikariConfig pool(Database database) {
        HikariConfig config = new HikariConfig();
        config.setJdbcUrl(database.url());
        config.setUsername(database.user());
        config.setPassword(database.password());
        config.setTransactionIsolation("TRANSACTION_READ_COMMITTED"); // see docs/operating.md, connection pools
        return config;
    }

    /** Where the events of {@code subscription} go. */
    URI events(Subscription subscription) {
        URI service = subscription == Subscription.ORDERS_TO_INVENTORY ? inventory.uri() : orders.uri();
        return service.resolve("/events");
    }
}
