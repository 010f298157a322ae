package dev.tidemark.sample.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Map;

/** Somebody who uses the three services as anybody would, over HTTP. Safe for many threads. */
final class Client {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient http = HttpClient.newHttpClient();
    private final Services services;
    private final Ledger ledger;

    Client(Services services, Ledger ledger) {
        this.services = services;
        this.ledger = ledger;
    }

    /** Returns the id. */
    String createUser(String name) throws IOException, InterruptedException {
        JsonNode user = send("POST", services.users().uri().resolve("/users"), Map.of("name", name));
        ledger.committedByService(Subscription.USERS_TO_ORDERS);
        return user.path("id").asText();
    }

    void renameUser(String id, String name) throws IOException, InterruptedException {
        send("PUT", services.users().uri().resolve("/users/" + id), Map.of("name", name));
        ledger.committedByService(Subscription.USERS_TO_ORDERS);
    }

    void stock(String item, int quantity) throws IOException, InterruptedException {
        send("POST", services.inventory().uri().resolve("/stock"), Map.of("item", item, "quantity", quantity));
    }

    /** Returns the id. */
    String placeOrder(String userId, String item, int quantity) throws IOException, InterruptedException {
        JsonNode order = send(
                "POST",
                services.orders().uri().resolve("/orders"),
                Map.of("userId", userId, "item", item, "quantity", quantity));
        ledger.committedByService(Subscription.ORDERS_TO_INVENTORY);
        return order.path("id").asText();
    }

    private JsonNode send(String method, URI uri, Map<String, ?> body) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(uri)
                .header("content-type", "application/json")
                .method(method, BodyPublishers.ofString(JSON.writeValueAsString(body)))
                .build();
        HttpResponse<String> response = http.send(request, BodyHandlers.ofString());
        if (response.statusCode() / 100 != 2) {
            throw new IllegalStateException(
                    method + " " + uri + " answered " + response.statusCode() + ": " + response.body());
        }
        return JSON.readTree(response.body());
    }
}
