package dev.tidemark.inbox;

import static dev.tidemark.inbox.Fixtures.query;
import static dev.tidemark.inbox.Fixtures.user;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.standardwebhooks.Webhook;
import dev.tidemark.envelope.CloudEventsHttp;
import dev.tidemark.envelope.CloudEventsJson;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.testkit.Database;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Signed by the library of Standard Webhooks, as any sender would. */
final class SignedWebhookTest {

    private static final String OLD = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private static final String NEW = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDazfgh5s5tPc=";
    private static final Instant NOW = Instant.parse("2026-11-21T12:00:00Z");

    private Database database;

    @BeforeEach
    void connect() throws SQLException {
        database = Fixtures.database();
    }

    private HttpSubscription subscription(String... secrets) {
        return HttpSubscription.builder()
                .inbox(Inbox.of("orders"))
                .dataSource(database.dataSource())
                .on("user-renamed", Fixtures::effect)
                .secrets(secrets)
                .clock(() -> NOW)
                .build();
    }

    private static byte[] body(Envelope event) {
        return CloudEventsJson.write(event);
    }

    private static Map<String, List<String>> signed(byte[] body, Instant at, String... secrets) throws Exception {
        StringBuilder signatures = new StringBuilder("v0,Zm9v");
        for (String secret : secrets) {
            signatures
                    .append(' ')
                    .append(new Webhook(secret)
                            .sign("msg_1", at.getEpochSecond(), new String(body, StandardCharsets.UTF_8)));
        }
        return new HashMap<>(Map.of(
                "Content-Type",
                List.of(CloudEventsHttp.STRUCTURED),
                "Webhook-Id",
                List.of("msg_1"),
                "webhook-timestamp",
                List.of(Long.toString(at.getEpochSecond())),
                "webhook-signature",
                List.of(signatures.toString())));
    }

    private List<String> effects() throws SQLException {
        return query(database, "select version from effect order by n");
    }

    @Test
    void whatIsSignedIsHandledOnceHoweverOftenItIsSent() throws Exception {
        byte[] body = body(user("é", 1).build());
        HttpSubscription subscription = subscription(OLD);
        assertThat(subscription.receive(signed(body, NOW, OLD), body).status()).isEqualTo(204);
        assertThat(subscription.receive(signed(body, NOW, OLD), body).status()).isEqualTo(204);
        assertThat(effects()).containsExactly("1");
    }

    @Test
    void aBatchIsSignedAsAWhole() throws Exception {
        byte[] body = CloudEventsJson.batch(
                List.of(body(user("a", 1).build()), body(user("a", 2).build())));
        Map<String, List<String>> headers = signed(body, NOW, OLD);
        headers.put("Content-Type", List.of(CloudEventsHttp.BATCH));
        byte[] shorter = CloudEventsJson.batch(List.of(body(user("a", 1).build())));
        assertThat(subscription(OLD).receive(headers, shorter).status()).isEqualTo(401);
        assertThat(subscription(OLD).receive(headers, body).status()).isEqualTo(204);
        assertThat(effects()).containsExactly("1", "2");
    }

    @Test
    void whileASecretIsChangedEitherIsEnough() throws Exception {
        HttpSubscription both = subscription(OLD, NEW);
        byte[] first = body(user("a", 1).build());
        byte[] second = body(user("a", 2).build());
        byte[] third = body(user("a", 3).build());
        assertThat(both.receive(signed(first, NOW, OLD), first).status()).isEqualTo(204);
        assertThat(both.receive(signed(second, NOW, NEW), second).status()).isEqualTo(204);
        assertThat(subscription(NEW)
                        .receive(signed(third, NOW, OLD, NEW), third)
                        .status())
                .isEqualTo(204);
        assertThat(effects()).containsExactly("1", "2", "3");
    }

    @Test
    void aTimeThatIsFarOffIsRefused() throws Exception {
        byte[] body = body(user("a", 1).build());
        Duration bound = Duration.ofMinutes(5);
        for (Instant at :
                List.of(NOW.minus(bound).minusSeconds(1), NOW.plus(bound).plusSeconds(1))) {
            Answer answer = subscription(OLD).receive(signed(body, at, OLD), body);
            assertThat(answer.status()).isEqualTo(401);
            assertThat(answer.text()).contains("webhook-signature");
        }
        assertThat(effects()).isEmpty();
        assertThat(subscription(OLD)
                        .receive(signed(body, NOW.minus(bound), OLD), body)
                        .status())
                .isEqualTo(204);
    }

    @Test
    void whatIsNotSignedSoIsRefused() throws Exception {
        byte[] body = body(user("a", 1).build());
        byte[] other = body(user("a", 2).build());
        HttpSubscription subscription = subscription(OLD);
        assertThat(subscription.receive(signed(body, NOW, NEW), body).status()).isEqualTo(401);
        assertThat(subscription.receive(signed(body, NOW, OLD), other).status()).isEqualTo(401);
        for (String header : List.of("Webhook-Id", "webhook-timestamp", "webhook-signature")) {
            Map<String, List<String>> without = signed(body, NOW, OLD);
            without.remove(header);
            assertThat(subscription.receive(without, body).status()).as(header).isEqualTo(401);
            Map<String, List<String>> changed = signed(body, NOW, OLD);
            changed.computeIfPresent(header, (name, values) -> List.of(values.get(0) + "1"));
            assertThat(subscription.receive(changed, body).status()).as(header).isEqualTo(401);
            Map<String, List<String>> odd = signed(body, NOW, OLD);
            odd.put(header, List.of("-1"));
            assertThat(subscription.receive(odd, body).status()).as(header).isEqualTo(401);
        }
        assertThat(effects()).isEmpty();
    }

    /** Whoever had seen one could send it again with the headers of another event. */
    @Test
    void anEventInHeadersIsRefused() throws Exception {
        Envelope event = user("a", 1).build();
        byte[] body = "{}".getBytes(StandardCharsets.UTF_8);
        Map<String, List<String>> headers = signed(body, NOW, OLD);
        headers.remove("Content-Type");
        CloudEventsHttp.headers(event).forEach((name, value) -> headers.put(name, List.of(value)));
        assertThat(subscription(OLD).receive(headers, body).status()).isEqualTo(415);
        assertThat(effects()).isEmpty();
    }

    @Test
    void whatIsNoSecretIsRefusedAndNotShown() {
        for (String secret : List.of("sesame", "whsec_sesame!", "whsec_c2VzYW1l")) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> subscription(secret))
                    .withMessageStartingWith("a secret must ")
                    .withMessageNotContaining("esame")
                    .withMessageNotContaining("c2Vz");
        }
    }
}
