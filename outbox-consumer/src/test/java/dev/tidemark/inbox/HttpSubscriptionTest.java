package dev.tidemark.inbox;

import static dev.tidemark.inbox.Fixtures.begin;
import static dev.tidemark.inbox.Fixtures.query;
import static dev.tidemark.inbox.Fixtures.unversioned;
import static dev.tidemark.inbox.Fixtures.user;
import static dev.tidemark.inbox.Fixtures.uuid;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import dev.tidemark.envelope.Aggregate;
import dev.tidemark.envelope.CloudEventsJson;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.testkit.Database;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Every answer, as a relay gets it over a real connection. */
final class HttpSubscriptionTest {

    private static final String SECRET = "canary-4711";

    private final Heard heard = new Heard();
    private Database database;
    private HikariDataSource pool;
    private SubscriptionServer server;
    private Posting post;

    @BeforeEach
    void start() throws SQLException, IOException {
        database = Fixtures.database();
        pool = new HikariDataSource();
        pool.setJdbcUrl(database.url());
        pool.setUsername(database.user());
        pool.setPassword(database.password());
        pool.setMaximumPoolSize(3);
        pool.setMinimumIdle(0);
        restart(subscription(inbox().build()));
    }

    @AfterEach
    void stop() {
        server.close();
        assertThat(
                        pool.getHikariPoolMXBean() == null
                                ? 0
                                : pool.getHikariPoolMXBean().getActiveConnections())
                .as("connections that never came back")
                .isZero();
        pool.close();
    }

    @Test
    void anEventIsHandledOnceInEitherMode() throws Exception {
        assertAnswer(post.binary(user("42", 1).build()), 204);
        assertAnswer(post.structured(user("42", 1).build()), 204);
        assertAnswer(post.structured(user("42", 2).build()), 204);
        assertAnswer(post.binary(unversioned("42", "a").build()), 204);
        assertThat(query(database, "select version from effect order by n")).containsExactly("1", "2", "null");
        assertThat(heard.lines).hasSize(4);
        assertThat(heard.lines).element(1).isEqualTo("duplicate 1");
    }

    @Test
    void anEventOfAnotherTypeIsAcknowledgedAndLeavesNoGap() throws Exception {
        assertAnswer(post.binary(user("42", 1).build()), 204);
        assertAnswer(post.binary(user("42", 2).type("user-moved").build()), 204);
        assertAnswer(post.binary(user("42", 3).build()), 204);
        assertThat(heard.lines).noneMatch(line -> line.startsWith("gap"));
        assertThat(query(database, "select version from effect order by n")).containsExactly("1", "3");
    }

    @Test
    void anEventOfAnotherTypeIsRefusedWhereThePolicySaysSo() throws Exception {
        restart(subscription(inbox().build()).unknownType(UnknownType.REFUSE));
        assertAnswer(post.binary(user("42", 1).type("user-moved").build()), 422);
        assertThat(query(database, "select count(*) from inbox_watermark")).containsExactly("0");
    }

    @Test
    void aFailingHandlerLeavesNothingAndTheEventCanComeAgain() throws Exception {
        assertAnswer(post.binary(user("42", 1).type("fails").build()), 500);
        assertThat(query(database, "select count(*) from effect")).containsExactly("0");
        assertAnswer(post.binary(user("42", 1).build()), 204);
        assertThat(heard.lines).first().isEqualTo("failed 1");
        assertThat(heard.failures).first().isInstanceOf(IOException.class);
    }

    /** Would answer 204 if it were sent before the commit. */
    @Test
    void aCommitThatFailsIsNotAcknowledged() throws Exception {
        database.run("alter table effect add unique (aggregateid) deferrable initially deferred;"
                + "insert into effect (id, aggregateid) values (gen_random_uuid(), '42')");
        assertAnswer(post.binary(user("42", 1).build()), 500);
        assertThat(query(database, "select count(*) from inbox_watermark")).containsExactly("0");
    }

    @Test
    void aConnectionLostInTheHandlerIsWorthAnotherTry() throws Exception {
        assertAnswer(post.binary(user("42", 1).type("kills").build()), 503);
        assertAnswer(post.binary(user("42", 1).build()), 204);
    }

    @Test
    void aVersionConflictIsRefusedForGood() throws Exception {
        post.binary(user("42", 1).build());
        assertAnswer(post.binary(user("42", 1).id(uuid("other")).build()), 409);
    }

    @Test
    void aGapIsAnsweredWithLaterWhereThePolicyIsToFail() throws Exception {
        restart(subscription(inbox().gapPolicy(GapPolicy.FAIL)
                .firstEvent(FirstEvent.FIRST_SEEN)
                .build()));
        assertAnswer(post.binary(user("42", 1).build()), 204);
        assertAnswer(post.binary(user("42", 3).build()), 503);
        assertAnswer(post.binary(user("42", 2).build()), 204);
        assertAnswer(post.binary(user("42", 3).build()), 204);
    }

    @Test
    void aRedeliveryOfAnUnknownKindIsNotSupported() throws Exception {
        assertAnswer(post.binary(user("42", 1).redelivery("wish:1").build()), 501);
    }

