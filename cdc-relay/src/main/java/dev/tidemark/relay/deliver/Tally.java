package dev.tidemark.relay.deliver;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.relay.sink.Delivery;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a sink's answer means for its batch: who is settled, who is dead, who stays, how long to wait. Checks first
 * that the sink kept its promise, so that an answer which broke it changes nothing.
 */
final class Tally {

    final List<Queued> delivered = new ArrayList<>();
    /** What is to be tried again or for the first time, in its old order. */
    final List<Queued> kept = new ArrayList<>();
    /** The retried among the kept. */
    final List<Queued> retried = new ArrayList<>();
    /** With the reason of each, in order. */
    final Map<Queued, String> rejected = new LinkedHashMap<>();

    /** The most failures in a row of one event among the retried. */
    int failures;

    @Nullable
    String retryReason;
    /** The longest wait that the destination asked for. */
    @Nullable
    Duration retryAfter;

    /** By the monotonic clock. */
    final long now;

    private final Set<Aggregate> undelivered = new HashSet<>();

    private Tally(long now) {
        this.now = now;
    }

    /**
     * Reads an answer.
     *
     * @param now by the monotonic clock
     * @throws IllegalStateException if the answer is one that no sink may give; nothing was changed then
     */
    static Tally of(List<Queued> batch, List<Delivery> answer, long now) {
        check(batch, answer);
        Tally tally = new Tally(now);
        for (int i = 0; i < batch.size(); i++) {
            tally.add(batch.get(i), answer.get(i));
        }
        return tally;
    }

    private void add(Queued event, Delivery outcome) {
        boolean first = outcome.match(
                () -> delivered.add(event),
                retry -> retry(event, retry),
                rejection -> reject(event, rejection),
                () -> kept.add(event));
        if (!first) {
            kept.add(event);
        }
        if (!(outcome instanceof Delivery.Delivered)) {
            undelivered.add(event.aggregate());
        }
    }

    private boolean retry(Queued event, Delivery.Retry retry) {
        event.failed(retry.reason(), now);
        retried.add(event);
        failures = Math.max(failures, event.failures());
        retryReason = retry.reason();
        Duration asked = retry.after();
        if (asked != null && (retryAfter == null || asked.compareTo(retryAfter) > 0)) {
            retryAfter = asked;
        }
        return kept.add(event);
    }

    /** A pipelining sink may reject what it should not have attempted yet: that does not count. */
    private boolean reject(Queued event, Delivery.Rejected rejection) {
        if (undelivered.contains(event.aggregate())) {
            return false;
        }
        rejected.put(event, rejection.reason());
        return true;
    }

    private static void check(List<Queued> batch, List<Delivery> answer) {
        if (answer.size() != batch.size()) {
            throw new IllegalStateException(
                    "it answered " + answer.size() + " outcomes for " + batch.size() + " envelopes");
        }
        Set<Aggregate> undelivered = new HashSet<>();
        boolean somethingFailed = false;
        for (int i = 0; i < batch.size(); i++) {
            Aggregate aggregate = batch.get(i).aggregate();
            Delivery outcome = answer.get(i);
            if (!(outcome instanceof Delivery.Delivered)) {
                undelivered.add(aggregate);
                somethingFailed |= !(outcome instanceof Delivery.NotAttempted);
            } else if (undelivered.contains(aggregate)) {
                throw new IllegalStateException("it delivered " + batch.get(i).envelope
                        + " though an earlier event of this aggregate was not delivered");
            }
        }
        if (!undelivered.isEmpty() && !somethingFailed) {
            throw new IllegalStateException(
                    "it did not attempt " + undelivered.iterator().next()
                            + " though nothing in the batch failed; the lane would turn for ever");
        }
    }
}
