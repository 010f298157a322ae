package dev.tidemark.inbox.directory;

import dev.failsafe.CircuitBreaker;
import dev.failsafe.CircuitBreakerOpenException;
import dev.failsafe.Failsafe;
import dev.failsafe.FailsafeException;
import dev.failsafe.FailsafeExecutor;
import dev.failsafe.RetryPolicy;
import dev.failsafe.Timeout;
import dev.failsafe.TimeoutExceededException;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An owner that is asked for so long, so often and by so many at most, and left alone while it is down. All that keeps it
 * from answering is an {@link IOException}.
 */
final class Guarded<K, V> implements Owner<K, V> {

    private static final Logger log = LoggerFactory.getLogger(Directory.class);
    private static final Duration FIRST_WAIT = Duration.ofMillis(50);
    private static final Duration LONGEST_WAIT = Duration.ofMillis(500);

    private final Owner<K, V> owner;
    private final Limits limits;
    private final FailsafeExecutor<Optional<Copy<V>>> attempts;
    private final Semaphore room; // Failsafe's bulkhead loses the place that is given to who has stopped waiting
    private final FailsafeExecutor<Optional<Copy<V>>> calls;

    /**
     * How an owner is asked.
     *
     * @param timeout for each attempt
     * @param retries after the first
     * @param atOnce how many may ask at the same time
     * @param failures of {@code 2 × failures} attempts, after which it is taken to be down
     * @param pause how long it is left alone then
     */
    record Limits(Duration timeout, int retries, int atOnce, int failures, Duration pause) {

        /** After which everybody has an answer or an error. */
        Duration longest() {
            Duration attempt = timeout.multipliedBy(2).plus(LONGEST_WAIT); // it may wait for others first
            return attempt.multipliedBy(retries + 1L).plusSeconds(1);
        }
    }

    Guarded(Owner<K, V> owner, Limits limits, String name) {
        this.owner = owner;
        this.limits = limits;
        RetryPolicy<Optional<Copy<V>>> retries = RetryPolicy.<Optional<Copy<V>>>builder()
                .handle(IOException.class, TimeoutExceededException.class)
                .abortOn(UnusableAnswer.class)
                .withMaxRetries(limits.retries())
                .withBackoff(FIRST_WAIT, LONGEST_WAIT)
                .withJitter(0.5)
                .build();
        CircuitBreaker<Optional<Copy<V>>> breaker = CircuitBreaker.<Optional<Copy<V>>>builder()
                .handleIf(Guarded::isDown)
                .withFailureThreshold(limits.failures(), 2 * limits.failures())
                .withSuccessThreshold(1)
                .withDelay(limits.pause())
                .onOpen(event ->
                        log.warn("The owner of {} is down, and is asked again after {}.", name, limits.pause()))
                .onClose(event -> log.info("The owner of {} answers again.", name))
                .build();
        this.attempts = Failsafe.with(retries);
        this.room = new Semaphore(limits.atOnce(), true);
        this.calls = Failsafe.with(
                breaker,
                Timeout.<Optional<Copy<V>>>builder(limits.timeout())
                        .withInterrupt()
                        .build());
    }

    /** Not if it is we who ask too much, or wrongly. */
    private static boolean isDown(Throwable failure) {
        return failure instanceof TimeoutExceededException
                || (failure instanceof IOException && !(failure instanceof UnusableAnswer));
    }

    @Override
    public Optional<Copy<V>> ask(K key) throws IOException, InterruptedException {
        try {
            return attempts.get(() -> attempt(key));
        } catch (CircuitBreakerOpenException e) {
            throw new IOException("it did not answer before, and is left alone for a while", e);
        } catch (TimeoutExceededException e) {
            throw new IOException("it did not answer within " + limits.timeout(), e);
        } catch (FailsafeException e) {
            throw unwrapped(e);
        }
    }

    /** The breaker counts, and lets try it again, only those for whom there was room: they ask the owner. */
    private Optional<Copy<V>> attempt(K key) throws IOException, InterruptedException, NoRoom {
        if (!room.tryAcquire(limits.timeout().toNanos(), TimeUnit.NANOSECONDS)) {
            throw new NoRoom(limits.atOnce());
        }
        try {
            return calls.get(() -> owner.ask(key));
        } catch (CircuitBreakerOpenException | TimeoutExceededException e) {
            throw e;
        } catch (FailsafeException e) {
            throw unwrapped(e);
        } finally {
            room.release();
        }
    }

    private static IOException unwrapped(FailsafeException e) throws IOException, InterruptedException {
        Throwable cause = e.getCause();
        if (cause instanceof InterruptedException interrupted) {
            Thread.interrupted(); // which Failsafe set
            throw interrupted;
        }
        if (cause instanceof IOException failure) {
            throw failure;
        }
        if (cause instanceof NoRoom) {
            return new IOException(cause.getMessage(), cause);
        }
        return new IOException(Reasons.of(cause), cause);
    }

    /** Not tried again: whoever is refused has waited for long. */
    private static final class NoRoom extends Exception {

        private static final long serialVersionUID = 1;

        NoRoom(int atOnce) {
            super(atOnce + " others wait for an answer");
        }
    }
}
