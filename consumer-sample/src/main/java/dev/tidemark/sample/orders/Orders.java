package dev.tidemark.sample.orders;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tidemark.outbox.Outbox;
import dev.tidemark.outbox.OutboxEvent;
import dev.tidemark.outbox.jdbi.JdbiOutbox;
import dev.tidemark.sample.agreement.SampleContracts;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.mapper.reflect.ConstructorMapper;

/** The orders, each change written in one transaction with its event: both, or neither. */
final class Orders {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Jdbi jdbi;
    private final Outbox outbox =
            Outbox.builder().source("orders").check(SampleContracts.check()).build();
    private final JdbiOutbox jdbiOutbox = JdbiOutbox.of(outbox);

    Orders(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    /** Places an order and returns its id; stock is not known here, so inventory decides what becomes of it. */
    String place(String userId, String item, int quantity) {
        String id = UUID.randomUUID().toString();
        String json =
                JSON.valueToTree(Map.of("item", item, "quantity", quantity)).toString();
        jdbi.useTransaction(tx -> {
            tx.execute(
                    "insert into orders (id, user_id, item, quantity) values (?, ?, ?, ?)", id, userId, item, quantity);
            jdbiOutbox.append(tx, OutboxEvent.of("order", id, "order-placed", json));
        });
        return id;
    }

    /** Ends a placed order; {@code status} is {@code confirmed} or {@code cancelled}. */
    void settle(Connection tx, String id, String status) throws SQLException {
        try (PreparedStatement update =
                tx.prepareStatement("update orders set status = ? where id = ? and status = 'placed'")) {
            update.setString(1, status);
            update.setString(2, id);
            if (update.executeUpdate() != 1) {
                throw new IllegalStateException("order " + id + " is not waiting to be " + status);
            }
        }
        outbox.append(tx, OutboxEvent.of("order", id, "order-" + status, "{}"));
    }

    Optional<Order> find(String id) {
        return jdbi.withHandle(
                db -> db.createQuery("select id, user_id, item, quantity, status from orders where id = :id")
                        .bind("id", id)
                        .map(ConstructorMapper.of(Order.class))
                        .findOne());
    }
}
