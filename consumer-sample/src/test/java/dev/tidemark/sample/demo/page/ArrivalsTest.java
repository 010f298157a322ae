package dev.tidemark.sample.demo.page;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.envelope.Envelope;
import dev.tidemark.sample.demo.page.Overview.LagNow;
import dev.tidemark.testkit.ManualClock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ArrivalsTest {

    private static final Instant START = Instant.parse("2026-11-20T10:00:00Z");

    private final ManualClock clock = ManualClock.startingAt(START);
    private final Arrivals arrivals = new Arrivals(clock);

    private Envelope event(String source, Duration ago) {
        return Envelope.builder()
                .id(UUID.randomUUID())
                .aggregate(new Aggregate(source, "", "user", "42"))
                .aggregateVersion(7L)
                .type("user-renamed")
                .dataSchema(Envelope.defaultDataSchema(source, "user-renamed", 1))
                .time(clock.instant().minus(ago))
                .build();
    }

    @Test
    void lagsAreOfOneSourceAndWithoutWhatWasAskedForAgain() {
        arrivals.handled(event("users", Duration.ofMillis(5)));
        arrivals.handled(event("orders", Duration.ofMillis(7)));
        arrivals.handled(event("users", Duration.ofHours(1)).toBuilder()
                .redelivery("state:1")
                .build());
        arrivals.handled(event("users", Duration.ofMillis(9)));

        assertThat(arrivals.lags("users")).containsExactly(Duration.ofMillis(5), Duration.ofMillis(9));
        assertThat(arrivals.newest(2)).extracting(Arrivals.Arrival::redelivered).containsExactly(true, false);
    }

    @Test
    void whatIsOlderThanAMinuteIsForgotten() {
        arrivals.handled(event("users", Duration.ofMillis(5)));
        clock.advance(Duration.ofSeconds(40));
        arrivals.handled(event("users", Duration.ofMillis(6)));
        clock.advance(Duration.ofSeconds(30));

        assertThat(arrivals.lags("users")).containsExactly(Duration.ofMillis(6));
    }

    @Test
    void percentilesAreTheNearestRank() {
        LagNow lag = LagNow.of(IntStream.rangeClosed(1, 200)
                .mapToObj(i -> Duration.ofMillis(i))
                .toList());

        assertThat(lag.p50Millis()).isEqualTo(100);
        assertThat(lag.p99Millis()).isEqualTo(198);
        assertThat(lag.lastMillis()).isEqualTo(200);
        assertThat(lag.drawn()).hasSize(60).endsWith(200.0);
        assertThat(LagNow.of(List.of())).isEqualTo(new LagNow(0, null, null, null, List.of()));
    }
}
