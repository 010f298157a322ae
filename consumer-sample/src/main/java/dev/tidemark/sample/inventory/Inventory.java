package dev.tidemark.sample.inventory;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tidemark.outbox.Outbox;
import dev.tidemark.outbox.OutboxEvent;
import dev.tidemark.sample.agreement.SampleContracts;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Jdbi;

/** The stock of each item, and what has been reserved of it. */
final class Inventory {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Jdbi jdbi;
    private final Outbox outbox =
            Outbox.builder().source("inventory").check(SampleContracts.check()).build();

    Inventory(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    /** Adds to what is available of {@code item}; an item that nobody knew begins with {@code quantity}. */
    void add(String item, int quantity) {
        jdbi.useHandle(db -> db.execute(
                "insert into stock (item, available) values (?, ?)"
                        + " on conflict (item) do update set available = stock.available + excluded.available",
                item,
                quantity));
    }

    /** What is left of {@code item}; nothing if nobody ever stocked it. */
    Optional<Integer> available(String item) {
        return jdbi.withHandle(db -> db.createQuery("select available from stock where item = :item")
                .bind("item", item)
                .mapTo(Integer.class)
                .findOne());
    }

    /** Takes the whole quantity or nothing, and answers the order in the same transaction. */
    void reserve(Connection tx, String orderId, String item, int quantity) throws SQLException {
        boolean reserved = take(tx, item, quantity);
        if (reserved) {
            remember(tx, orderId, item, quantity);
        }
        String type = reserved ? "stock-reserved" : "stock-rejected";
        String json = JSON.valueToTree(Map.of("orderId", orderId, "quantity", quantity))
                .toString();
        outbox.append(tx, OutboxEvent.of("stock", item, type, json));
    }

    private static boolean take(Connection tx, String item, int quantity) throws SQLException {
        try (PreparedStatement update =
                tx.prepareStatement("update stock set available = available - ? where item = ? and available >= ?")) {
            update.setInt(1, quantity);
            update.setString(2, item);
            update.setInt(3, quantity);
            return update.executeUpdate() == 1;
        }
    }

    private static void remember(Connection tx, String orderId, String item, int quantity) throws SQLException {
        try (PreparedStatement insert =
                tx.prepareStatement("insert into reservation (order_id, item, quantity) values (?, ?, ?)")) {
            insert.setString(1, orderId);
            insert.setString(2, item);
            insert.setInt(3, quantity);
            insert.executeUpdate();
        }
    }
}
