package dev.tidemark.sample.orders;

import dev.tidemark.inbox.Freshness;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How new the replica of users is, as far as this process knows: null before the first event.
 *
 * @param ageMillis since the newest event happened
 * @param lagMillis from when the last event happened until it was handled here
 */
record ShownFreshness(@Nullable Long ageMillis, @Nullable Double lagMillis) {

    static ShownFreshness of(Freshness freshness) {
        Duration age = freshness.age();
        Duration lag = freshness.lag();
        return new ShownFreshness(age == null ? null : age.toMillis(), lag == null ? null : lag.toNanos() / 1e6);
    }
}
