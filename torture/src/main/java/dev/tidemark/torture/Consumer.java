package dev.tidemark.torture;

import com.zaxxer.hikari.HikariDataSource;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.inbox.HttpSubscription;
import dev.tidemark.inbox.Inbox;
import dev.tidemark.inbox.InboxListener;
import dev.tidemark.inbox.ReadModel;
import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.ReplicaChecker;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A subscriber that handles events through its inbox: a replica of the items, and a line for each effect. */
final class Consumer implements Receiver.Taking, AutoCloseable {

    private static final int CHUNKS = 16;

    private final Database database;
    private final HikariDataSource pool;
    private final HttpSubscription subscription;
    private volatile @Nullable Exception lastFailure;
    private final AtomicInteger gaps = new AtomicInteger();
    private final ReadModel items = ReadModel.table("item_replica")
            .key("key")
            .version("version")
            .epoch("epoch")
            .build();

    /** Makes the tables of a consumer. */
    static void prepare(Database database) throws SQLException {
        database.runResource("dev/tidemark/sql/V003__inbox.sql");
        database.runResource("dev/tidemark/sql/V010__inbox_waiting.sql");
        database.run("create table item_replica (key text primary key, value text, version bigint not null,"
                + " epoch bigint not null default 0)");
        database.run("create table effect (id uuid not null)");
    }

    /** A consumer over a database that is prepared. */
    Consumer(String name, Database database) {
        this.database = database;
        this.pool = Pools.of(database, 16);
        this.subscription = HttpSubscription.builder()
                .inbox(Inbox.builder(name).listener(listener()).build())
                .dataSource(pool)
                .on(Change.PUT_TYPE, this::put)
                .on(Change.DELETED_TYPE, this::delete)
                .build();
    }

    @Override
    public int take(Map<String, List<String>> headers, byte[] body) {
        return subscription.receive(headers, body).status();
    }

    private InboxListener listener() {
        return new InboxListener() {
            @Override
            public void failed(@Nullable Envelope event, Exception failure) {
                lastFailure = failure;
            }

            @Override
            public void gap(Envelope event, long expectedVersion) {
                gaps.incrementAndGet();
            }
        };
    }

    /** Why it last refused an event; empty if it never did. */
    String lastFailure() {
        Exception failure = lastFailure;
        return failure == null ? "" : failure.toString();
    }

    /** How often an event came before an earlier one of its aggregate. */
    int gaps() {
        return gaps.get();
    }

    private void put(Connection tx, Envelope event) throws SQLException {
        String payload = String.valueOf(event.dataAsText());
        items.apply(tx, event, Map.of("value", payload.substring("{\"value\":\"".length(), payload.length() - 2)));
        note(tx, event);
    }

    private void delete(Connection tx, Envelope event) throws SQLException {
        items.delete(tx, event);
        note(tx, event);
    }

    private static void note(Connection tx, Envelope event) throws SQLException {
        try (PreparedStatement insert = tx.prepareStatement("insert into effect (id) values (?)")) {
            insert.setObject(1, event.id());
            insert.executeUpdate();
        }
    }

    Database database() {
        return database;
    }

    /** Tells {@code ledger} of every effect there was. */
    void tellEffects(String subscriber, Ledger ledger) throws SQLException {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("select id from effect")) {
            while (rows.next()) {
                ledger.tookEffect(subscriber, rows.getObject(1, UUID.class));
            }
        }
    }

    /** What the replica has otherwise than {@code source}, a line for each item. */
    List<String> differences(Database source) throws SQLException {
        return new ReplicaChecker(CHUNKS)
                .differences(
                        source.dataSource(),
                        "select key, value from item",
                        database.dataSource(),
                        "select key, value from item_replica");
    }

    @Override
    public void close() {
        pool.close();
    }
}
