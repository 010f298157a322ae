package dev.tidemark.inbox;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class SeldomTest {

    private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 7); // nanoTime may overflow
    private final Seldom seldom = new Seldom(now::get);
    private final List<Integer> counts = new ArrayList<>();

    @Test
    void theFirstMessagePassesAndThenOneAMinuteWithTheNumberSince() {
        run(3);
        now.addAndGet(Duration.ofSeconds(59).toNanos());
        run(1);
        now.addAndGet(Duration.ofSeconds(1).toNanos());
        run(2);
        assertThat(counts).containsExactly(1, 4);
    }

    private void run(int times) {
        for (int i = 0; i < times; i++) {
            seldom.run(counts::add);
        }
    }
}
