package dev.tidemark.relay.sink;

import static dev.tidemark.relay.Events.event;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import com.standardwebhooks.Webhook;
import com.standardwebhooks.exceptions.WebhookVerificationException;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.testkit.ManualClock;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is sent is verified by the library of Standard Webhooks itself. */
class HttpSignatureTest {

    private static final String OLD = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private static final String NEW = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oDeVGqN4eRgjM=";
    private static final String OTHER = "whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    private final Receiver receiver = new Receiver();
    private final ManualClock clock = ManualClock.startingAt(Instant.now()); // verified against the machine's own
    private HttpSink sink = open(List.of(OLD));

    @AfterEach
    void close() {
        receiver.close();
        sink.close();
    }

    @Test
    void theLibraryOfStandardWebhooksVerifiesIt() throws InterruptedException {
        sink.deliver(List.of(event("a", 1)));
        assertThatCode(() -> verify(OLD)).doesNotThrowAnyException();
        assertThatExceptionOfType(WebhookVerificationException.class).isThrownBy(() -> verify(OTHER));
        assertThat(header("webhook-id")).isEqualTo(event("a", 1).id().toString());
    }

    /** The example of the specification's own test vectors. */
    @Test
    void aKnownMessageHasItsKnownSignature() {
        Map<String, String> headers = new HttpSignature(List.of(OLD))
                .headers(
                        "msg_p5jXN8AQM9LWM0D4loKWxJek",
                        Instant.ofEpochSecond(1_614_265_330),
                        "{\"test\": 2432232314}".getBytes(StandardCharsets.UTF_8));
        assertThat(headers)
                .isEqualTo(Map.of(
                        "webhook-id",
                        "msg_p5jXN8AQM9LWM0D4loKWxJek",
                        "webhook-timestamp",
                        "1614265330",
                        "webhook-signature",
                        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="));
    }

    @Test
    void aChangedBodyIsFoundOut() throws InterruptedException {
        sink.deliver(List.of(event("a", 1)));
        String changed = new String(receiver.lastBody(), StandardCharsets.UTF_8).replace("\"n\":1", "\"n\":2");
        assertThatExceptionOfType(WebhookVerificationException.class)
                .isThrownBy(() -> new Webhook(OLD).verify(changed, lowerCased()));
    }

    @Test
    void whileSecretsAreChangedAReceiverMayKnowEither() throws InterruptedException {
        sink.close();
        sink = open(List.of(NEW, OLD));
        sink.deliver(List.of(event("a", 1)));
        assertThatCode(() -> verify(OLD)).doesNotThrowAnyException();
        assertThatCode(() -> verify(NEW)).doesNotThrowAnyException();
        assertThat(header("webhook-signature").split(" "))
                .hasSize(2)
                .allMatch(signature -> signature.startsWith("v1,"));
    }

    @Test
    void aRetryHasItsOwnTimeAndTheSameId() throws InterruptedException {
        receiver.refuseForNow("a@1");
        sink.deliver(List.of(event("a", 1)));
        String id = header("webhook-id");
        long timestamp = Long.parseLong(header("webhook-timestamp"));
        clock.advance(Duration.ofSeconds(61));
        receiver.acceptAll();
        assertThat(sink.deliver(List.of(event("a", 1)))).containsOnly(Delivery.delivered());
        assertThat(header("webhook-id")).isEqualTo(id);
        assertThat(Long.parseLong(header("webhook-timestamp"))).isEqualTo(timestamp + 61);
        assertThatCode(() -> verify(OLD)).doesNotThrowAnyException();
    }

    @Test
    void aRedeliveryHasAnIdOfItsOwnOrAReceiverWouldSwallowIt() throws InterruptedException {
        Envelope again =
                event("a", 1).toBuilder().redelivery("replay:2026.11 ä").build();
        sink.deliver(List.of(again));
        assertThat(header("webhook-id")).isEqualTo(event("a", 1).id() + "/2026%2E11%20%C3%A4");
        assertThatCode(() -> verify(OLD)).doesNotThrowAnyException();
    }

    @Test
    void withoutSecretsNothingIsSigned() throws InterruptedException {
        sink.close();
        sink = open(List.of());
        sink.deliver(List.of(event("a", 1)));
        assertThat(lowerCased().keySet()).noneMatch(name -> name.startsWith("webhook-"));
    }

    @Test
    void noSecretIsEverInAReason() throws InterruptedException {
        receiver.on("a@1", exchange -> {
            byte[] body = ("no " + OLD + " but " + OLD.substring(6)).getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(401, body.length);
            exchange.getResponseBody().write(body);
        });
        assertThat(sink.deliver(List.of(event("a", 1))))
                .containsExactly(Delivery.rejected("POST " + receiver.url() + " answered 401: no *** but ***"));
        assertThat(settings(List.of(OLD)).toString()).doesNotContain(OLD.substring(6));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> open(List.of("canary")))
                .withMessageNotContaining("canary");
    }

    private void verify(String secret) throws WebhookVerificationException {
        new Webhook(secret).verify(new String(receiver.lastBody(), StandardCharsets.UTF_8), lowerCased());
    }

    private String header(String name) {
        return requireNonNull(lowerCased().get(name), name).get(0);
    }

    private Map<String, List<String>> lowerCased() {
        Map<String, List<String>> headers = new HashMap<>();
        receiver.lastHeaders().forEach((name, values) -> headers.put(name.toLowerCase(Locale.ROOT), values));
        return headers;
    }

    private HttpSink open(List<String> secrets) {
        return new HttpSink(settings(secrets), clock);
    }

    private HttpSink.Settings settings(List<String> secrets) {
        return new HttpSink.Settings(
                receiver.url(),
                HttpSink.Mode.STRUCTURED,
                Duration.ofMinutes(2),
                Map.of(),
                4,
                secrets,
                Addresses.DEFAULT,
                0);
    }
}
