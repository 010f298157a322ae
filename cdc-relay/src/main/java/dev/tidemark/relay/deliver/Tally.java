package dev.tidemark.relay.deliver;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.relay.sink.Delivery;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a sink's answer means for its batch: who is settled, who stays, how long to wait. Checks first that
 * the sink kept its promise, so that an answer which broke it changes nothing.
 */
final class Tally {

    final List<Queued> delivered = new ArrayList<>();
    /** What is to be tried again or for the first time, in its old order. */
    final List<Queued> kept = new ArrayList<>();

    int retried;
    int rejected;
    /** The most failures in a row of one event among the retried. */
    int failures;

    @Nullable
    String retryReason;
    /** The longest wait that the destination asked for. */
    @Nullable
    Duration retryAfter;

    @Nullable
    Queued firstRejected;

    @Nullable
    String rejectReason;

    private Tally() {}

    /** @throws IllegalStateException if the answer is one that no sink may give; nothing was changed then */
    static Tally of(List<Queued> batch, List<Delivery> answer) {
        check(batch, answer);
        Tally tally = new Tally();
        for (int i = 0; i < batch.size(); i++) {
            Queued event = batch.get(i);
            boolean settled = answer.get(i)
                    .match(
                            () -> true,
                            retry -> tally.retry(event, retry),
                            rejected -> tally.reject(event, rejected),
                            () -> false);
            (settled ? tally.delivered : tally.kept).add(event);
        }
        return tally;
    }

    private boolean retry(Queued event, Delivery.Retry retry) {
        retried++;
        event.failures++;
        failures = Math.max(failures, event.failures);
        retryReason = retry.reason();
        Duration asked = retry.after();
        if (asked != null && (retryAfter == null || asked.compareTo(retryAfter) > 0)) {
            retryAfter = asked;
        }
        return false;
    }

    private boolean reject(Queued event, Delivery.Rejected rejection) {
        rejected++;
        if (firstRejected == null) {
            firstRejected = event;
            rejectReason = rejection.reason();
        }
        return false;
    }

    private static void check(List<Queued> batch, List<Delivery> answer) {
        if (answer.size() != batch.size()) {
            throw new IllegalStateException(
                    "it answered " + answer.size() + " outcomes for " + batch.size() + " envelopes");
        }
        Set<Aggregate> undelivered = new HashSet<>();
        boolean somethingFailed = false;
        for (int i = 0; i < batch.size(); i++) {
            Aggregate aggregate = batch.get(i).envelope.aggregate();
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
