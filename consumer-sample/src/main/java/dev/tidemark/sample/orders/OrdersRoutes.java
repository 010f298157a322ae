package dev.tidemark.sample.orders;

import dev.tidemark.inbox.Freshness;
import dev.tidemark.inbox.directory.Directory;
import dev.tidemark.inbox.directory.Found;
import dev.tidemark.sample.javalin.ReceiptHeaders;
import io.javalin.config.RoutesConfig;
import io.javalin.http.BadRequestResponse;
import io.javalin.http.Context;
import io.javalin.http.Header;
import io.javalin.http.HttpStatus;
import io.javalin.http.NotFoundResponse;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The HTTP interface of the service for people and other programs; events come in by {@link OrdersEvents}. Who has a receipt
 * sees at least that; with {@code Cache-Control: max-age=5} nothing of others that is older than five seconds. How new the
 * replica of users is, {@code /replica} says.
 */
final class OrdersRoutes {

    private static final Pattern MAX_AGE = Pattern.compile("(?:^|[, ])max-age=([0-9]{1,9})(?:$|[, ])");

    private final Orders orders;
    private final Directory<String, String> userNames;
    private final Supplier<Freshness> freshness;

    /** @param freshness of what {@code userNames} looks into first */
    OrdersRoutes(Orders orders, Directory<String, String> userNames, Supplier<Freshness> freshness) {
        this.orders = orders;
        this.userNames = userNames;
        this.freshness = freshness;
    }

    void register(RoutesConfig routes) {
        routes.post("/orders", this::place);
        routes.get("/orders/{id}", this::show);
        routes.get("/replica", request -> request.json(ShownFreshness.of(freshness.get())));
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

    private void show(Context request) throws SQLException, InterruptedException {
        Order order = orders.find(request.pathParam("id")).orElseThrow(NotFoundResponse::new);
        long begun = System.nanoTime();
        Found<String> name = userNames.find(order.userId(), ReceiptHeaders.of(request), maxAge(request));
        request.header("Server-Timing", String.format(Locale.ROOT, "user;dur=%.3f", (System.nanoTime() - begun) / 1e6));
        request.json(ShownOrder.of(order, name));
    }

    private static @Nullable Duration maxAge(Context request) {
        String control = request.header(Header.CACHE_CONTROL);
        if (control == null) {
            return null;
        }
        Matcher age = MAX_AGE.matcher(control.toLowerCase(Locale.ROOT));
        return age.find() ? Duration.ofSeconds(Long.parseLong(age.group(1))) : null;
    }
}
