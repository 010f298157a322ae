package dev.tidemark.relay.sink;

import dev.tidemark.envelope.Aggregate;
import dev.tidemark.envelope.Envelope;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One batch on its way, driven by the lane's thread. An envelope is sent when the one before it of the same
 * aggregate is delivered, so that whatever fails, nothing of its aggregate is behind it on the wire; those of
 * different aggregates are under way at once. Once an outcome says that the destination takes nothing now, nothing
 * further is begun: the rest was not attempted.
 */
final class Pipeline {

    private static final int NONE = -1;

    private final List<Envelope> batch;
    private final Way way;
    private final Duration timeout;
    private final int mostUnderWay;

    private final Delivery[] deliveries;
    private final int[] followers; // by index, that of the next envelope of the aggregate
    private final int[] order; // the indices as they got ready: begun, then still to be begun
    private int readyUntil; // in order
    private int begunUntil; // in order
    private int oldest; // in order: all before it have ended
    private final @Nullable Attempt[] underWay; // by index
    private int countUnderWay;
    private final long[] deadlines; // by index
    private final Endings endings = new Endings(); // of the client's threads
    private boolean halted;

    /**
     * Prepares it; nothing is sent yet.
     *
     * @param timeout for each envelope, from its begin to its outcome
     * @param mostUnderWay at least 1
     */
    Pipeline(List<Envelope> batch, Way way, Duration timeout, int mostUnderWay) {
        this.batch = batch;
        this.way = way;
        this.timeout = timeout;
        this.mostUnderWay = mostUnderWay;
        this.deliveries = new Delivery[batch.size()];
        this.followers = new int[batch.size()];
        this.order = new int[batch.size()];
        this.underWay = new Attempt[batch.size()];
        this.deadlines = new long[batch.size()];
        Arrays.fill(deliveries, Delivery.notAttempted());
        chainAggregates();
    }

    /** How one envelope is sent. Called by the lane's thread only. */
    interface Way {

        /** Begins to send, and does not wait for what comes of it. */
        Attempt begin(Envelope envelope) throws InterruptedException;

        /** Nothing more is begun for now: whatever was held back, so that it travels together, has to go. */
        default void flush() {}
    }

    /** One envelope under way. */
    interface Attempt {

        /** Ends when the destination has answered, or never will. Cancelled when nobody waits any more. */
        CompletableFuture<?> end();

        /**
         * What came of it. Called once, by the lane's thread.
         *
         * @param failure what {@link #end()} failed with, even while it was being cancelled; null if it did not fail,
         *     or did not end within the timeout
         */
        Outcome outcome(@Nullable Throwable failure);
    }

    /**
     * What came of one attempt.
     *
     * @param halts whether the destination takes nothing now, whatever the event
     */
    record Outcome(Delivery delivery, boolean halts) {}

    /** An attempt that has ended before anything was sent. */
    static Attempt ended(Outcome outcome) {
        return new Attempt() {
            @Override
            public CompletableFuture<?> end() {
                return CompletableFuture.completedFuture(null);
            }

            @Override
            public Outcome outcome(@Nullable Throwable failure) {
                return outcome;
            }
        };
    }

    /** The outcomes of a batch that was not begun, since the destination cannot be reached. */
    static List<Delivery> notBegun(List<Envelope> batch, String reason) {
        List<Delivery> outcomes = new ArrayList<>(Collections.nCopies(batch.size(), Delivery.notAttempted()));
        outcomes.set(0, Delivery.retry(reason));
        return List.copyOf(outcomes);
    }

    /** One outcome for each envelope, in the order of the batch. */
    List<Delivery> deliver() throws InterruptedException {
        try {
            if (Thread.interrupted()) {
                throw new InterruptedException("stopped before the batch was begun");
            }
            begin();
            while (countUnderWay > 0) {
                awaitSome();
                begin();
            }
            return List.of(deliveries);
        } finally {
            // after an interrupt or a bug nobody waits for these any more
            for (Attempt attempt : underWay) {
                if (attempt != null) {
                    attempt.end().cancel(true);
                }
            }
        }
    }

