package dev.tidemark.sample.orders;

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
 * What orders does with the events of others: it keeps its replica of users, and ends orders as inventory
 * answers. Each handler runs once for an event, in the transaction that records the event as handled.
 */
public final class OrdersEvents {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Orders orders;
    private final UserReplica users;

    OrdersEvents(Orders orders, UserReplica users) {
        this.orders = orders;
        this.users = users;
    }

    HttpSubscription subscription(Inbox inbox, DataSource database) {
        HttpSubscription.Builder subscription =
                HttpSubscription.builder().inbox(inbox).dataSource(database);
        handlers().forEach((type, handler) -> subscription.on(type, handler));
        return subscription.build();
    }

    /**
     * What is done with each type of event, for a subscription of whatever kind, beside the service or in another process.
     *
     * @param database the pool of the service's database, which has its tables
     */
    public static Map<String, Handler<?>> handlers(Inbox inbox, DataSource database) {
        return new OrdersEvents(new Orders(Jdbi.create(database)), new UserReplica(inbox, database)).handlers();
    }

    private Map<String, Handler<?>> handlers() {
        Map<String, Handler<?>> handlers = new LinkedHashMap<>();
        handlers.put("user-created", this::replicateUser);
        handlers.put("user-renamed", this::replicateUser);
        handlers.put("user-deleted", this::forgetUser);
        handlers.put("user-state", this::takeUser);
        handlers.put("stock-reserved", (tx, event) -> settle(tx, event, "confirmed"));
        handlers.put("stock-rejected", (tx, event) -> settle(tx, event, "cancelled"));
        return handlers;
    }

    private void replicateUser(Connection tx, Envelope event) throws SQLException, JsonProcessingException {
        users.put(tx, event, data(event).path("name").asText());
        note(tx, event);
    }

    private void forgetUser(Connection tx, Envelope event) throws SQLException {
        users.remove(tx, event);
        note(tx, event);
    }

    /** What a user is now, told by a relay that was asked: without data there is none. */
    private void takeUser(Connection tx, Envelope state) throws SQLException, JsonProcessingException {
        if (state.data() == null) {
            forgetUser(tx, state);
        } else {
            replicateUser(tx, state);
        }
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
