package dev.tidemark.relay;

import static java.util.Objects.requireNonNull;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.relay.config.RelayConfig;
import dev.tidemark.relay.config.StateConfig;
import dev.tidemark.relay.sink.Delivery;
import dev.tidemark.relay.sink.Sink;
import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.PostgresServer;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/** Accounts of a bank, and a copy of them in another database that a relay keeps: row, version and watermark. */
public final class Accounts implements AutoCloseable {

    public static final String SOURCE_QUERY = "select a.id, a.name, v.version from account a join outbox_version v"
            + " on v.source = 'bank' and v.aggregatetype = 'account' and v.aggregateid = a.id::text";
    public static final String REPLICA_QUERY = "select id, name, version from account_replica";
    public static final String STATES_QUERY =
            "select id as aggregateid, json_build_object('name', name) as payload from account";

    /** None at all. */
    @SuppressWarnings("NullAway") // nobody asks it for anything
    public static final Accounts NONE = new Accounts(null, null, null, 0);

    private static final String APPLY = """
            with taken as (
                insert into inbox_watermark as w (consumer, source, tenantid, aggregatetype, aggregateid, epoch, version)
                values ('copy', ?, ?, ?, ?, 0, ?)
                on conflict (consumer, source, tenantid, aggregatetype, aggregateid)
                    do update set version = excluded.version
                    where w.version < excluded.version or (? and w.version = excluded.version)
                returning 1),
            gone as (
                delete from account_replica using taken where id = ? and ?::json is null)
            insert into account_replica (id, name, version)
            select ?, ?::json ->> 'name', ? from taken where ?::json is not null
            on conflict (id) do update set name = excluded.name, version = excluded.version""";

    private final PostgresServer server;
    private final OutboxFixture outbox;
    private final Database replica;
    private final int rows;
    private @Nullable Relay relay;

    private Accounts(PostgresServer server, OutboxFixture outbox, Database replica, int rows) {
        this.server = server;
        this.outbox = outbox;
        this.replica = replica;
        this.rows = rows;
    }

    /** So many accounts, all of them copied. */
    public static Accounts start(int rows) throws Exception {
        PostgresServer server = PostgresServer.builder().start();
        OutboxFixture outbox = new OutboxFixture(server);
        outbox.database().run("create table account (id int primary key, name text not null)");
        Database replica = server.createDatabase();
        replica.runResource("dev/tidemark/sql/V003__inbox.sql");
        replica.runResource("dev/tidemark/sql/V010__inbox_waiting.sql");
        replica.run("create table account_replica (id text primary key, name text, version bigint not null)");
        Accounts accounts = new Accounts(server, outbox, replica, rows);
        try (Connection tx = outbox.database().connect()) {
            tx.setAutoCommit(false);
            for (int id = 0; id < rows; id++) {
                accounts.change(tx, id, "first");
            }
            tx.commit();
        }
        accounts.startRelay();
        accounts.awaitEqual();
        return accounts;
    }

    public Database source() {
        return outbox.database();
    }

    public Database replica() {
        return replica;
    }

    public String slot() {
        return outbox.slot();
    }

    private void startRelay() {
        RelayConfig plain =
                outbox.config(outbox.subscriber("copy", new Copying()).build());
        relay = Relay.start(RelayConfig.builder()
                .source(plain.source())
                .ops(plain.ops())
                .shutdown(plain.shutdown())
                .subscriber(plain.subscribers().get(0))
                .states(new StateConfig("account", "bank", "account-state", 1, STATES_QUERY))
                .build());
    }

    public void stopRelay() {
        requireNonNull(relay).close();
    }

    /** The row, its version and its event, in one transaction. */
    public void change(int id, String name) throws SQLException {
        try (Connection tx = outbox.database().connect()) {
            tx.setAutoCommit(false);
            change(tx, id, name);
            tx.commit();
        }
    }

    private void change(Connection tx, int id, String name) throws SQLException {
        try (PreparedStatement row = tx.prepareStatement(
                        "insert into account values (?, ?) on conflict (id) do update" + " set name = excluded.name");
                PreparedStatement event = tx.prepareStatement("""
                        insert into outbox (id, source, aggregatetype, aggregateid, aggregateversion, type, payload)
                        values (overlay(gen_random_uuid()::text placing '7' from 15)::uuid, 'bank', 'account', ?,
                            outbox_version_claim('bank', '', 'account', ?), 'account-changed',
                            json_build_object('name', ?::text))""")) {
            row.setInt(1, id);
            row.setString(2, name);
            row.executeUpdate();
            event.setString(1, Integer.toString(id));
            event.setString(2, Integer.toString(id));
            event.setString(3, name);
            event.executeUpdate();
        }
    }

