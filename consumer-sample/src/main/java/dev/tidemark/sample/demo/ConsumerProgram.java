package dev.tidemark.sample.demo;

import com.sun.net.httpserver.HttpServer;
import com.zaxxer.hikari.HikariDataSource;
import dev.tidemark.inbox.Handler;
import dev.tidemark.inbox.Inbox;
import dev.tidemark.sample.demo.via.Opened;
import dev.tidemark.sample.demo.via.Place;
import dev.tidemark.sample.demo.via.Receiving;
import dev.tidemark.sample.demo.via.Via;
import dev.tidemark.sample.inventory.InventoryEvents;
import dev.tidemark.sample.orders.OrdersEvents;
import dev.tidemark.testkit.Database;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What handles the events for one service, as a process of its own, which can be killed. */
public final class ConsumerProgram {

    private ConsumerProgram() {}

    /** What {@link #main} takes. */
    static List<String> arguments(Via via, Place place, int deskPort, int healthPort) {
        Database database = place.database();
        return List.of(
                via.name(),
                place.service(),
                database.name(),
                database.url(),
                database.user(),
                database.password(),
                place.address().toString(),
                Integer.toString(deskPort),
                Integer.toString(healthPort));
    }

    /** Runs until it is killed. */
    @SuppressWarnings("resource") // they end with the process
    public static void main(String[] args) throws IOException {
        DemoCommand.sayOnlyWhatGoesWrong();
        Place place = new Place(args[1], new Database(args[2], args[3], args[4], args[5]), URI.create(args[6]));
        HikariDataSource database = new HikariDataSource(Services.pool(place.database()));
        Telling telling = new Telling(Integer.parseInt(args[7]));
        Inbox inbox = Inbox.builder(place.service()).listener(telling).build();
        Map<String, Handler<?>> handlers = new LinkedHashMap<>();
        handlers(inbox, database).forEach((type, handler) -> handlers.put(type, telling.before(handler)));
        Opened subscription = Via.valueOf(args[0]).to(place).open(new Receiving(inbox, database, handlers));
        serveHealth(Integer.parseInt(args[8]), subscription);
    }

    private static Map<String, Handler<?>> handlers(Inbox inbox, HikariDataSource database) {
        return inbox.consumer().equals("orders")
                ? OrdersEvents.handlers(inbox, database)
                : InventoryEvents.handlers(database);
    }

    /** As a relay does, so that it is awaited as a relay is. */
    private static void serveHealth(int port, Opened subscription) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 0);
        server.createContext("/health/ready", exchange -> {
            try (exchange) {
                @Nullable String trouble = subscription.trouble().orElse(null);
                byte[] text = String.valueOf(trouble).getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(trouble == null ? 200 : 503, text.length);
                exchange.getResponseBody().write(text);
            }
        });
        server.start();
    }
}
