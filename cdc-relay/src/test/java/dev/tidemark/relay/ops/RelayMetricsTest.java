package dev.tidemark.relay.ops;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class RelayMetricsTest {

    @Test
    void everythingHasTheNameThatIsWrittenDown() {
        try (RelayMetrics metrics = new RelayMetrics()) {
            metrics.captured();
            metrics.captured();
            metrics.delivered("shipping", Duration.ofMillis(7));
            metrics.retried("shipping", 3);
            metrics.rejected("shipping", 1);
            metrics.subscriber("billing");
            metrics.oldestUnsettled("shipping", () -> Optional.of(Duration.ofMillis(1500)));
            metrics.oldestUnsettled("billing", Optional::empty);
            metrics.inFlight(() -> 42);
            metrics.slotRetainedBytes(() -> 4096.0);

            assertThat(metrics.scrape().lines())
                    .contains(
                            "tidemark_events_captured_total 2.0",
                            "tidemark_deliveries_total{outcome=\"delivered\",subscriber=\"shipping\"} 1.0",
                            "tidemark_deliveries_total{outcome=\"retry\",subscriber=\"shipping\"} 3.0",
                            "tidemark_deliveries_total{outcome=\"rejected\",subscriber=\"shipping\"} 1.0",
                            "tidemark_deliveries_total{outcome=\"delivered\",subscriber=\"billing\"} 0.0",
                            "tidemark_delivery_lag_seconds_count{subscriber=\"shipping\"} 1",
                            "tidemark_delivery_lag_seconds_sum{subscriber=\"shipping\"} 0.007",
                            "tidemark_delivery_lag_seconds_bucket{subscriber=\"shipping\",le=\"0.005\"} 0",
                            "tidemark_delivery_lag_seconds_bucket{subscriber=\"shipping\",le=\"0.01\"} 1",
                            "tidemark_oldest_unsettled_seconds{subscriber=\"shipping\"} 1.5",
                            "tidemark_oldest_unsettled_seconds{subscriber=\"billing\"} NaN",
                            "tidemark_in_flight_events 42.0",
                            "tidemark_slot_retained_bytes 4096.0");
        }
    }
}
