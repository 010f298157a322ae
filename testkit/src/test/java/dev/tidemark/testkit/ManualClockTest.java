package dev.tidemark.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import org.junit.jupiter.api.Test;

class ManualClockTest {

    private static final Instant START = Instant.parse("2026-11-21T00:00:00Z");

    private final ManualClock clock = ManualClock.startingAt(START);

    @Test
    void standsStillUntilItIsTurned() {
        assertThat(clock.instant()).isEqualTo(START);
        assertThat(clock.nanoTime()).isZero();
        clock.advance(Duration.ofMillis(5));
        assertThat(clock.instant()).isEqualTo(START.plusMillis(5));
        assertThat(clock.nanoTime()).isEqualTo(5_000_000);
    }

    @Test
    void aJumpMovesTheTimeOfDayOnly() {
        clock.jump(Duration.ofDays(-3));
        assertThat(clock.instant()).isEqualTo(START.minus(Duration.ofDays(3)));
        assertThat(clock.nanoTime()).isZero();
    }

    @Test
    void timeDoesNotPassBackwards() {
        assertThatThrownBy(() -> clock.advance(Duration.ofNanos(-1))).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void anotherZoneShowsTheSameTime() {
        Clock tokyo = clock.withZone(ZoneId.of("Asia/Tokyo"));
        clock.advance(Duration.ofHours(1));
        assertThat(tokyo.instant()).isEqualTo(clock.instant());
        assertThat(tokyo.getZone()).isEqualTo(ZoneId.of("Asia/Tokyo"));
    }
}
