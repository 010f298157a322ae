package dev.tidemark.inbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class BackoffsTest {

    private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 5); // the clock of a JVM may begin anywhere
    private final Backoffs backoffs =
            new Backoffs(new Backoff(Duration.ofMillis(100), Duration.ofSeconds(1)), nanos::get);

    private void pass(long millis) {
        nanos.addAndGet(Duration.ofMillis(millis).toNanos());
    }

    @Test
    void eachWaitIsTwiceTheOneBeforeUpToTheLongest() {
        for (long wait : new long[] {100, 200, 400, 800, 1000, 1000}) {
            backoffs.failed(7, true);
            pass(wait - 1);
            assertThat(backoffs.waiting()).containsExactly(7L);
            pass(1);
            assertThat(backoffs.waiting()).isEmpty();
        }
    }

    @Test
    void whatSucceededBeginsAnew() {
        backoffs.failed(7, true);
        backoffs.failed(7, true);
        backoffs.succeeded(7);
        assertThat(backoffs.waiting()).isEmpty();
        backoffs.failed(7, true);
        pass(100);
        assertThat(backoffs.waiting()).isEmpty();
    }

    /** Another process may have handled it: here it would be remembered for ever. */
    @Test
    void whatIsNotTriedAgainIsForgotten() {
        backoffs.failed(7, true);
        backoffs.failed(7, true);
        pass(200 + Backoffs.REMEMBERED.toMillis() + 1);
        assertThat(backoffs.waiting()).isEmpty();
        backoffs.failed(7, true);
        pass(100);
        assertThat(backoffs.waiting()).isEmpty();
    }

    /** Whoever has much to do tries again later than it could, and would never give anything up. */
    @Test
    void whatIsTriedAgainLateIsOneMoreAttempt() {
        assertThat(backoffs.failed(7, true)).isEqualTo(1);
        pass(100 + Backoffs.REMEMBERED.toMillis());
        assertThat(backoffs.waiting()).isEmpty();
        assertThat(backoffs.failed(7, true)).isEqualTo(2);
    }

    @Test
    void anyNumberOfFailuresWaitsTheLongest() {
        for (int i = 0; i < 100; i++) {
            backoffs.failed(7, true);
        }
        pass(999);
        assertThat(backoffs.waiting()).containsExactly(7L);
        pass(1);
        assertThat(backoffs.waiting()).isEmpty();
    }

    @Test
    void whenManyFailNothingElseIsTried() {
        for (long position = 0; position < Backoffs.MOST; position++) {
            assertThat(backoffs.areMany()).isFalse();
            backoffs.failed(position, true);
        }
        assertThat(backoffs.areMany()).isTrue();
    }
}
