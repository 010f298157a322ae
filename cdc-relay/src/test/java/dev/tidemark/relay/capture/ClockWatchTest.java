package dev.tidemark.relay.capture;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ClockWatchTest {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration HOUR = Duration.ofHours(1);

    private long nanos = Long.MAX_VALUE - SECOND.toNanos(); // it may start anywhere, and overflow
    private long wallNanos = Duration.ofDays(20_000).toNanos();
    private final List<Duration> heldUp = new ArrayList<>(); // before each reading of a clock
    private final ClockWatch watch = new ClockWatch(this::nanoTime, this::wallMillis);

    @Test
    void aClockThatGoesIsNoAlarm() {
        for (int i = 0; i < 100; i++) {
            pass(SECOND);
            assertThat(watch.setBack()).isZero();
        }
    }

    @Test
    void tellsOnceThatTheClockWasSetBack() {
        pass(SECOND);
        set(HOUR.negated());
        assertThat(watch.setBack()).isEqualTo(HOUR);
        pass(SECOND);
        assertThat(watch.setBack()).isZero();
        pass(SECOND);
        set(Duration.ofDays(3).negated());
        assertThat(watch.setBack()).isEqualTo(Duration.ofDays(3));
    }

    @Test
    void tellsOfWhatWasSetBackBeforeTheFirstLook() {
        set(HOUR.negated());
        pass(SECOND);
        assertThat(watch.setBack()).isEqualTo(HOUR);
    }

    @Test
    void doesNotForgetWhatItAskedTooSoonFor() {
        set(HOUR.negated());
        assertThat(watch.setBack()).as("looks ten times a second").isZero();
        pass(Duration.ofMillis(99));
        assertThat(watch.setBack()).isZero();
        pass(Duration.ofMillis(1));
        assertThat(watch.setBack()).isEqualTo(HOUR);
    }

    @Test
    void aClockThatIsSetForwardIsNoAlarm() {
        pass(SECOND);
        set(HOUR);
        assertThat(watch.setBack()).isZero();
        pass(SECOND);
        set(HOUR.negated());
        assertThat(watch.setBack()).isEqualTo(HOUR);
    }

    @Test
    void aSmallStepIsNoAlarm() {
        pass(SECOND);
        set(ClockWatch.TOLERANCE.negated());
        assertThat(watch.setBack()).isZero();
        pass(SECOND);
        set(ClockWatch.TOLERANCE.plusMillis(1).negated());
        assertThat(watch.setBack()).isEqualTo(ClockWatch.TOLERANCE.plusMillis(1));
    }

    @Test
    void aClockThatIsSlewedIsNoAlarm() {
        for (int i = 0; i < 1000; i++) {
            pass(SECOND);
            set(Duration.ofMillis(-100));
            assertThat(watch.setBack()).isZero();
        }
    }

    @Test
    void aThreadThatIsHeldUpBetweenTwoClocksIsNoAlarm() {
        for (int reading = 0; reading < 9; reading++) {
            pass(SECOND);
            for (int before = 0; before < 9; before++) {
                heldUp.add(before == reading ? HOUR : Duration.ZERO);
            }
            for (int look = 0; look < 4; look++) {
                assertThat(watch.setBack())
                        .as("held up before reading %d", reading)
                        .isZero();
                pass(SECOND);
            }
        }
    }

    /** Both clocks go on. */
    private void pass(Duration time) {
        nanos += time.toNanos();
        wallNanos += time.toNanos();
    }

    private void set(Duration by) {
        wallNanos += by.toNanos();
    }

    private long nanoTime() {
        holdUp();
        return nanos;
    }

    private long wallMillis() {
        holdUp();
        return Duration.ofNanos(wallNanos).toMillis();
    }

    private void holdUp() {
        if (!heldUp.isEmpty()) {
            pass(heldUp.remove(0));
        }
    }
}
