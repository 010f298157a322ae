package dev.tidemark.relay.deliver;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hears the lanes of one subscriber and tells everybody else: counts for metrics, one line in the log for
 * each change of state, and its health. Safe for many threads.
 */
final class Reporter {

    private static final Logger log = LoggerFactory.getLogger(Subscriber.class);

    private final String subscriber;
    private final Surroundings surroundings;

    private final Map<Integer, Long> failingSince = new TreeMap<>(); // by lane; guarded by this
    private final List<Blocked> blocked = new ArrayList<>(); // guarded by this
    private long stoppedAcceptingAt; // guarded by this
    private volatile @Nullable String lastReason;

    Reporter(String subscriber, Surroundings surroundings) {
        this.subscriber = subscriber;
        this.surroundings = surroundings;
    }

    /** Called once for each batch, on the lane's thread. */
    void count(Tally tally) {
        DeliveryListener listener = surroundings.listener();
        if (!tally.delivered.isEmpty()) {
            Instant now = surroundings.clock().instant();
            for (Queued event : tally.delivered) {
                Duration lag = Duration.between(event.committedAt, now);
                listener.delivered(subscriber, lag.isNegative() ? Duration.ZERO : lag);
            }
        }
        if (tally.retried > 0) {
            lastReason = tally.retryReason;
            listener.retried(subscriber, tally.retried);
        }
        if (tally.rejected > 0) {
            lastReason = tally.rejectReason;
            listener.rejected(subscriber, tally.rejected);
        }
    }

    synchronized void failing(int lane, long since, String reason) {
        boolean first = failingSince.isEmpty();
        failingSince.put(lane, since);
        if (first) {
            stoppedAcceptingAt = since;
            log.warn(
                    "Subscriber {} stopped accepting: {}. What it has not taken is tried again, and holds the slot.",
                    subscriber,
                    reason);
            surroundings.listener().stoppedAccepting(subscriber, reason);
        }
    }

    synchronized void recovered(int lane) {
        failingSince.remove(lane);
        if (failingSince.isEmpty()) {
            Duration outage = Duration.ofNanos(surroundings.nanoTime().getAsLong() - stoppedAcceptingAt);
            log.info("Subscriber {} accepts again after {} ms.", subscriber, outage.toMillis());
            surroundings.listener().acceptsAgain(subscriber, outage);
        }
    }

    synchronized void blocked(Blocked because) {
        blocked.add(because);
        log.error(
                "Subscriber {} rejected event {} of {}: {}. Lane {} delivers nothing more and holds the slot;"
                        + " mend the receiver, then restart the relay.",
                subscriber,
                because.eventId(),
                because.aggregate(),
                because.reason(),
                because.lane());
    }

    /** The lane's thread ends with this. */
    void broken(int lane, Throwable bug) {
        surroundings
                .onBug()
                .accept(new IllegalStateException(
                        "the sink of subscriber " + subscriber + " broke its promise in lane " + lane + ": "
                                + bug.getMessage(),
                        bug));
    }

    synchronized SubscriberHealth health(int waiting) {
        Duration failingFor = failingSince.isEmpty()
                ? null
                : Duration.ofNanos(surroundings.nanoTime().getAsLong() - earliest());
        return new SubscriberHealth(subscriber, waiting, failingFor, lastReason, blocked);
    }

    private synchronized long earliest() {
        return Collections.min(failingSince.values(), (a, b) -> Long.signum(a - b));
    }
}
