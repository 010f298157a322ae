package dev.tidemark.relay.sink;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class HttpOutcomeTest {

    private static final Instant NOW = Instant.parse("2026-11-20T10:00:00Z");

    @Test
    void everyStatusHasOneOutcome() {
        for (int status = 200; status < 600; status++) {
            Delivery outcome = HttpOutcome.of(status, headers(), "http://x/", "", NOW);
            boolean delivered = status < 300;
            boolean retry =
                    status >= 500 || status == 407 || status == 408 || status == 410 || status == 425 || status == 429;
            assertThat(outcome instanceof Delivery.Delivered).as("%d", status).isEqualTo(delivered);
            assertThat(outcome instanceof Delivery.Retry).as("%d", status).isEqualTo(retry);
            assertThat(outcome instanceof Delivery.Rejected).as("%d", status).isEqualTo(!delivered && !retry);
        }
    }

    @Test
    void someAnswersSayNothingOfTheEvent() {
        assertThat(IntStream.range(200, 600).filter(HttpOutcome::concernsAllEvents))
                .containsExactly(407, 410, 429, 503);
    }

    @Test
    void theWaitIsReadInSeconds() {
        assertThat(wait("121")).isEqualTo(Duration.ofSeconds(121));
        assertThat(wait(" 0 ")).isZero();
        assertThat(wait("999999999")).isEqualTo(Duration.ofSeconds(999_999_999));
    }

    @Test
    void theWaitIsReadFromADateAgainstTheAnswersOwn() {
        String inAMinute = "Fri, 20 Nov 2026 10:01:00 GMT";
        assertThat(wait(inAMinute)).isEqualTo(Duration.ofMinutes(1));
        Map<String, String> ahead = Map.of("retry-after", inAMinute, "date", "Fri, 20 Nov 2026 10:00:50 GMT");
        assertThat(HttpOutcome.retryAfter(headers(ahead), NOW)).isEqualTo(Duration.ofSeconds(10));
        assertThat(wait("Fri, 20 Nov 2026 09:00:00 GMT")).isZero();
    }

    @Test
    void aWaitThatCannotBeReadIsNone() {
        for (String text : List.of("", "-5", "1.5", "soon", "9999999999", "Fri, 99 Nov 2026 09:00:00 GMT", "١٢")) {
            assertThat(wait(text)).as(text).isNull();
        }
        assertThat(HttpOutcome.retryAfter(headers(), NOW)).isNull();
    }

    private static @Nullable Duration wait(String retryAfter) {
        return HttpOutcome.retryAfter(headers(Map.of("retry-after", retryAfter)), NOW);
    }

    private static HttpOutcome.Headers headers() {
        return headers(Map.of());
    }

    private static HttpOutcome.Headers headers(Map<String, String> values) {
        return values::get;
    }
}
