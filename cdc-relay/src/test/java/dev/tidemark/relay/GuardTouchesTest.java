package dev.tidemark.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tidemark.testkit.PostgresServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Somebody touches what a relay depends on while it runs; with real SQL. */
class GuardTouchesTest {

    private static final HttpClient HTTP = HttpClient.newHttpClient();

    private static PostgresServer server;

    /** Each is done in one go, so that a look sees the state before or after it, and nothing between. */
    private static final List<Touch> TOUCHES = List.of(
            new Touch("drop publication tidemark_outbox", "publication tidemark_outbox does not exist"),
            new Touch(
                    "drop publication tidemark_outbox; create publication tidemark_outbox for table outbox"
                            + " with (publish = 'insert', publish_via_partition_root = true)",
                    "was dropped, made anew or altered"),
            new Touch("alter publication tidemark_outbox set (publish = 'update')", "must publish all inserts"),
            new Touch(
                    "alter publication tidemark_outbox set (publish_via_partition_root = false)",
                    "must publish all inserts"),
            new Touch(
                    "alter publication tidemark_outbox set table outbox where (source = 'x')",
                    "must publish all inserts"),
            new Touch(
                    "alter publication tidemark_outbox set (publish = 'update');"
                            + "alter publication tidemark_outbox set (publish = 'insert')",
                    "was dropped, made anew or altered"),
            new Touch(
                    "alter publication tidemark_outbox drop table outbox;"
                            + "alter publication tidemark_outbox add table outbox",
                    "was dropped, made anew or altered"),
            new Touch("alter table outbox rename to old_outbox", "table public.outbox does not exist any more"),
            new Touch(
                    "alter table outbox rename to old_outbox; create table outbox (like old_outbox including all)",
                    "table public.outbox is not the one it was"),
            new Touch("alter table outbox drop column traceparent", "has no column traceparent"),
            new Touch("update tidemark.relay set epoch = epoch - 1", "the database went back"),
            new Touch(
                    "update tidemark.relay set system_identifier = '1'",
                    "as by pg_upgrade, run: tidemark migrate --repair"),
            new Touch("update tidemark.relay set timeline = timeline + 1", "was promoted or recovered"));

    private record Touch(String sql, String reason) {}

    @BeforeAll
    static void startServer() {
        server = PostgresServer.start();
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    @TestFactory
    Stream<DynamicTest> aRelayThatRunsStopsAndSaysWhyAndWhatRepairsIt() {
        return TOUCHES.stream().map(touch -> DynamicTest.dynamicTest(touch.sql(), () -> stops(touch)));
    }

    /** The relay speaks until the test has heard it. */
    private static void stops(Touch touch) throws Exception {
        OutboxFixture outbox = new OutboxFixture(server);
        RecordingSink sink = new RecordingSink();
        try (Relay relay =
                Relay.start(outbox.config(outbox.subscriber("all", sink).build()), Patience.BOUND)) {
            outbox.write("a", 1);
            sink.awaitDistinct(1);
            outbox.database().run(touch.sql());
            await().until(() -> {
                HttpResponse<String> ready = ready(relay);
                return ready.statusCode() == 503 && ready.body().contains(touch.reason());
            });
            await().until(() -> relay.failure().isPresent()); // readiness knows first
            assertThat(relay.failure().orElseThrow())
                    .hasMessageContaining(touch.reason())
                    .message()
                    .containsPattern("run: tidemark (migrate --repair|adopt-restore)")
                    .contains(outbox.slot());
        }
        server.dropDatabase(outbox.database());
    }

    private static HttpResponse<String> ready(Relay relay) throws Exception {
        URI uri = URI.create("http://127.0.0.1:" + relay.opsPort() + "/health/ready");
        return HTTP.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
    }
}
