package dev.tidemark.relay.deliver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Duration;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class BackoffTest {

    private final Backoff backoff = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(30));
    private final RandomGenerator random = new SplittableRandom(7);

    @Test
    void theCeilingDoublesUpToTheMost() {
        assertThat(backoff.ceiling(1)).hasMillis(100);
        assertThat(backoff.ceiling(2)).hasMillis(200);
        assertThat(backoff.ceiling(9)).hasMillis(25_600);
        assertThat(backoff.ceiling(10)).hasSeconds(30);
        assertThat(backoff.ceiling(Integer.MAX_VALUE)).hasSeconds(30);
        Backoff longest = new Backoff(Duration.ofHours(1), Duration.ofHours(1));
        assertThat(longest.ceiling(Integer.MAX_VALUE)).hasHours(1);
    }

    @Test
    void waitsAreSpreadOverEverythingBelowTheCeiling() {
        int lowHalf = 0;
        for (int i = 0; i < 1000; i++) {
            Duration wait = backoff.after(3, null, random);
            assertThat(wait).isBetween(Duration.ZERO, Duration.ofMillis(400));
            lowHalf += wait.toMillis() < 200 ? 1 : 0;
        }
        assertThat(lowHalf).isBetween(400, 600);
    }

    @Test
    void theDestinationsWaitWinsOverAShorterAndALongerOne() {
        for (int i = 0; i < 100; i++) {
            assertThat(backoff.after(1, Duration.ofSeconds(5), random))
                    .isBetween(Duration.ofSeconds(5), Duration.ofMillis(5500));
            assertThat(backoff.after(30, Duration.ofSeconds(1), random))
                    .isBetween(Duration.ofSeconds(1), Duration.ofMillis(1100));
        }
    }

    @Test
    void theDestinationsWaitIsKeptWithinReason() {
        assertThat(backoff.after(5, Duration.ZERO, random)).isGreaterThanOrEqualTo(backoff.first());
        assertThat(backoff.after(5, Duration.ofSeconds(-9), random)).isGreaterThanOrEqualTo(backoff.first());
        assertThat(backoff.after(1, Duration.ofDays(4000), random))
                .isBetween(Backoff.MAX_RETRY_AFTER, Backoff.MAX_RETRY_AFTER.plusMinutes(6));
    }

    @Test
    void impossibleWaitsAreRefused() {
        assertThatIllegalArgumentException().isThrownBy(() -> new Backoff(Duration.ZERO, Duration.ofSeconds(1)));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Backoff(Duration.ofSeconds(2), Duration.ofSeconds(1)))
                .withMessage("max must be from first (PT2S) to PT1H, but was: PT1S");
        assertThatIllegalArgumentException().isThrownBy(() -> new Backoff(Duration.ofSeconds(2), Duration.ofHours(2)));
    }
}
