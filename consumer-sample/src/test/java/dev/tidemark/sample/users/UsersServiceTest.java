package dev.tidemark.sample.users;

import static dev.tidemark.sample.Calls.call;
import static dev.tidemark.sample.Calls.column;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.sample.Calls;
import dev.tidemark.testkit.Database;
import dev.tidemark.testkit.PostgresExtension;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

@ExtendWith(PostgresExtension.class)
class UsersServiceTest {

    private static final String EVENTS = "select type || '@' || aggregateversion || ' ' || coalesce(payload::text, '-')"
            + " from outbox where aggregateid = '%s' order by aggregateversion";

    private final Database database;
    private UsersService service;

    UsersServiceTest(Database database) {
        this.database = database;
    }

    @BeforeEach
    void start() throws SQLException {
        service = UsersService.start(Calls.migrated(database), config -> {});
    }

    @AfterEach
    void stop() {
        service.close();
    }

    private String create(String name) throws IOException, InterruptedException {
        HttpResponse<String> created = call("POST", service.uri(), "/users", "{\"name\": \"" + name + "\"}");
        assertThat(created.statusCode()).isEqualTo(201);
        return created.body().replaceAll(".*\"id\":\"([^\"]+)\".*", "$1");
    }

    @Test
    void eachChangeAppendsAnEventWithTheNextVersion() throws Exception {
        String id = create("Zoë");
        call("PUT", service.uri(), "/users/" + id, "{\"name\": \"李雷\"}");
        HttpResponse<String> deleted = call("DELETE", service.uri(), "/users/" + id, "");

        assertThat(deleted.statusCode()).isEqualTo(204);
        assertThat(column(database, EVENTS.formatted(id)))
                .containsExactly(
                        "user-created@1 {\"id\":\"" + id + "\",\"name\":\"Zoë\"}",
                        "user-renamed@2 {\"id\":\"" + id + "\",\"name\":\"李雷\"}",
                        "user-deleted@3 -");
        assertThat(call("GET", service.uri(), "/users/" + id, "").statusCode()).isEqualTo(404);
    }

    @Test
    void aUserIsShownUnderTheNewName() throws Exception {
        String id = create("Ada");
        call("PUT", service.uri(), "/users/" + id, "{\"name\": \"Grace\"}");

        assertThat(call("GET", service.uri(), "/users/" + id, "").body())
                .isEqualTo("{\"id\":\"" + id + "\",\"name\":\"Grace\"}");
    }

    @Test
    void whatChangesNothingAppendsNothing() throws Exception {
        assertThat(call("PUT", service.uri(), "/users/nobody", "{\"name\": \"Ada\"}")
                        .statusCode())
                .isEqualTo(404);
        assertThat(call("DELETE", service.uri(), "/users/nobody", "").statusCode())
                .isEqualTo(404);
        assertThat(call("POST", service.uri(), "/users", "{\"name\": \" \"}").statusCode())
                .isEqualTo(400);
        assertThat(call("POST", service.uri(), "/users", "{}").statusCode()).isEqualTo(400);
        assertThat(column(database, EVENTS.formatted("nobody"))).isEmpty();
    }

    @Test
    void withoutAnOutboxThereIsNoChangeEither() throws Exception {
        String id = create("Ada");
        database.run("alter table outbox rename to gone");
        try {
            assertThat(call("PUT", service.uri(), "/users/" + id, "{\"name\": \"Grace\"}")
                            .statusCode())
                    .isEqualTo(500);
            assertThat(call("GET", service.uri(), "/users/" + id, "").body()).contains("Ada");
        } finally {
            database.run("alter table gone rename to outbox");
        }
    }