    @Test
    void anAggregateThatIsBusyIsAnsweredWithLater() throws Exception {
        restart(subscription(inbox().lockTimeout(Duration.ofMillis(50)).build()).retryAfter(Duration.ofSeconds(3)));
        try (Connection other = begin(database)) {
            inbox().build().handle(other, user("42", 1).build(), Fixtures::effect);
            HttpResponse<String> answer = post.binary(user("42", 1).build());
            assertAnswer(answer, 503);
            assertThat(answer.headers().firstValue("retry-after")).contains("3");
            other.rollback(); // a server that is hung up on lets go of its locks when it has the time
        }
        assertAnswer(post.binary(user("42", 1).build()), 204);
    }

    @Test
    void anExhaustedPoolIsAnsweredWithLater() throws Exception {
        try (Connection first = pool.getConnection();
                Connection second = pool.getConnection();
                Connection third = pool.getConnection()) {
            assertThat(first).isNotNull();
            assertThat(second).isNotNull();
            assertThat(third).isNotNull();
            pool.setConnectionTimeout(250);
            assertAnswer(post.binary(user("42", 1).build()), 503);
        }
        pool.setConnectionTimeout(TimeUnit.MINUTES.toMillis(1));
        assertAnswer(post.binary(user("42", 1).build()), 204);
    }

    @Test
    void aDatabaseThatIsAwayIsAnsweredWithLater() throws Exception {
        Database away = new Database("away", "jdbc:postgresql://localhost:1/away", "nobody", SECRET);
        restart(subscription(inbox().build()).dataSource(away.dataSource()));
        assertAnswer(post.binary(user("42", 1).build()), 503);
    }

    @Test
    void whatIsNoEventIsRefusedAndNotRepeatedInTheAnswer() throws Exception {
        String script = "<script>alert('" + SECRET + "')</script>";
        assertAnswer(post.structured(BodyPublishers.ofString(script)), 400);
        assertAnswer(
                post.structured(BodyPublishers.ofString("{\"specversion\":\"1.0\",\"id\":\"" + script + "\"}")), 400);
        assertAnswer(post.structured(BodyPublishers.noBody()), 400);
        assertAnswer(post.send(post.binaryRequest(user("42", 1).build()).setHeader("ce-id", script)), 400);
        assertAnswer(post.send(post.binaryRequest(user("42", 1).build()).setHeader("ce-aggregateversion", "0")), 400);
        assertAnswer(
                post.structured(user("42", 1)
                        .data("application/json", script.getBytes(UTF_8))
                        .build()),
                400);
        assertThat(heard.lines).hasSize(6).allMatch(line -> line.startsWith("failed"));
        assertThat(query(database, "select count(*) from effect")).containsExactly("0");
    }

    @Test
    void anAggregateThatPostgresCannotStoreIsRefused() throws Exception {
        for (String id : new String[] {"a\\u0000b", "a\\ud800b"}) {
            String json = new String(CloudEventsJson.write(user("ID", 1).build()), UTF_8)
                    .replace("\"subject\":\"ID\"", "\"subject\":\"" + id + "\"");
            assertThat(json).contains(id);
            assertAnswer(post.structured(BodyPublishers.ofString(json)), 400);
        }
        assertAnswer(post.send(post.binaryRequest(user("42", 1).build()).setHeader("ce-tenantid", "a%00b")), 400);
    }

    @Test
    void anyOtherTextIsTakenAsItIs() throws Exception {
        String odd = "ü/../<b> \"%41\" \uD83D\uDE00; drop table effect";
        Envelope event = user("42", 1)
                .aggregate(new Aggregate("users", "t", "user", odd))
                .build();
        assertAnswer(post.binary(event), 204);
        assertThat(query(database, "select aggregateid from inbox_watermark")).containsExactly(odd);
    }

    @Test
    void otherContentTypesAreRefused() throws Exception {
        for (String type : new String[] {"application/json", "application/cloudevents+avro", "text/html"}) {
            HttpResponse<String> answer =
                    post.send(post.request().setHeader("content-type", type).POST(BodyPublishers.ofString("[]")));
            assertAnswer(answer, 415);
        }
        assertAnswer(post.send(post.request().POST(BodyPublishers.noBody())), 415);
    }

    @Test
    void otherPathsAndMethodsAreRefused() throws Exception {
        assertAnswer(post.send(post.request("/events/../events/x").POST(BodyPublishers.noBody())), 404);
        assertAnswer(post.send(post.request("/eventsandmore").POST(BodyPublishers.noBody())), 404);
        HttpResponse<String> get = post.send(post.request().GET());
        assertAnswer(get, 405);
        assertThat(get.headers().firstValue("allow")).contains("POST");
    }

