package dev.tidemark.inbox;

import static dev.tidemark.inbox.Fixtures.query;
import static dev.tidemark.inbox.Fixtures.unversioned;
import static dev.tidemark.inbox.Fixtures.user;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.envelope.CloudEventsJson;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.testkit.Database;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.http.HttpResponse;
import java.sql.SQLException;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Many events in one request, as a relay sends them. */
final class HttpBatchTest {

    private final Heard heard = new Heard();
    private Database database;
    private SubscriptionServer server;
    private Posting post;

    @BeforeEach
    void start() throws SQLException, IOException {
        database = Fixtures.database();
        restart(GapPolicy.REPORT, UnknownType.IGNORE);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private void restart(GapPolicy gaps, UnknownType unknown) throws IOException {
        if (server != null) {
            server.close();
        }
        server = HttpSubscription.builder()
                .inbox(Inbox.builder("shipping")
                        .listener(heard)
                        .gapPolicy(gaps)
                        .firstEvent(FirstEvent.FIRST_SEEN)
                        .build())
                .dataSource(database.dataSource())
                .on("user-renamed", Fixtures::effect)
                .on("fails", (tx, event) -> {
                    Fixtures.effect(tx, event);
                    throw new IOException("not this one");
                })
                .unknownType(unknown)
                .build()
                .start(new InetSocketAddress("localhost", 0));
        post = new Posting(server.port());
    }

    private static void assertAnswer(HttpResponse<String> answer, int status) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    }

    @Test
    void aBatchIsHandledInItsOrderInOneTransaction() throws Exception {
        assertAnswer(post.batch(), 204);
        assertAnswer(
                post.batch(
                        user("42", 1).build(),
                        unversioned("42", "a").build(),
                        user("7", 1).build(),
                        user("42", 2).build(),
                        user("42", 1).build(),
                        unversioned("42", "a").build()),
                204);
        assertThat(query(database, "select aggregateid || '@' || coalesce(version, 0) from effect order by n"))
                .containsExactly("42@1", "42@0", "7@1", "42@2");
        assertThat(query(database, "select count(distinct xmin::text) from effect"))
                .containsExactly("1");
        assertThat(heard.lines).filteredOn("duplicate 1"::equals).hasSize(1);
        assertThat(heard.lines).hasSize(6);
    }

    @Test
    void ofABatchNothingIsLeftWhereOneEventFails() throws Exception {
        Envelope[] events = {
            user("42", 1).build(),
            user("7", 1).type("fails").build(),
            user("42", 2).build()
        };
        assertAnswer(post.batch(events), 500);
        assertThat(query(database, "select count(*) from effect")).containsExactly("0");
        assertThat(query(database, "select count(*) from inbox_watermark")).containsExactly("0");
        assertThat(heard.lines).as("of the one that failed").containsExactly("failed 1");
        assertAnswer(post.batch(user("42", 1).build(), user("42", 2).build()), 204);
        assertThat(query(database, "select version from effect order by n")).containsExactly("1", "2");
    }

    @Test
    void theAnswerToABatchIsThatToItsFirstEventThatFails() throws Exception {
        restart(GapPolicy.FAIL, UnknownType.REFUSE);
        assertAnswer(
                post.batch(
                        user("42", 1).build(), user("7", 1).type("user-moved").build()),
                422);
        assertAnswer(
                post.batch(
                        user("7", 1).type("user-moved").build(), user("42", 1).build()),
                422);
        assertThat(query(database, "select count(*) from effect")).containsExactly("0");
        assertAnswer(post.batch(user("42", 1).build()), 204);
        HttpResponse<String> gap = post.batch(
                user("42", 3).build(), user("7", 1).type("user-moved").build());
        assertAnswer(gap, 503);
        assertThat(gap.headers().firstValue("retry-after")).isPresent();
    }

    @Test
    void aCommitThatFailsIsNoneOfABatch() throws Exception {
        database.run("alter table effect add unique (aggregateid) deferrable initially deferred");
        assertAnswer(post.batch(user("42", 1).build(), user("42", 2).build()), 500);
        assertThat(query(database, "select count(*) from inbox_watermark")).containsExactly("0");
        assertThat(heard.lines).containsExactly("failed 1", "failed 2");
    }

    @Test
    void aBatchThatCannotBeReadIsRefusedAsAWhole() throws Exception {
        byte[] good = CloudEventsJson.write(user("42", 1).build());
        assertAnswer(post.batch(good), 400);
        assertAnswer(post.batch(CloudEventsJson.batch(List.of(good, "{}".getBytes(UTF_8)))), 400);
        assertAnswer(post.batch(CloudEventsJson.batch(List.of(good, "7".getBytes(UTF_8)))), 400);
        assertAnswer(
                post.batch(
                        user("42", 1).build(),
                        user("42", 1)
                                .aggregate(new Aggregate("users", "", "user", "\0"))
                                .build()),
                400);
        assertThat(query(database, "select count(*) from effect")).containsExactly("0");
        assertThat(heard.lines).hasSize(4).allMatch(line -> line.startsWith("failed"));
    }
}
