package dev.tidemark.relay;

import dev.tidemark.relay.deliver.DeliveryListener;
import dev.tidemark.relay.ops.RelayMetrics;
import java.time.Duration;

/** Counts deliveries. That a subscriber accepts or not is seen in its health, and logged where it is noticed. */
record Metered(RelayMetrics metrics) implements DeliveryListener {

    @Override
    public void delivered(String subscriber, Duration lag) {
        metrics.delivered(subscriber, lag);
    }

    @Override
    public void retried(String subscriber, int events) {
        metrics.retried(subscriber, events);
    }

    @Override
    public void rejected(String subscriber, int events) {
        metrics.rejected(subscriber, events);
    }

    @Override
    public void stored(String subscriber, int events) {
        metrics.stored(subscriber, events);
    }

    @Override
    public void stoppedAccepting(String subscriber, String reason) {}

    @Override
    public void acceptsAgain(String subscriber, Duration outage) {}
}