    private void chainAggregates() {
        Map<Aggregate, Integer> newest = new HashMap<>();
        for (int i = 0; i < batch.size(); i++) {
            followers[i] = NONE;
            Integer before = newest.put(batch.get(i).aggregate(), i);
            if (before == null) {
                order[readyUntil++] = i;
            } else {
                followers[before] = i;
            }
        }
    }

    /**
     * Takes first what has ended already: those that wait behind it then travel together. So it does again before each
     * one, as to begin may take its time, and what has ended meanwhile may halt all.
     */
    private void begin() throws InterruptedException {
        boolean begun = false;
        for (takeEnded(); !halted && begunUntil < readyUntil && countUnderWay < mostUnderWay; takeEnded()) {
            int index = order[begunUntil++];
            deadlines[index] = System.nanoTime() + timeout.toNanos();
            send(index, way.begin(batch.get(index)));
            begun = true;
        }
        if (begun) {
            way.flush();
        }
    }

    @SuppressWarnings("FutureReturnValueIgnored") // the dependent future tells nothing that an ending does not
    private void send(int index, Attempt attempt) {
        underWay[index] = attempt;
        countUnderWay++;
        boolean awaited = followers[index] != NONE;
        // only the client's own future takes a message off the wire when it is cancelled
        attempt.end().whenComplete((answer, failure) -> endings.add(index, failure, awaited));
    }

    private void takeEnded() {
        for (Endings.Ending next = endings.take(); next != null; next = next.later()) {
            Attempt attempt = underWay[next.index()];
            if (attempt != null) { // else it was given up before
                throwIfError(next.failure());
                settle(next.index(), attempt.outcome(next.failure()));
            }
        }
    }

    /**
     * Waits until something has ended of which more is to be begun, or all has, or the oldest is over its time. What
     * nobody waits for behind it does not wake this thread: answers come in crowds.
     */
    private void awaitSome() throws InterruptedException {
        while (underWay[order[oldest]] == null) {
            oldest++;
        }
        int index = order[oldest];
        boolean anyWillDo = begunUntil < readyUntil && !halted;
        if (!endings.await(anyWillDo ? 1 : countUnderWay, deadlines[index])) {
            takeEnded();
            Attempt late = underWay[index];
            if (late != null) {
                giveUp(index, late);
            }
        }
    }

    private void giveUp(int index, Attempt late) {
        late.end().cancel(true);
        Throwable failure = failureBeforeItWasCancelled(late.end());
        throwIfError(failure);
        settle(index, late.outcome(failure));
    }

    /** What has failed when its time was up was not cancelled: without its failure it would look like what arrived. */
    @SuppressWarnings("FutureReturnValueIgnored") // the dependent future tells nothing that failed does not
    private static @Nullable Throwable failureBeforeItWasCancelled(CompletableFuture<?> end) {
        AtomicReference<@Nullable Throwable> failed = new AtomicReference<>();
        if (!end.isCancelled()) {
            end.whenComplete((answer, failure) -> failed.set(failure));
        }
        return failed.get();
    }

    private void settle(int index, Outcome outcome) {
        underWay[index] = null;
        countUnderWay--;
        deliveries[index] = outcome.delivery;
        if (!(outcome.delivery instanceof Delivery.Delivered)) {
            halted |= outcome.halts;
        } else if (followers[index] != NONE) {
            order[readyUntil++] = followers[index];
        }
    }

    /** What the machine or the JDK did wrong, such as OutOfMemoryError, is not the destination's doing. */
    static void throwIfError(@Nullable Throwable thrown) {
        if (thrown != null && unwrapped(thrown) instanceof Error error) {
            throw error;
        }
    }

    /** What failed, without the wrapping of futures. */
    static Throwable unwrapped(Throwable thrown) {
        Throwable cause = thrown.getCause();
        return thrown instanceof CompletionException && cause != null ? unwrapped(cause) : thrown;
    }
}
