package dev.tidemark.relay;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.envelope.Envelope;
import dev.tidemark.relay.backlog.Redelivery.Stage;
import dev.tidemark.relay.backlog.Redelivery.States;
import dev.tidemark.relay.backlog.RedeliveryAdmin;
import dev.tidemark.relay.backlog.RedeliveryAdmin.Look;
import dev.tidemark.relay.config.RelayConfig;
import dev.tidemark.relay.config.Start;
import dev.tidemark.relay.config.StateConfig;
import dev.tidemark.relay.sink.Delivery;
import dev.tidemark.testkit.PostgresServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A subscriber is told what aggregates are now, whose events nobody has any more, and goes on from there. */
@Timeout(600)
@SuppressWarnings("try") // a relay works while it is open
class BootstrapTest {

    private static final String QUERY =
            "select id as aggregateid, json_build_object('name', name) as payload from account";

    private static PostgresServer server;

    private OutboxFixture outbox;
    private RedeliveryAdmin redeliveries;
    private final RecordingSink sink = new RecordingSink();

    @BeforeAll
    static void startServer() throws Exception {
        server = PostgresServer.builder().start();
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    @BeforeEach
    void createOutbox() throws Exception {
        outbox = new OutboxFixture(server);
        outbox.database().run("create table account (id int primary key, name text not null)");
        redeliveries = new RedeliveryAdmin(outbox.backlog()::connect, outbox.slot());
    }

    @Test
    void everyAggregateComesAsAStateAheadOfItsLiveEvents() throws Exception {
        long seed = Long.getLong("tidemark.seed", System.nanoTime());
        System.out.println("BootstrapTest: -Dtidemark.seed=" + seed);
        Random random = new Random(seed);
        try (Relay relay = Relay.start(config(QUERY).build())) {
            for (int id = 0; id < 1200; id++) {
                change(id, "first");
            }
            sink.awaitDistinct(1200);
            outbox.database().run("delete from outbox");
            int before = sink.delivered().size();
            AtomicBoolean goesOn = new AtomicBoolean(true);
            ExecutorService writer = Executors.newSingleThreadExecutor();
            Future<Integer> writing = writer.submit(() -> {
                int written = 0;
                for (; goesOn.get(); written++) {
                    change(random.nextInt(1300), "change " + written);
                }
                return written;
            });
            long job = redeliveries.request("shop", States.all("account"));
            Look over = awaitOver(job);
            goesOn.set(false);
            int live = writing.get();
            writer.shutdown();
            assertThat(over.job().stage()).isEqualTo(Stage.DONE);
            assertThat(over.answer()).isEqualTo(over.stored() + " states sent");
            assertThat(over.stored()).isGreaterThanOrEqualTo(1200);
            sink.awaitDistinct((int) (before + over.stored() + live));
            List<Envelope> delivered = sink.delivered();
            assertBecomesTheSource(delivered.subList(before, delivered.size()), job);
        }
    }

    /** From the first state of an aggregate on, nothing is missing: each live event is in it, or the next one. */
    private void assertBecomesTheSource(List<Envelope> delivered, long job) throws SQLException {
        Map<String, Long> versions = new HashMap<>();
        Map<String, String> payloads = new HashMap<>();
        for (Envelope event : delivered) {
            String id = event.aggregate().id();
            long version = requireNonNull(event.aggregateVersion());
            Long known = versions.get(id);
            if (event.redelivery() != null) {
                assertThat(event.redelivery()).isEqualTo("state:" + job);
                assertThat(event.type()).isEqualTo("account-state");
                assertThat(known == null || known <= version)
                        .as("%s after %s", event, known)
                        .isTrue();
                versions.put(id, version);
                payloads.put(id, event.dataAsText());
            } else if (known == null || version > known) {
                assertThat(version).as("%s after %s", event, known).isEqualTo(known == null ? version : known + 1);
                versions.put(id, version);
                payloads.put(id, event.dataAsText());
            }
        }
        assertThat(payloads).isEqualTo(source());
    }

    /** One that is not there any more is a state without data; one that never was, at version 0. */
    @Test
    void someAreToldAndThoseThatAreGoneToo() throws Exception {
        try (Relay relay = Relay.start(config(QUERY).build())) {
            change(1, "Ada");
            change(1, "Ada L.");
            change(2, "Bob");
            remove(2);
            sink.awaitDistinct(4);
            long job = redeliveries.request(
                    "shop", new States("account", List.of("1", "2", "nonsense", "3"), List.of("", "", "", "")));
            assertThat(awaitOver(job).answer()).isEqualTo("4 states sent");
            List<Envelope> states = sink.delivered().subList(4, 8);
            assertThat(states.stream()
                            .map(state ->
                                    state.aggregate().id() + "@" + state.aggregateVersion() + " " + state.dataAsText()))
                    .containsExactlyInAnyOrder(
                            "1@2 {\"name\" : \"Ada L.\"}", "2@2 null", "nonsense@0 null", "3@0 null");
        }
    }

    /**
     * A state is no proof that the events before it came: one that waits, and comes a second time after a crash, must not
     * be taken for delivered.
     */
    @Test
    void aStateThatWaitsHidesNoLiveEvent() throws Exception {
        try (Relay relay = Relay.start(config(QUERY).build())) {
            change(1, "Ada");
            sink.awaitDistinct(1);
            sink.answer(envelope -> Delivery.retry("down"));
            long job = redeliveries.request("shop", States.all("account"));
            await().until(() -> look(job).job().stage() == Stage.DELIVERING);
            assertThat(outbox.kept("select count(*) filter (where aggregateversion is null) || '/' || count(*)"
                            + " from tidemark.backlog where redelivery is not null"))
                    .isEqualTo("1/1");
        }
    }

    /** A cast to {@code character} alone would leave one character of each id, by which no row is found. */
    @Test
    void keysOfFixedLengthAreFoundAndThereIsAnEnd() throws Exception {
        outbox.database().run("create table place (id char(36) primary key)");
        outbox.database().run("insert into place select md5(n::text)::uuid::text from generate_series(1, 1100) as n");
        String query = "select id as aggregateid, json_build_object('id', id) as payload from place";
        String id = "c4ca4238-a0b9-2382-0dcc-509a6f75849b";
        try (Relay relay = Relay.start(config(query).build())) {
            Look all = awaitOver(redeliveries.request("shop", States.all("account")));
            assertThat(all.answer()).isEqualTo("1100 states sent");
            Look some = awaitOver(redeliveries.request("shop", new States("account", List.of(id), List.of(""))));
            assertThat(some.answer()).isEqualTo("1 state sent");
            List<Envelope> delivered = sink.delivered();
            assertThat(delivered).hasSize(1101).extracting(Envelope::dataAsText).doesNotContainNull();
            assertThat(delivered.get(1100).dataAsText()).contains(id);
        }
    }

    @Test
    void aQueryThatCannotBeRunIsSaidAndTheSubscriberGoesOn() throws Exception {
        assertFails("select nonsense from account", "it cannot be read: ERROR: column \"nonsense\" does not exist");
        assertFails(
                "select id as aggregateid, name from account",
                "it cannot be read: the query must give the columns aggregateid and payload, and tenantid where there are"
                        + " tenants, but gives aggregateid, name");
        change(1, "Ada");
        assertFails(
                "select id as aggregateid, to_json(id / 0) as payload from account",
                "it cannot be read: ERROR: division by zero");
        try (Relay relay = Relay.start(config(QUERY).build())) {
            Look over = awaitOver(redeliveries.request("shop", States.all("invoice")));
            assertThat(over.answer()).contains("has no query for the states of invoice");
        }
    }

    /** The one whose name comes first keeps nobody from what goes ahead of his. */
    @Test
    void aRowWithoutATenantFailsTheJobAndTheNextSubscriberHasItsTurn() throws Exception {
        registerShop();
        RecordingSink late = new RecordingSink();
        long job = redeliveries.request("shop", States.all("account"));
        String query = "select id as aggregateid, null::text as tenantid, to_json(name) as payload from account";
        try (Relay relay = Relay.start(withLate(query, late))) {
            Look over = awaitOver(job);
            assertThat(over.job().stage()).isEqualTo(Stage.FAILED);
            assertThat(over.answer()).contains("aggregateid '1' whose tenantid is null; have it give ''");
            await().until(() -> late.firstDeliveries().size() == 1);
        }
    }

    /** Such as one that runs into statement_timeout: it may pass, so it is tried again, and everybody sees why. */
    @Test
    void aJobThatFailsForNowSaysSoAndTheNextSubscriberHasItsTurn() throws Exception {
        registerShop();
        outbox.database().run("create table trouble (name text)");
        outbox.database().run("insert into trouble values ('too long')");
        outbox.database().run("""
                create function named(name text) returns text language plpgsql stable as $$
                begin
                    if exists (select from trouble) then
                        raise exception 'canceling statement due to statement timeout' using errcode = '57014';
                    end if;
                    return name;
                end $$""");
        RecordingSink late = new RecordingSink();
        long job = redeliveries.request("shop", States.all("account"));
        String query = "select id as aggregateid, to_json(named(name)) as payload from account";
        try (Relay relay = Relay.start(withLate(query, late))) {
            await().until(() -> late.firstDeliveries().size() == 1);
            await().until(() -> look(job).answer() != null);
            Look look = look(job);
            assertThat(look.job().stage()).isEqualTo(Stage.STORING);
            assertThat(look.answer())
                    .startsWith("the last try failed: ERROR: canceling statement due to statement timeout")
                    .contains("It is tried again");
            assertThat(ready(relay))
                    .contains("it is held back, and what is to go ahead could not be stored: ERROR: canceling");
            outbox.database().run("delete from trouble");
            assertThat(awaitOver(job).answer()).isEqualTo("1 state sent");
            await().until(() -> !ready(relay).contains("held back"));
        }
    }

    private void registerShop() throws Exception {
        try (Relay relay = Relay.start(config(QUERY).build())) {
            change(1, "Ada");
            sink.awaitDistinct(1);
        }
    }

    private RelayConfig withLate(String query, RecordingSink late) {
        return config(query)
                .subscriber(
                        outbox.subscriber("zeta", late).start(Start.RETAINED).build())
                .build();
    }

    private static String ready(Relay relay) throws Exception {
        return HttpClient.newHttpClient()
                .send(
                        HttpRequest.newBuilder(URI.create("http://localhost:" + relay.opsPort() + "/health/ready"))
                                .build(),
                        HttpResponse.BodyHandlers.ofString())
                .body();
    }

    private void assertFails(String query, String why) throws SQLException {
        int before = sink.firstDeliveries().size();
        try (Relay relay = Relay.start(config(query).build())) {
            Look over = awaitOver(redeliveries.request("shop", States.all("account")));
            assertThat(over.job().stage()).isEqualTo(Stage.FAILED);
            assertThat(over.answer()).contains(why);
            change(9, "live");
            sink.awaitDistinct(before + 1);
        }
    }

    private RelayConfig.Builder config(String query) {
        RelayConfig plain = outbox.config(outbox.subscriber("shop", sink).build());
        return RelayConfig.builder()
                .source(plain.source())
                .ops(plain.ops())
                .shutdown(plain.shutdown())
                .subscriber(plain.subscribers().get(0))
                .states(new StateConfig("account", "bank", "account-state", 1, query));
    }

    /** The row, its version and its event, in one transaction. */
    private void change(int id, String name) throws SQLException {
        write(id, "insert into account values (?, ?) on conflict (id) do update set name = excluded.name", name);
    }

    private void remove(int id) throws SQLException {
        write(id, "delete from account where id = ? and name <> ?", "");
    }

    private void write(int id, String change, String name) throws SQLException {
        try (Connection tx = outbox.database().connect()) {
            tx.setAutoCommit(false);
            try (PreparedStatement statement = tx.prepareStatement(change)) {
                statement.setInt(1, id);
                statement.setString(2, name);
                statement.executeUpdate();
            }
            try (PreparedStatement statement = tx.prepareStatement("""
                    insert into outbox (id, source, aggregatetype, aggregateid, aggregateversion, type, payload)
                    values (?, 'bank', 'account', ?, outbox_version_claim('bank', '', 'account', ?), 'account-changed',
                        json_build_object('name', ?::text))""")) {
                UUID random = UUID.randomUUID();
                statement.setObject(
                        1,
                        new UUID(
                                (random.getMostSignificantBits() & ~0xf000L) | 0x7000L,
                                random.getLeastSignificantBits()));
                statement.setString(2, Integer.toString(id));
                statement.setString(3, Integer.toString(id));
                statement.setString(4, name);
                statement.executeUpdate();
            }
            tx.commit();
        }
    }

    private Map<String, String> source() throws SQLException {
        try (Connection connection = outbox.database().connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(QUERY)) {
            Map<String, String> source = new HashMap<>();
            while (rows.next()) {
                source.put(rows.getString(1), rows.getString(2));
            }
            return source;
        }
    }

    private Look look(long job) throws SQLException {
        return redeliveries.look(job).orElseThrow();
    }

    private Look awaitOver(long job) throws SQLException {
        await().until(() -> look(job).job().stage().isOver());
        return look(job);
    }

    private static ConditionFactory await() {
        return Awaitility.await().atMost(Duration.ofMinutes(2)).pollInterval(Duration.ofMillis(20));
    }
}
