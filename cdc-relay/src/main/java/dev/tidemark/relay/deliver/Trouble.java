package dev.tidemark.relay.deliver;

import static java.util.Objects.requireNonNull;

import java.util.random.RandomGenerator;

/** Whether a lane's deliveries fail, since when, and until when it waits. Owned as the lane is. */
final class Trouble {

    /** So many failures of one event in a row make a lane failing; a single one is a hiccup and no news. */
    private static final int FAILING_FROM = 2;

    private final int lane;
    private final Subscriber.Settings settings;
    private final Reporter reporter;
    private final RandomGenerator random;

    private boolean backingOff;
    private long dueAt; // when backing off ends
    private long beganAt; // when the retries that still go on began
    private boolean anyDelivered;
    private long lastDeliveredAt;
    private boolean failing;

    Trouble(int lane, Subscriber.Settings settings, Reporter reporter, RandomGenerator random) {
        this.lane = lane;
        this.settings = settings;
        this.reporter = reporter;
        this.random = random;
    }

    void delivered(Tally tally) {
        if (!tally.delivered.isEmpty()) {
            anyDelivered = true;
            lastDeliveredAt = tally.now;
        }
    }

    void answered(Tally tally) {
        boolean hadTrouble = backingOff;
        backingOff = !tally.retried.isEmpty();
        if (backingOff) {
            beganAt = hadTrouble ? beganAt : tally.now;
            dueAt = tally.now
                    + settings.retry()
                            .after(tally.failures, tally.retryAfter, random)
                            .toNanos();
        }
        report(tally);
    }

    /** Nanoseconds until the next attempt may be made; 0 if it may be now. */
    long left(long now) {
        return backingOff ? Math.max(0, dueAt - now) : 0;
    }

    /** Somebody wants to know now. */
    void waitNoLonger(long now) {
        dueAt = now;
    }

    /** Whether the last answer had a failure in it. */
    boolean lasts() {
        return backingOff;
    }

    /** Whether anything was delivered at or after a moment. */
    boolean deliveredSince(long moment) {
        return anyDelivered && lastDeliveredAt - moment >= 0;
    }

    boolean isFailing() {
        return failing;
    }

    private void report(Tally tally) {
        boolean fails = tally.failures >= FAILING_FROM;
        if (fails && !failing) {
            reporter.failing(lane, beganAt, requireNonNull(tally.retryReason));
        } else if (failing && !fails) {
            reporter.recovered(lane);
        }
        failing = fails;
    }
}
