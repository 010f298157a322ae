package dev.tidemark.sample.demo;

import dev.tidemark.testkit.Database;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/** Whether the sagas came to an end, and orders and inventory to the same one. */
final class SagaCheck {

    private static final String ENDED = "select id, status || ' ' || item || ' ' || quantity from orders";
    private static final String RESERVED = "select order_id, 'confirmed ' || item || ' ' || quantity from reservation";
    private static final String STOCK = "select item, (available + coalesce((select sum(quantity) from reservation r"
            + " where r.item = s.item), 0))::text from stock s";

    private SagaCheck() {}

    /**
     * What is wrong, a line for each order and item.
     *
     * @param initialStock of each item
     */
    static List<String> problems(Databases databases, Map<String, Integer> initialStock) throws SQLException {
        List<String> problems = new ArrayList<>();
        Map<String, String> orders = pairs(databases.orders(), ENDED);
        Map<String, String> reservations = pairs(databases.inventory(), RESERVED);
        orders.forEach((id, order) -> {
            String reservation = reservations.remove(id);
            if (order.startsWith("placed")) {
                problems.add("order " + id + " was neither confirmed nor cancelled");
            } else if (order.startsWith("confirmed") && !order.equals(reservation)) {
                problems.add("order " + id + " is " + order + ", but its reservation is "
                        + Objects.requireNonNullElse(reservation, "not there"));
            } else if (order.startsWith("cancelled") && reservation != null) {
                problems.add("order " + id + " is cancelled, but stock is reserved for it");
            }
        });
        reservations.keySet().forEach(id -> problems.add("stock is reserved for order " + id + ", which is not there"));
        Map<String, String> stock = pairs(databases.inventory(), STOCK);
        initialStock.forEach((item, quantity) -> {
            if (!quantity.toString().equals(stock.get(item))) {
                problems.add("of " + item + " there were " + quantity + ", but what is left and what is reserved make "
                        + stock.get(item));
            }
        });
        return problems;
    }

    private static Map<String, String> pairs(Database database, String sql) throws SQLException {
        Map<String, String> pairs = new TreeMap<>();
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            while (rows.next()) {
                pairs.merge(rows.getString(1), rows.getString(2), (one, other) -> one + " and again " + other);
            }
        }
        return pairs;
    }
}
