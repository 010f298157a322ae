package dev.tidemark.relay.capture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.relay.Patience;
import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.PostgresServer;
import io.debezium.embedded.Connect;
import io.debezium.engine.DebeziumEngine;
import io.debezium.engine.RecordChangeEvent;
import io.debezium.engine.format.ChangeEventFormat;
import java.util.List;
import java.util.Properties;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.connect.source.SourceRecord;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** No lock-in: who would rather run Debezium with its outbox event router can, on the same table. */
class StockEventRouterTest {

    @Test
    void theStockOutboxEventRouterReadsTheTableWithItsDefaults() throws Exception {
        try (PostgresServer server = PostgresServer.start()) {
            Database database = server.createDatabase();
            for (String script : List.of("V001__outbox.sql", "V002__relay.sql")) {
                database.runResource("dev/tidemark/sql/" + script);
            }
            database.run("select pg_create_logical_replication_slot('stock', 'pgoutput')");
            database.run("insert into outbox (id, source, aggregatetype, aggregateid, aggregateversion, type, payload)"
                    + " values ('01934f00-0000-7000-8000-000000000001', 'orders', 'order', '42', 1, 'order-placed',"
                    + " '{\"n\": 1}')");
            SourceRecord routed = firstRouted(database);
            assertThat(routed.topic()).isEqualTo("outbox.event.order");
            assertThat(routed.key()).isEqualTo("42");
            assertThat(routed.value()).isEqualTo("{\"n\": 1}");
            assertThat(routed.headers().lastWithName("id").value()).isEqualTo("01934f00-0000-7000-8000-000000000001");
        }
    }

    /** With the router's type as its only setting. */
    private static SourceRecord firstRouted(Database database) throws Exception {
        FeedSettings settings = new FeedSettings(
                database.url(),
                database.user(),
                database.password(),
                "stock",
                "tidemark_outbox",
                "public.outbox",
                1024,
                1 << 20,
                FedOutbox.DIRECTORY);
        Properties properties = EngineProperties.of(settings);
        properties.setProperty("transforms", "outbox");
        properties.setProperty("transforms.outbox.type", "io.debezium.transforms.outbox.EventRouter");
        BlockingQueue<SourceRecord> routed = new LinkedBlockingQueue<>();
        DebeziumEngine<RecordChangeEvent<SourceRecord>> engine = DebeziumEngine.create(
                        ChangeEventFormat.of(Connect.class))
                .using(properties)
                .notifying(event -> {
                    if (event.record().topic().startsWith("outbox.event.")) {
                        routed.add(event.record());
                    }
                })
                .build();
        Thread thread = new Thread(engine, "stock-router");
        thread.start();
        @Nullable SourceRecord first = routed.poll(Patience.BOUND.toSeconds(), TimeUnit.SECONDS);
        engine.close();
        Awaitility.await().until(() -> !thread.isAlive());
        assertThat(first).as("routed in time").isNotNull();
        return first;
    }
}
