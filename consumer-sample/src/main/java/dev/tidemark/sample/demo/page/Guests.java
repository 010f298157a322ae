package dev.tidemark.sample.demo.page;

import io.javalin.http.NotFoundResponse;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Three users whom nobody but the visitor of the page changes: what is done to them is seen, and not drowned in what
 * else happens. Each has an order, by which the orders service shows the name.
 */
final class Guests {

    private static final List<String> NAMES = List.of("Ada Lovelace", "Grace Hopper", "Barbara Liskov");

    /**
     * One of them.
     *
     * @param order at the orders service
     */
    record Guest(String id, String order) {}

    private final List<Guest> all = new CopyOnWriteArrayList<>();

    /** Has the services create them. */
    void invite(Scene scene, Http http) throws IOException, InterruptedException {
        for (String name : NAMES) {
            String user = id(http.send("POST", scene.users().uri().resolve("/users"), Map.of("name", name)));
            scene.written().accept("users");
            String order = id(http.send(
                    "POST",
                    scene.orders().uri().resolve("/orders"),
                    Map.of("userId", user, "item", "lamp", "quantity", 1)));
            scene.written().accept("orders");
            all.add(new Guest(user, order));
        }
    }

    private static String id(Http.Answer created) {
        return created.requireSuccess().body().path("id").asText();
    }

    List<String> ids() {
        return all.stream().map(Guest::id).toList();
    }

    Guest find(String id) {
        return all.stream()
                .filter(guest -> guest.id().equals(id))
                .findFirst()
                .orElseThrow(() -> new NotFoundResponse("none of the page's users has this id"));
    }
}