    @Test
    void whatWasWrittenIsAnsweredWithAReceipt() throws Exception {
        HttpResponse<String> created = call("POST", service.uri(), "/users", "{\"name\": \"Ada\"}");
        String id = created.body().replaceAll(".*\"id\":\"([^\"]+)\".*", "$1");
        assertThat(created.headers().firstValue("tidemark-receipt")).contains("users::user/" + id + "@1");
        assertThat(created.headers().firstValue("etag")).contains("\"1\"");

        HttpResponse<String> renamed = call(
                "PUT",
                service.uri(),
                "/users/" + id,
                "{\"name\": \"Grace\"}",
                "cookie",
                "tidemark-receipt=orders::order/1@2");
        assertThat(renamed.headers().firstValue("tidemark-receipt")).contains("users::user/" + id + "@2");
        assertThat(renamed.headers().firstValue("set-cookie"))
                .hasValueSatisfying(cookie -> assertThat(cookie)
                        .startsWith("tidemark-receipt=orders::order/1@2|users::user/" + id + "@2;")
                        .contains("HttpOnly"));

        HttpResponse<String> deleted = call("DELETE", service.uri(), "/users/" + id, "");
        assertThat(deleted.headers().firstValue("tidemark-receipt")).contains("users::user/" + id + "@3");
    }

    @Test
    void ofTwoEditorsOneWinsAndTheOtherIsToldWhatItHasNotSeen() throws Exception {
        String id = create("Ada");
        HttpResponse<String> seen = call("GET", service.uri(), "/users/" + id, "");
        String version = seen.headers().firstValue("etag").orElseThrow();

        HttpResponse<String> first =
                call("PUT", service.uri(), "/users/" + id, "{\"name\": \"Ada L.\"}", "if-match", version);
        HttpResponse<String> second =
                call("PUT", service.uri(), "/users/" + id, "{\"name\": \"Ada K.\"}", "if-match", version);

        assertThat(first.statusCode()).isEqualTo(200);
        assertThat(second.statusCode()).isEqualTo(412);
        assertThat(second.headers().firstValue("etag")).contains("\"2\"");
        assertThat(second.headers().firstValue("tidemark-receipt")).isEmpty();
        assertThat(second.body()).isEqualTo("{\"id\":\"" + id + "\",\"name\":\"Ada L.\"}");
        assertThat(call("DELETE", service.uri(), "/users/" + id, "", "if-match", version)
                        .statusCode())
                .isEqualTo(412);
        assertThat(column(database, EVENTS.formatted(id))).hasSize(2);
        assertThat(call("PUT", service.uri(), "/users/" + id, "{\"name\": \"A\"}", "if-match", "*")
                        .statusCode())
                .isEqualTo(200);
        assertThat(call("PUT", service.uri(), "/users/" + id, "{\"name\": \"A\"}", "if-match", "W/\"3\"")
                        .statusCode())
                .isEqualTo(400);
    }

    /** Each adds its marks to the name that it has seen; one that is lost would be missing in the end. */
    @Test
    void nothingThatEditorsDoAtTheSameTimeIsLost() throws Exception {
        String id = create(":");
        int marks = 25;
        AtomicInteger refused = new AtomicInteger();
        ExecutorService editors = Executors.newFixedThreadPool(2);
        try {
            List<Future<?>> running = new ArrayList<>();
            for (String mark : List.of("a", "b")) {
                running.add(editors.submit(() -> {
                    for (int i = 0; i < marks; i++) {
                        edit(id, mark, refused);
                    }
                    return null;
                }));
            }
            for (Future<?> done : running) {
                done.get();
            }
        } finally {
            editors.shutdownNow();
        }

        String name = column(database, "select name from users").get(0);
        assertThat(name.chars().filter(c -> c == 'a').count()).as(name).isEqualTo(marks);
        assertThat(name.chars().filter(c -> c == 'b').count()).as(name).isEqualTo(marks);
        assertThat(column(database, EVENTS.formatted(id)))
                .hasSize(1 + 2 * marks)
                .last(InstanceOfAssertFactories.STRING)
                .startsWith("user-renamed@" + (1 + 2 * marks))
                .contains(name);
    }

    private void edit(String id, String mark, AtomicInteger refused) throws IOException, InterruptedException {
        HttpResponse<String> seen = call("GET", service.uri(), "/users/" + id, "");
        while (true) {
            String name = seen.body().replaceAll(".*\"name\":\"([^\"]+)\".*", "$1");
            String version = seen.headers().firstValue("etag").orElseThrow();
            seen = call(
                    "PUT", service.uri(), "/users/" + id, "{\"name\": \"" + name + mark + "\"}", "if-match", version);
            if (seen.statusCode() == 200) {
                return;
            }
            assertThat(seen.statusCode()).isEqualTo(412);
            refused.incrementAndGet(); // and it has been told what the other wrote
        }
    }
}
