package dev.tidemark.sample.inventory;

import static dev.tidemark.sample.Calls.call;
import static dev.tidemark.sample.Calls.column;
import static dev.tidemark.sample.Calls.deliver;
import static dev.tidemark.sample.Calls.event;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.envelope.Envelope;
import dev.tidemark.sample.Calls;
import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.PostgresExtension;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(PostgresExtension.class)
class InventoryServiceTest {

    private final Database database;
    private InventoryService service;

    InventoryServiceTest(Database database) {
        this.database = database;
    }

    @BeforeEach
    void start() throws SQLException {
        service = InventoryService.start(Calls.migrated(database), config -> {});
    }

    @AfterEach
    void stop() {
        service.close();
    }

    private static Envelope placed(String order, String item, int quantity) {
        return event(
                "orders",
                "order",
                order,
                1,
                "order-placed",
                "{\"item\":\"" + item + "\",\"quantity\":" + quantity + "}");
    }

    private List<String> answers(String item) throws SQLException {
        return column(
                database,
                "select type || '@' || aggregateversion || ' ' || (payload->>'orderId') from outbox"
                        + " where aggregateid = '" + item + "' order by aggregateversion");
    }

    private void stock(String item, int quantity) throws Exception {
        assertThat(call("POST", service.uri(), "/stock", "{\"item\": \"" + item + "\", \"quantity\": " + quantity + "}")
                        .statusCode())
                .isEqualTo(200);
    }

    @Test
    void aPlacedOrderIsAnsweredInTheSameTransaction() throws Exception {
        stock("lamp", 2);
        stock("lamp", 1);
        deliver(service.uri(), placed("o1", "lamp", 2));
        deliver(service.uri(), placed("o2", "lamp", 2));
        deliver(service.uri(), placed("o3", "lamp", 1));

        assertThat(answers("lamp"))
                .containsExactly("stock-reserved@1 o1", "stock-rejected@2 o2", "stock-reserved@3 o3");
        assertThat(call("GET", service.uri(), "/stock/lamp", "").body())
                .isEqualTo("{\"item\":\"lamp\",\"quantity\":0}");
    }

    @Test
    void anItemThatNobodyStockedIsRejected() throws Exception {
        deliver(service.uri(), placed("o4", "unicorn", 1));

        assertThat(answers("unicorn")).containsExactly("stock-rejected@1 o4");
        assertThat(call("GET", service.uri(), "/stock/unicorn", "").statusCode())
                .isEqualTo(404);
    }

    @Test
    void anOrderThatComesTwiceIsReservedOnce() throws Exception {
        stock("chair", 5);
        assertThat(deliver(service.uri(), placed("o5", "chair", 2))).isEqualTo(204);
        assertThat(deliver(service.uri(), placed("o5", "chair", 2))).isEqualTo(204);

        assertThat(call("GET", service.uri(), "/stock/chair", "").body()).contains(":3");
        assertThat(answers("chair")).hasSize(1);
    }

    /** Catches a stock that is read and then written; cannot catch what needs more than eight at once. */
    @Test
    void ordersThatComeAtOnceNeverTakeMoreThanThereIs() throws Exception {
        stock("book", 10);
        ExecutorService relays = Executors.newFixedThreadPool(8);
        try {
            List<Future<Integer>> statuses = new ArrayList<>();
            for (int i = 0; i < 16; i++) {
                Envelope order = placed("rush-" + i, "book", 1);
                statuses.add(relays.submit(() -> deliver(service.uri(), order)));
            }
            for (Future<Integer> status : statuses) {
                assertThat(status.get()).isEqualTo(204);
            }
        } finally {
            relays.shutdownNow();
        }

        assertThat(answers("book"))
                .filteredOn(answer -> answer.startsWith("stock-reserved"))
                .hasSize(10);
        assertThat(call("GET", service.uri(), "/stock/book", "").body()).contains(":0");
        assertThat(column(database, "select sum(quantity) from reservation where item = 'book'"))
                .containsExactly("10");
    }

    @Test
    void theEndOfAnOrderIsTakenNoteOf() throws Exception {
        Envelope confirmed = event("orders", "order", "o6", 2, "order-confirmed", "{}");

        assertThat(deliver(service.uri(), confirmed)).isEqualTo(204);
        assertThat(column(database, "select type from journal where event_id = '" + confirmed.id() + "'"))
                .containsExactly("order-confirmed");
    }
}
