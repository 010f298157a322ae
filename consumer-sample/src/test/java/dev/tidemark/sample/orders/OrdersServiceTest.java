package dev.tidemark.sample.orders;

import static dev.tidemark.sample.Calls.call;
import static dev.tidemark.sample.Calls.column;
import static dev.tidemark.sample.Calls.deliver;
import static dev.tidemark.sample.Calls.event;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.envelope.Envelope;
import dev.tidemark.sample.Calls;
import dev.tidemark.sample.users.UsersService;
import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.PostgresExtension;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(PostgresExtension.class)
class OrdersServiceTest {

    private final Database database;
    private OrdersService service;

    OrdersServiceTest(Database database) {
        this.database = database;
    }

    @BeforeEach
    void start() throws SQLException {
        service = OrdersService.start(Calls.migrated(database), config -> {});
    }

    @AfterEach
    void stop() {
        service.close();
    }

    private String place(String userId) throws IOException, InterruptedException {
        HttpResponse<String> placed = call(
                "POST",
                service.uri(),
                "/orders",
                "{\"userId\": \"" + userId + "\", \"item\": \"lamp\", \"quantity\": 2}");
        assertThat(placed.statusCode()).isEqualTo(201);
        return placed.body().replaceAll(".*\"id\":\"([^\"]+)\".*", "$1");
    }

    private String show(String id) throws IOException, InterruptedException {
        return call("GET", service.uri(), "/orders/" + id, "").body();
    }

    private static Envelope user(String id, long version, String type, String name) {
        return event("users", "user", id, version, type, "{\"id\":\"" + id + "\",\"name\":\"" + name + "\"}");
    }

    private static Envelope stock(String item, long version, String type, String orderId) {
        return event("inventory", "stock", item, version, type, "{\"orderId\":\"" + orderId + "\",\"quantity\":2}");
    }

    private long journal(Envelope event) throws SQLException {
        return column(database, "select type from journal where event_id = '" + event.id() + "'")
                .size();
    }

    @Test
    void anOrderShowsTheNameThatCameByEvents() throws Exception {
        String order = place("u1");
        assertThat(show(order)).contains("\"userName\":null");

        deliver(service.uri(), user("u1", 1, "user-created", "Ada"));
        deliver(service.uri(), user("u1", 2, "user-renamed", "李雷"));
        assertThat(show(order)).contains("\"userName\":\"李雷\"");

        deliver(service.uri(), event("users", "user", "u1", 3, "user-deleted", null));
        assertThat(show(order)).contains("\"userName\":null");
    }

    @Test
    void aLateEventNeitherOverwritesANewerOneNorBringsADeletedUserBack() throws Exception {
        Envelope created = user("u2", 1, "user-created", "Ada");
        deliver(service.uri(), created);
        deliver(service.uri(), user("u2", 2, "user-renamed", "Grace"));
        assertThat(deliver(service.uri(), created)).isEqualTo(204);
        assertThat(show(place("u2"))).contains("Grace");

        deliver(service.uri(), event("users", "user", "u2", 3, "user-deleted", null));
        deliver(service.uri(), user("u2", 2, "user-renamed", "Grace"));
        assertThat(show(place("u2"))).contains("\"userName\":null");
        assertThat(journal(created)).isEqualTo(1);
    }

    @Test
    void inventorysAnswerConfirmsOrCancelsOnceHoweverOftenItComes() throws Exception {
        String confirmed = place("u3");
        String cancelled = place("u3");
        Envelope reserved = stock("lamp", 1, "stock-reserved", confirmed);
        for (int i = 0; i < 3; i++) {
            assertThat(deliver(service.uri(), reserved)).isEqualTo(204);
        }
        deliver(service.uri(), stock("lamp", 2, "stock-rejected", cancelled));

        assertThat(show(confirmed)).contains("\"status\":\"confirmed\"");
        assertThat(show(cancelled)).contains("\"status\":\"cancelled\"");
        assertThat(column(
                        database,
                        "select type || '@' || aggregateversion from outbox where aggregateid = '" + confirmed
                                + "' order by aggregateversion"))
                .containsExactly("order-placed@1", "order-confirmed@2");
        assertThat(journal(reserved)).isEqualTo(1);
    }

    @Test
    void anAnswerToAnOrderThatIsNotThereIsRolledBackAndAskedForAgain() throws Exception {
        Envelope answer = stock("ghost", 1, "stock-reserved", "nobody-ordered-this");

        assertThat(deliver(service.uri(), answer)).isEqualTo(500);
        assertThat(journal(answer)).isZero();
    }

