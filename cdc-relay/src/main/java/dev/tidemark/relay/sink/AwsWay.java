package dev.tidemark.relay.sink;

import dev.tidemark.envelope.Envelope;
import java.nio.charset.CharacterCodingException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.exception.SdkException;

/**
 * Sends envelopes together, as SQS and SNS take them: up to ten in a request, which answers for each. A few requests
 * are under way at once; what becomes ready meanwhile waits, and fills the next.
 *
 * <p>Several of one aggregate are never in one request, and never in two that are under way, since the
 * {@link Pipeline} begins none before the one before it is delivered. So one that is refused in the middle of a
 * request has nothing of its aggregate behind it.
 */
final class AwsWay implements Pipeline.Way {

    /** By both services. */
    static final int MOST_TOGETHER = 10;

    /** At once, for one lane. */
    private static final int REQUESTS = 4;

    static final int MOST_UNDER_WAY = MOST_TOGETHER * REQUESTS;

    private final Service service;
    private final ExecutorService threads;
    private final List<Sending> begun = new ArrayList<>(); // since the last flush; of the lane's thread
    private final ArrayDeque<Sending> waiting = new ArrayDeque<>(); // guarded by itself
    private int requests; // guarded by waiting

    /** @param threads as many as are asked for: a request has one until it is answered */
    AwsWay(Service service, ExecutorService threads) {
        this.service = service;
        this.threads = threads;
    }

    /** What differs between the services. Called by many threads. */
    interface Service {

        /** The queue or topic of an event. */
        String target(Envelope envelope);

        /** For people, such as {@code sending to …}. */
        String what(String target);

        /** Why there cannot be such a queue or topic; null if there can. */
        @Nullable
        String problem(String target);

        /** @throws CharacterCodingException if the envelope's data is called JSON and is not UTF-8 */
        AwsMessage message(Envelope envelope, String target) throws CharacterCodingException;

        /** The most that messages of one request may have together, thus also one alone. */
        int mostBytes();

        /** From begin to outcome. */
        Duration timeout();

        /**
         * Sends messages of one target, once. Each has its place in the list as its id.
         *
         * @throws SdkException if none was taken, or nobody knows
         */
        Answers send(String target, List<AwsMessage> messages, Duration timeout);
    }

    /**
     * To a request.
     *
     * @param stored the ids of the messages that the service has
     * @param refused by their ids, the codes of those that it has not
     */
    record Answers(Set<String> stored, Map<String, String> refused) {

        /** Neither taken nor refused: against the protocol, and no proof of anything. */
        private static final String NONE = "NoAnswer";

        /** The service's code; empty if it has stored the message. */
        private String refusal(int place) {
            String id = Integer.toString(place);
            return stored.contains(id) ? "" : refused.getOrDefault(id, NONE);
        }
    }

    @Override
    public Pipeline.Attempt begin(Envelope envelope) {
        String target = service.target(envelope);
        String what = service.what(target);
        String problem = service.problem(target);
        if (problem != null) {
            return refused(what + ": " + problem);
        }
        try {
            AwsMessage message = service.message(envelope, target);
            if (message.bytes() > service.mostBytes()) {
                return refused(what + ": its " + message.bytes() + " bytes are more than the " + service.mostBytes()
                        + " that a message may have");
            }
            Sending sending = new Sending(
                    what, message, System.nanoTime() + service.timeout().toNanos());
            begun.add(sending);
            return sending;
        } catch (CharacterCodingException e) {
            return refused(what + ": its data is called JSON, and is not UTF-8");
        }
    }

    private static Pipeline.Attempt refused(String reason) {
        return Pipeline.ended(new Pipeline.Outcome(Delivery.rejected(reason), false));
    }

    @Override
    public void flush() {
        synchronized (waiting) {
            waiting.addAll(begun);
            begun.clear();
            while (requests < REQUESTS && !waiting.isEmpty()) {
                List<Sending> together = together();
                requests++;
                threads.execute(() -> sendAll(together));
            }
        }
    }

    /** The oldest that waits, and what can go with it. */
    private List<Sending> together() {
        List<Sending> together = new ArrayList<>();
        int bytes = 0;
        for (Iterator<Sending> all = waiting.iterator(); all.hasNext() && together.size() < MOST_TOGETHER; ) {
            Sending next = all.next();
            boolean fits = together.isEmpty()
                    || (next.message.target().equals(together.get(0).message.target())
                            && bytes + next.message.bytes() <= service.mostBytes());
            if (fits) {
                together.add(next);
                bytes += next.message.bytes();
                all.remove();
            }
        }
        return together;
    }

    private void sendAll(List<Sending> first) {
        for (List<Sending> together = first; !together.isEmpty(); together = nextOrEnd()) {
            send(together);
        }
    }

    private List<Sending> nextOrEnd() {
        synchronized (waiting) {
            List<Sending> next = together();
            if (next.isEmpty()) {
                requests--;
            }
            return next;
        }
    }

    /** What nobody waits for any more is not sent. */
    private void send(List<Sending> together) {
        List<Sending> open = together.stream().filter(one -> !one.end.isDone()).toList();
        long left = open.stream()
                .mapToLong(one -> one.deadline - System.nanoTime())
                .min()
                .orElse(0);
        if (left <= 0) {
            return; // the lane gives them up now
        }
        try {
            Answers answers = service.send(
                    open.get(0).message.target(),
                    open.stream().map(one -> one.message).toList(),
                    Duration.ofNanos(left));
            for (int i = 0; i < open.size(); i++) {
                open.get(i).end.complete(answers.refusal(i));
            }
        } catch (SdkException e) {
            if (open.size() > 1 && AwsOutcome.concernsTheEvent(e)) {
                open.forEach(one -> send(List.of(one))); // which of them, the service does not say
            } else {
                open.forEach(one -> one.end.completeExceptionally(e));
            }
        } catch (RuntimeException | Error e) {
            open.forEach(one -> one.end.completeExceptionally(e));
        }
    }

    /** A message that waits for its request, or for the answer. */
    private final class Sending implements Pipeline.Attempt {

        private final String what;
        private final AwsMessage message;
        private final long deadline;
        private final CompletableFuture<String> end = new CompletableFuture<>();

        private Sending(String what, AwsMessage message, long deadline) {
            this.what = what;
            this.message = message;
            this.deadline = deadline;
        }

        @Override
        public CompletableFuture<?> end() {
            return end;
        }

        @Override
        public Pipeline.Outcome outcome(@Nullable Throwable failure) {
            if (end.isCancelled()) {
                String why = "no answer within " + service.timeout().toMillis() + " ms";
                return new Pipeline.Outcome(Delivery.retry(what + ": " + why), true);
            }
            if (failure != null) {
                return AwsOutcome.of(known(Pipeline.unwrapped(failure)), what);
            }
            String refusal = end.join();
            return refusal.isEmpty()
                    ? new Pipeline.Outcome(Delivery.delivered(), false)
                    : AwsOutcome.ofOne(refusal, what);
        }

        /** Anything else is a bug of ours or of the SDK. */
        private static SdkException known(Throwable failure) {
            if (failure instanceof SdkException expected) {
                return expected;
            }
            throw new IllegalStateException("sending failed as it never should", failure);
        }
    }
}