    @Test
    void aBodyOverTheLimitIsRefusedWhetherItsLengthIsSaidOrNot() throws Exception {
        restart(subscription(inbox().build()).maxBodyBytes(1000));
        byte[] data = ("\"" + "x".repeat(998) + "\"").getBytes(UTF_8);
        assertAnswer(post.binary(user("42", 1).data("application/json", data).build()), 204);
        byte[] tooMuch = ("\"" + "x".repeat(999) + "\"").getBytes(UTF_8);
        assertAnswer(post.binary(user("42", 2).data("application/json", tooMuch).build()), 413);
        assertAnswer(post.structured(Posting.chunked(1001)), 413);
        assertAnswer(post.structured(Posting.chunked(1000)), 400);
    }

    @Test
    void aBodyFarOverTheLimitIsAnsweredTooAndNotOnlyCutOff() throws Exception {
        restart(subscription(inbox().build()).maxBodyBytes(100_000));
        assertAnswer(post.structured(BodyPublishers.ofByteArray(new byte[16_000_000])), 413);
        assertAnswer(post.structured(Posting.chunked(16_000_000)), 413);
        assertAnswer(post.send(post.request().POST(BodyPublishers.ofByteArray(new byte[16_000_000]))), 415);
    }

    @Test
    void aBodyWithoutAnEndIsCutOff() throws Exception {
        AtomicLong sent = new AtomicLong();
        InputStream endless = new InputStream() {
            @Override
            public int read() {
                sent.incrementAndGet();
                return 'x';
            }

            @Override
            public int read(byte[] buffer, int offset, int length) {
                boolean goesOn = sent.addAndGet(length) < 500_000_000;
                return goesOn ? length : -1;
            }
        };
        try {
            assertAnswer(post.structured(BodyPublishers.ofInputStream(() -> endless)), 413);
        } catch (IOException e) {
            // a client that is still writing when it is cut off may not come to read its answer
        }
        assertThat(sent.get()).isLessThan(100_000_000);
        assertAnswer(post.binary(user("42", 1).build()), 204);
    }

    @Test
    void withoutTheTokenNothingIsHandled() throws Exception {
        restart(subscription(inbox().build()).token(SECRET + SECRET));
        assertAnswer(post.binary(user("42", 1).build()), 401);
        for (String wrong :
                new String[] {"Bearer " + SECRET, "Bearer", "Bearer ", "Basic " + SECRET + SECRET, SECRET + SECRET}) {
            HttpResponse<String> answer =
                    post.send(post.binaryRequest(user("42", 1).build()).setHeader("authorization", wrong));
            assertAnswer(answer, 401);
            assertThat(answer.headers().firstValue("www-authenticate")).contains("Bearer");
        }
        assertThat(query(database, "select count(*) from effect")).containsExactly("0");
        assertAnswer(
                post.send(post.binaryRequest(user("42", 1).build())
                        .setHeader("authorization", "Bearer " + SECRET + SECRET)),
                204);
    }

    @Test
    void badSettingsAreRefusedAndTheTokenIsNotShown() {
        HttpSubscription open = subscription(inbox().build()).build();
        assertThatThrownBy(() -> open.start(new InetSocketAddress("0.0.0.0", 0)))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining(".token(");
        assertThatThrownBy(() -> HttpSubscription.builder().token(SECRET))
                .hasMessageContaining("at least 16")
                .hasMessageNotContaining(SECRET);
        assertThatThrownBy(() -> subscription(inbox().build()).on("fails", Fixtures::effect))
                .hasMessageContaining("already");
        assertThatThrownBy(
                        () -> HttpSubscription.builder().inbox(inbox().build()).build())
                .hasMessageContaining("dataSource is required");
    }

    @Test
    void aListenerThatFailsDoesNotChangeTheAnswer() throws Exception {
        restart(subscription(inbox().listener(new InboxListener() {
                    @Override
                    public void applied(Envelope event, Duration lag) {
                        throw new IllegalStateException("no metrics today");
                    }
                })
                .build()));
        assertAnswer(post.binary(user("42", 1).build()), 204);
    }

    private Inbox.Builder inbox() {
        return Inbox.builder("shipping").listener(heard);
    }

    private HttpSubscription.Builder subscription(Inbox inbox) {
        return HttpSubscription.builder()
                .inbox(inbox)
                .dataSource(pool)
                .on("user-renamed", Fixtures::effect)
                .on("fails", (tx, event) -> {
                    Fixtures.effect(tx, event);
                    throw new IOException(SECRET);
                })
                .on("kills", (tx, event) -> query(tx, "select pg_terminate_backend(pg_backend_pid())"));
    }

    private void restart(HttpSubscription.Builder subscription) throws IOException {
        if (server != null) {
            server.close();
        }
        server = subscription.build().start(new InetSocketAddress("localhost", 0));
        post = new Posting(server.port());
    }

    /** Also that nothing of the request or of an exception is in the answer. */
    private static void assertAnswer(HttpResponse<String> answer, int status) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        assertThat(answer.body()).doesNotContain("script", SECRET, "xception", "at dev.tidemark", "SQL");
        if (status != 204) {
            assertThat(answer.body()).isNotBlank();
            assertThat(answer.headers().firstValue("content-type")).contains("text/plain; charset=utf-8");
            assertThat(answer.headers().firstValue("retry-after").isPresent()).isEqualTo(status == 503);
        }
    }
}