    @Test
    void aStateMendsARowThatSomebodyChangedAndTakesAwayOneThatShouldNotBe() throws Exception {
        deliver(service.uri(), user("u7", 2, "user-renamed", "Ada"));
        database.run("update user_replica set name = 'Mallory', version = 99 where user_id = 'u7'");
        database.run("insert into user_replica (user_id, name, epoch, version) values ('u8', 'Nobody', 1, 1)");

        assertThat(deliver(service.uri(), state("u7", 2, "{\"id\":\"u7\",\"name\":\"Ada\"}")))
                .isEqualTo(204);
        assertThat(deliver(service.uri(), state("u8", 0, null))).isEqualTo(204);

        assertThat(column(
                        database, "select user_id || name || version from user_replica where user_id in ('u7', 'u8')"))
                .containsExactly("u7Ada2");
    }

    private static Envelope state(String id, long version, @Nullable String json) {
        return event("users", "user", id, version, "user-state", json).toBuilder()
                .redelivery("state:1")
                .build();
    }

    @Test
    void howNewTheReplicaIsIsShown() throws Exception {
        deliver(service.uri(), user("u9", 1, "user-created", "Ada"));

        assertThat(call("GET", service.uri(), "/replica", "").body())
                .matches("\\{\"ageMillis\":\\d+,\"lagMillis\":[\\d.E]+}");
    }

    @Test
    void anOrderThatCannotBeIsRefused() throws Exception {
        assertThat(call("POST", service.uri(), "/orders", "{\"userId\": \"u\", \"item\": \"lamp\"}")
                        .statusCode())
                .isEqualTo(400);
        assertThat(call("GET", service.uri(), "/orders/none", "").statusCode()).isEqualTo(404);
    }

    @Test
    void whereANameIsFromAndHowOldItIsIsShown() throws Exception {
        deliver(service.uri(), user("u5", 1, "user-created", "Ada"));

        assertThat(show(place("u5")))
                .contains("\"userName\":\"Ada\",\"userVersion\":1,\"userNameFrom\":\"replica\",\"userNameAgeMillis\":")
                .contains("\"userNameStale\":false");
    }

    @Test
    void whoHasAReceiptSeesWhatItStandsForOrThatItIsStale() throws Exception {
        deliver(service.uri(), user("u6", 1, "user-created", "Ada"));
        String order = place("u6");

        assertThat(call("GET", service.uri(), "/orders/" + order, "", "tidemark-receipt", "users::user/u6@2")
                        .body())
                .contains("\"userName\":\"Ada\"")
                .contains("\"userNameStale\":true");
        deliver(service.uri(), user("u6", 2, "user-renamed", "Grace"));
        assertThat(call("GET", service.uri(), "/orders/" + order, "", "cookie", "tidemark-receipt=users::user/u6@2")
                        .body())
                .contains("\"userName\":\"Grace\"")
                .contains("\"userNameStale\":false");
        assertThat(call("GET", service.uri(), "/orders/" + order, "", "tidemark-receipt", "nonsense")
                        .statusCode())
                .isEqualTo(400);
    }

    @Test
    void theOwnerIsAskedForAUserThatHasNotArrivedOrIsOlderThanAllowed(Database usersDatabase) throws Exception {
        try (UsersService users = UsersService.start(Calls.migrated(usersDatabase), config -> {});
                OrdersService asking = OrdersService.start(Calls.migrated(database), config -> {}, users.uri())) {
            String user = call("POST", users.uri(), "/users", "{\"name\": \"Ada\"}")
                    .body()
                    .replaceAll(".*\"id\":\"([^\"]+)\".*", "$1");
            String order = place(user);
            assertThat(call("GET", asking.uri(), "/orders/" + order, "").body())
                    .contains("\"userName\":\"Ada\",\"userVersion\":1,\"userNameFrom\":\"owner\"");

            deliver(asking.uri(), user(user, 1, "user-created", "replica's"));
            assertThat(call("GET", asking.uri(), "/orders/" + order, "").body()).contains("replica's");
            assertThat(call("GET", asking.uri(), "/orders/" + order, "", "cache-control", "max-age=5")
                            .body())
                    .contains("\"userName\":\"Ada\"");
            String traversal = place("../orders?x=/%2e");
            assertThat(call("GET", asking.uri(), "/orders/" + traversal, "").body())
                    .contains("\"userName\":null");
        }
    }
}
