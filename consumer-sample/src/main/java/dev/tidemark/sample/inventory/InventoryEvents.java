package dev.tidemark.sample.inventory;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.inbox.Handler;
import dev.tidemark.inbox.HttpSubscription;
import dev.tidemark.inbox.Inbox;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.LinkedHashMap;
import java.util.Map;
import javax.sql.DataSource;
import org.jdbi.v3.core.Jdbi;

/**
 * What inventory does with the events of orders: it answers those that were placed. Each handler runs once for
 * an event, in the transaction that records the event as handled.
 */
public final class InventoryEvents {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Inventory inventory;

    InventoryEvents(Inventory inventory) {
        this.inventory = inventory;
    }

    HttpSubscription subscription(DataSource database) {
        HttpSubscription.Builder subscription =
                HttpSubscription.builder().inbox(Inbox.of("inventory")).dataSource(database);
        handlers().forEach((type, handler) -> subscription.on(type, handler));
        return subscription.build();
    }

    /**
     * What is done with each type of event, for a subscription of whatever kind, beside the service or in another process.
     *
     * @param database the pool of the service's database, which has its tables
     */
    public static Map<String, Handler<?>> handlers(DataSource database) {
        return new InventoryEvents(new Inventory(Jdbi.create(database))).handlers();
    }

    private Map<String, Handler<?>> handlers() {
        Map<String, Handler<?>> handlers = new LinkedHashMap<>();
        handlers.put("order-placed", this::reserve);
        handlers.put("order-confirmed", InventoryEvents::note);
        handlers.put("order-cancelled", InventoryEvents::note);
        return handlers;
    }

    private void reserve(Connection tx, Envelope event) throws SQLException, JsonProcessingException {
        JsonNode order = JSON.readTree(event.dataAsText());
        String item = order.path("item").asText();
        inventory.reserve(
                tx, event.aggregate().id(), item, order.path("quantity").asInt());
        note(tx, event);
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
