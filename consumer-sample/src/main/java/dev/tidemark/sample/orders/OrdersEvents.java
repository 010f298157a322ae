package dev.tidemark.sample.orders;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.inbox.HttpSubscription;
import dev.tidemark.inbox.Inbox;
import dev.tidemark.inbox.ReadModel;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.Map;
import javax.sql.DataSource;

/**
 * What orders does with the events of others: it keeps its replica of users, and ends orders as inventory
 * answers. Each handler runs once for an event, in the transaction that records the event as handled.
 */
final class OrdersEvents {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Orders orders;
    private final ReadModel users = ReadModel.table("user_replica")
            .key("user_id")
            .version("version")
            .epoch("epoch")
            .build();

    OrdersEvents(Orders orders) {
        this.orders = orders;
    }

    HttpSubscription subscription(DataSource database) {
        return HttpSubscription.builder()
                .inbox(Inbox.of("orders"))
                .dataSource(database)
                .on("user-created", this::replicateUser)
                .on("user-renamed", this::replicateUser)
                .on("user-deleted", this::forgetUser)
                .on("stock-reserved", (tx, event) -> settle(tx, event, "confirmed"))
                .on("stock-rejected", (tx, event) -> settle(tx, event, "cancelled"))
                .build();
    }

    private void replicateUser(Connection tx, Envelope event) throws SQLException, JsonProcessingException {
        users.apply(tx, event, Map.of("name", data(event).path("name").asText()));
        note(tx, event);
    }

    private void forgetUser(Connection tx, Envelope event) throws SQLException {
        users.delete(tx, event);
        note(tx, event);
    }

    private void settle(Connection tx, Envelope event, String status) throws SQLException, JsonProcessingException {
        orders.settle(tx, data(event).path("orderId").asText(), status);
        note(tx, event);
    }

    private static JsonNode data(Envelope event) throws JsonProcessingException {
        return JSON.readTree(event.dataAsText());
    }

    private static void note(Connection tx, Envelope event) throws SQLException {
        try (PreparedStatement insert =
                tx.prepareStatement("insert into journal (source, event_id, type) values (?, ?, ?)")) {
            insert.setString(1, event.aggregate().source());
            insert.setObject(2, event.id());
            insert.setString(3, event.type());
            insert.executeUpdate();
        }
    }
}
