package dev.tidemark.sample.inventory;

import io.javalin.config.RoutesConfig;
import io.javalin.http.BadRequestResponse;
import io.javalin.http.Context;
import io.javalin.http.NotFoundResponse;

/** The HTTP interface of the service for people and other programs. */
final class InventoryRoutes {

    private final Inventory inventory;

    InventoryRoutes(Inventory inventory) {
        this.inventory = inventory;
    }

    void register(RoutesConfig routes) {
        routes.post("/stock", this::add);
        routes.get("/stock/{item}", request -> request.json(available(request.pathParam("item"))));
    }

    private void add(Context request) {
        Stock added = request.bodyAsClass(Stock.class);
        if (added.item() == null || added.item().isBlank() || added.quantity() < 1) {
            throw new BadRequestResponse("item must not be blank and quantity must be at least 1;"
                    + " send for example {\"item\": \"lamp\", \"quantity\": 10}");
        }
        inventory.add(added.item(), added.quantity());
        request.json(available(added.item()));
    }

    private Stock available(String item) {
        return new Stock(item, inventory.available(item).orElseThrow(NotFoundResponse::new));
    }

    /** The body of {@code POST /stock}, where the quantity is added, and of the answer, where it is what is left. */
    record Stock(String item, int quantity) {}
}