    /** Spoils the copy of some accounts that no load changes, in every way. Returns the kind of difference by key. */
    public Map<String, String> spoil() throws SQLException {
        Map<String, String> spoilt = new TreeMap<>();
        for (int id = rows / 2; id < rows / 2 + 40; id++) {
            String key = Integer.toString(id);
            switch (id % 4) {
                case 0 -> {
                    replica.run("delete from account_replica where id = '" + key + "'");
                    spoilt.put(key, "missing");
                }
                case 1 -> {
                    replica.run("update account_replica set name = name || '!' where id = '" + key + "'");
                    spoilt.put(key, "different");
                }
                case 2 -> {
                    replica.run("update account_replica set name = 'of old', version = version - 1 where id = '" + key
                            + "'");
                    spoilt.put(key, "stale");
                }
                default -> {
                    replica.run("insert into account_replica values ('none" + key + "', 'never was', 7)");
                    spoilt.put("none" + key, "extra");
                }
            }
        }
        return spoilt;
    }

    /** Waits until the copy is equal by itself, with nobody writing. */
    public void awaitEqual() {
        Awaitility.await()
                .atMost(Duration.ofMinutes(2))
                .until(() -> all(source(), SOURCE_QUERY).equals(all(replica, REPLICA_QUERY)));
    }

    private static List<String> all(Database database, String query) throws SQLException {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(query)) {
            List<String> all = new ArrayList<>();
            while (row.next()) {
                all.add(row.getString(1) + " " + row.getString(2) + " " + row.getString(3));
            }
            return all.stream().sorted().toList();
        }
    }

    /** Changes accounts of the first half all the time, until it is closed. */
    public Load load() {
        return new Load();
    }

    @Override
    public void close() {
        if (relay != null) {
            relay.close();
        }
        server.close();
    }

    /** Who changes accounts. */
    public final class Load implements AutoCloseable {

        private final Random random = new Random(Long.getLong("tidemark.seed", 1));
        private final ExecutorService writer = Executors.newSingleThreadExecutor();
        private final AtomicBoolean goesOn = new AtomicBoolean(true);
        private final AtomicInteger written = new AtomicInteger();
        private final Future<?> writing = writer.submit(() -> {
            while (goesOn.get()) {
                change(random.nextInt(rows / 2), "change " + written.incrementAndGet());
            }
            return null;
        });

        private Load() {}

        /** It has written meanwhile. */
        public void requireProgress() {
            if (written.get() < 10) {
                throw new AssertionError("there was no load: " + written);
            }
        }

        @Override
        public void close() {
            goesOn.set(false);
            Awaitility.await().until(writing::isDone);
            writer.shutdown();
            try {
                writing.get();
            } catch (ExecutionException e) {
                throw new AssertionError("the load failed", e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /** A consumer as it should be, in one statement: each event once, by its version; a state also at the same one. */
    private final class Copying implements Sink {

        @Override
        public List<Delivery> deliver(List<Envelope> batch) {
            try (Connection connection = replica.connect();
                    PreparedStatement apply = connection.prepareStatement(APPLY)) {
                List<Delivery> answers = new ArrayList<>();
                for (Envelope event : batch) {
                    apply(apply, event);
                    answers.add(Delivery.delivered());
                }
                return answers;
            } catch (SQLException e) {
                return batch.stream()
                        .map(event -> Delivery.retry(String.valueOf(e.getMessage())))
                        .toList();
            }
        }

        private void apply(PreparedStatement apply, Envelope event) throws SQLException {
            Aggregate aggregate = event.aggregate();
            long version = requireNonNull(event.aggregateVersion());
            String payload = event.dataAsText();
            apply.setString(1, aggregate.source());
            apply.setString(2, aggregate.tenantId());
            apply.setString(3, aggregate.type());
            apply.setString(4, aggregate.id());
            apply.setLong(5, version);
            apply.setBoolean(6, event.redelivery() != null);
            apply.setString(7, aggregate.id());
            apply.setString(8, payload);
            apply.setString(9, aggregate.id());
            apply.setString(10, payload);
            apply.setLong(11, version);
            apply.setString(12, payload);
            apply.executeUpdate();
        }
    }
}
