package dev.tidemark.sample.orders;

import io.javalin.config.RoutesConfig;
import io.javalin.http.BadRequestResponse;
import io.javalin.http.Context;
import io.javalin.http.HttpStatus;
import io.javalin.http.NotFoundResponse;
import java.util.Map;

/** The HTTP interface of the service for people and other programs; events come in by {@link OrdersEvents}. */
final class OrdersRoutes {

    private final Orders orders;

    OrdersRoutes(Orders orders) {
        this.orders = orders;
    }

    void register(RoutesConfig routes) {
        routes.post("/orders", this::place);
        routes.get(
                "/orders/{id}",
                request -> request.json(orders.find(request.pathParam("id")).orElseThrow(NotFoundResponse::new)));
    }

    private void place(Context request) {
        OrderRequest wanted = request.bodyAsClass(OrderRequest.class);
        String userId = wanted.userId();
        String item = wanted.item();
        if (userId == null || userId.isBlank() || item == null || item.isBlank() || wanted.quantity() < 1) {
            throw new BadRequestResponse("userId and item must not be blank and quantity must be at least 1;"
                    + " send for example {\"userId\": \"42\", \"item\": \"lamp\", \"quantity\": 1}");
        }
        String id = orders.place(userId, item, wanted.quantity());
        request.status(HttpStatus.CREATED).json(Map.of("id", id, "status", "placed"));
    }
}
