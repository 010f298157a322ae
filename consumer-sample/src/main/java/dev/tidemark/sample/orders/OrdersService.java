package dev.tidemark.sample.orders;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.tidemark.inbox.HttpSubscription;
import dev.tidemark.inbox.Inbox;
import dev.tidemark.sample.javalin.EventRoute;
import io.javalin.Javalin;
import io.javalin.config.JavalinConfig;
import java.net.URI;
import java.util.function.Consumer;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.locator.ClasspathSqlLocator;
import org.jspecify.annotations.Nullable;

/** The orders service: its database, its HTTP interface, and the door by which events come in. */
public final class OrdersService implements AutoCloseable {

    private final HikariDataSource database;
    private final HttpSubscription events;
    private final Javalin http;

    private OrdersService(HikariDataSource database, HttpSubscription events, Javalin http) {
        this.database = database;
        this.events = events;
        this.http = http;
    }

    /**
     * Creates its tables where they are missing and serves, on a free port of localhost unless told otherwise.
     *
     * @param settings of a database in which Tidemark's SQL has been applied
     * @param http such as {@code config -> config.jetty.port = 8080}
     */
    public static OrdersService start(HikariConfig settings, Consumer<JavalinConfig> http) {
        return start(settings, http, null);
    }

    /**
     * As {@link #start(HikariConfig, Consumer)}.
     *
     * @param users the service to ask where the replica of users will not do, such as {@code http://localhost:8081};
     *     null to show what the replica has
     */
    public static OrdersService start(HikariConfig settings, Consumer<JavalinConfig> http, @Nullable URI users) {
        HikariDataSource database = new HikariDataSource(settings);
        try {
            Jdbi jdbi = Jdbi.create(database);
            String tables = ClasspathSqlLocator.create().getResource("dev/tidemark/sample/orders/tables.sql");
            jdbi.useHandle(db -> db.createScript(tables).execute());
            Orders orders = new Orders(jdbi);
            Inbox inbox = Inbox.of("orders");
            UserReplica replica = new UserReplica(inbox, database);
            OrdersRoutes routes =
                    new OrdersRoutes(orders, UserNames.directory(replica, users), replica.model()::freshness);
            HttpSubscription events = new OrdersEvents(orders, replica).subscription(inbox, database);
            Javalin server = Javalin.create(config -> {
                config.startup.showJavalinBanner = false;
                config.jetty.host = "localhost";
                config.jetty.port = 0;
                http.accept(config);
                routes.register(config.routes);
                config.routes.post("/events", new EventRoute(events));
            });
            return new OrdersService(database, events, server.start());
        } catch (RuntimeException e) {
            database.close();
            throw e;
        }
    }

    /** Such as {@code http://localhost:8080}. */
    public URI uri() {
        return URI.create("http://localhost:" + http.port());
    }

    @Override
    public void close() {
        http.stop();
        events.close();
        database.close();
    }
}
