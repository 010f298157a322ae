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
}
