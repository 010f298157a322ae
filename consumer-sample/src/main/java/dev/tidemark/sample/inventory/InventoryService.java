package dev.tidemark.sample.inventory;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.tidemark.inbox.HttpSubscription;
import dev.tidemark.sample.javalin.EventRoute;
import io.javalin.Javalin;
import io.javalin.config.JavalinConfig;
import java.net.URI;
import java.util.function.Consumer;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.locator.ClasspathSqlLocator;

/** The inventory service: its database, its HTTP interface, and the door by which events come in. */
public final class InventoryService implements AutoCloseable {

    private final HikariDataSource database;
    private final HttpSubscription events;
    private final Javalin http;

    private InventoryService(HikariDataSource database, HttpSubscription events, Javalin http) {
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
    public static InventoryService start(HikariConfig settings, Consumer<JavalinConfig> http) {
        HikariDataSource database = new HikariDataSource(settings);
        try {
            Jdbi jdbi = Jdbi.create(database);
            String tables = ClasspathSqlLocator.create().getResource("dev/tidemark/sample/inventory/tables.sql");
            jdbi.useHandle(db -> db.createScript(tables).execute());
            Inventory inventory = new Inventory(jdbi);
            InventoryRoutes routes = new InventoryRoutes(inventory);
            HttpSubscription events = new InventoryEvents(inventory).subscription(database);
            Javalin server = Javalin.create(config -> {
                config.startup.showJavalinBanner = false;
                config.jetty.host = "localhost";
                config.jetty.port = 0;
                http.accept(config);
                routes.register(config.routes);
                config.routes.post("/events", new EventRoute(events));
            });
            return new InventoryService(database, events, server.start());
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
