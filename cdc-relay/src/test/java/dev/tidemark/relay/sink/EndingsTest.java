package dev.tidemark.relay.sink;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class EndingsTest {

    private static final int THREADS = 4;
    private static final int EACH = 20_000;

    private final Endings endings = new Endings();

    private static long within(Duration time) {
        return System.nanoTime() + time.toNanos();
    }

    private List<Integer> take() {
        List<Integer> indices = new ArrayList<>();
        for (Endings.Ending next = endings.take(); next != null; next = next.later()) {
            indices.add(next.index());
        }
        return indices;
    }

    @Test
    void theFirstThatEndedComesFirstAndEachOnce() {
        endings.add(7, null, false);
        endings.add(3, null, false);
        endings.add(5, null, false);
        assertThat(take()).containsExactly(7, 3, 5);
        assertThat(take()).isEmpty();
    }

    @Test
    void fewerThanAreWaitedForAreNotEnough() throws InterruptedException {
        endings.add(0, null, false);
        assertThat(endings.await(2, within(Duration.ofMillis(1)))).isFalse();
        assertThat(endings.await(1, within(Duration.ofMinutes(1)))).isTrue();
        assertThat(take()).containsExactly(0);
        assertThat(endings.await(1, within(Duration.ofMillis(1)))).isFalse();
    }

    @Test
    void oneThatHurriesAndOneThatFailedAreEnoughUntilTheyAreTaken() throws InterruptedException {
        for (@Nullable Throwable failure : new Throwable[] {null, new IOException("broken")}) {
            endings.add(0, failure, failure == null);
            assertThat(endings.await(2, within(Duration.ofMinutes(1)))).isTrue();
            Endings.Ending one = requireNonNull(endings.take());
            assertThat(one.failure()).isEqualTo(failure);
            assertThat(endings.await(1, within(Duration.ofMillis(1)))).isFalse();
        }
    }

    @Test
    void whoWaitsCanBeInterrupted() {
        Thread.currentThread().interrupt();
        assertThatExceptionOfType(InterruptedException.class)
                .isThrownBy(() -> endings.await(1, within(Duration.ofMinutes(1))));
    }

    /** The taker sleeps until the last of a round is there: it hangs where one is missed. */
    @Test
    void whatManyThreadsAddIsTakenOnceAndInTheOrderOfEach() throws InterruptedException {
        List<CompletableFuture<Void>> adding = new ArrayList<>();
        for (int thread = 0; thread < THREADS; thread++) {
            int first = thread * EACH;
            adding.add(CompletableFuture.runAsync(() -> {
                for (int i = first; i < first + EACH; i++) {
                    endings.add(i, null, i % 1000 == 0);
                }
            }));
        }
        int[] next = new int[THREADS];
        for (int left = THREADS * EACH; left > 0; ) {
            assertThat(endings.await(Math.min(left, 100), within(Duration.ofMinutes(1))))
                    .isTrue();
            List<Integer> taken = take();
            for (int index : taken) {
                assertThat(index % EACH).isEqualTo(next[index / EACH]++);
            }
            left -= taken.size();
        }
        adding.forEach(CompletableFuture::join);
        assertThat(take()).isEmpty();
    }
}
