package dev.tidemark.inbox.directory;

import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;

/** Lets those who ask the same at the same time share one answer, if it is as new as each of them needs. */
final class Flights<K, R> {

    private final ConcurrentMap<K, Flight<R>> flights = new ConcurrentHashMap<>();
    private final Duration patience;

    /** @param patience how long one waits for the answer to somebody else, who is bound to give up before */
    Flights(Duration patience) {
        this.patience = patience;
    }

    /** What somebody asks. */
    interface Call<R> {
        R call() throws IOException, InterruptedException;
    }

    /** An answer, and when it was asked for by {@link System#nanoTime}: it is not older than that. */
    record Landed<R>(R answer, long begun) {}

    private record Flight<R>(long begun, CompletableFuture<R> answer) {}

    /**
     * The answer of {@code call}, or of somebody else's.
     *
     * @param newEnough of a call that began before this one: whether its answer will do
     */
    Landed<R> join(K key, Call<R> call, Predicate<Landed<R>> newEnough) throws IOException, InterruptedException {
        long asked = System.nanoTime();
        while (true) {
            Flight<R> mine = new Flight<>(System.nanoTime(), new CompletableFuture<>());
            Flight<R> other = flights.putIfAbsent(key, mine);
            if (other == null) {
                return fly(key, mine, call);
            }
            try {
                Landed<R> landed = new Landed<>(await(other), other.begun());
                if (landed.begun() - asked >= 0 || newEnough.test(landed)) {
                    return landed;
                }
            } catch (Abandoned e) {
                // whoever asked was interrupted; that says nothing of the owner
            }
        }
    }

    private Landed<R> fly(K key, Flight<R> flight, Call<R> call) throws IOException, InterruptedException {
        try {
            R answer = call.call();
            land(key, flight);
            flight.answer().complete(answer);
            return new Landed<>(answer, flight.begun());
        } catch (InterruptedException e) {
            land(key, flight);
            flight.answer().completeExceptionally(new Abandoned());
            throw e;
        } catch (Throwable e) {
            land(key, flight);
            flight.answer().completeExceptionally(e);
            throw e;
        }
    }

    /** Before the answer is told: who asks again then must not meet the same flight. */
    private void land(K key, Flight<R> flight) {
        flights.remove(key, flight);
    }

    private R await(Flight<R> flight) throws IOException, InterruptedException, Abandoned {
        try {
            return flight.answer().get(patience.toNanos(), TimeUnit.NANOSECONDS);
        } catch (TimeoutException e) {
            throw new IOException("nobody has had an answer for " + patience, e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Abandoned abandoned) {
                throw abandoned;
            }
            if (e.getCause() instanceof UnusableAnswer unusable) {
                throw unusable;
            }
            if (e.getCause() instanceof RuntimeException mistake) {
                throw mistake;
            }
            throw new IOException(Reasons.of(e.getCause()), e.getCause());
        }
    }

    /** The thread that asked was interrupted. */
    private static final class Abandoned extends Exception {

        private static final long serialVersionUID = 1;
    }
}
