package dev.tidemark.relay.sink;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.AuthenticationFailureException;
import com.rabbitmq.client.ChannelContinuationTimeoutException;
import com.rabbitmq.client.Method;
import com.rabbitmq.client.PossibleAuthenticationFailureException;
import com.rabbitmq.client.ShutdownSignalException;
import java.net.SocketTimeoutException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** What an answer of RabbitMQ means for the envelope. Table in docs/sinks.md. */
final class RabbitOutcome {

    private static final String MISSING =
            "NOT_FOUND: the exchange is not there; make it, or let the relay: rabbitmq.create";

    private RabbitOutcome() {}

    /** The server takes nothing until it has memory and disk space again. */
    static final class Blocked extends Exception {
        private static final long serialVersionUID = 1;

        /** @param reason as the server gives it, such as {@code low on memory} */
        Blocked(String reason) {
            super(reason, null, false, false);
        }
    }

    /**
     * What came of a message.
     *
     * @param answer that has ended, and was not cancelled
     * @param what for people, such as {@code publishing to exchange events}
     */
    static Pipeline.Outcome of(CompletableFuture<RabbitPublication.Answer> answer, String what) {
        return answer.handle(
                        (said, failure) -> failure == null ? of(said, what) : of(Pipeline.unwrapped(failure), what))
                .join();
    }

    private static Pipeline.Outcome of(RabbitPublication.Answer answer, String what) {
        return switch (answer) {
            case CONFIRMED -> new Pipeline.Outcome(Delivery.delivered(), false);
            case REFUSED ->
                new Pipeline.Outcome(
                        Delivery.retry(what + " was not confirmed: a queue is full, or could not store it"), false);
            case UNROUTABLE ->
                new Pipeline.Outcome(
                        Delivery.rejected(what + " answered 312 NO_ROUTE: no queue is bound for this key"), false);
            case PERHAPS_UNROUTABLE ->
                new Pipeline.Outcome(Delivery.retry(what + ": it came back, or an earlier attempt at it did"), false);
            case TOO_LARGE ->
                new Pipeline.Outcome(
                        Delivery.rejected(what + " answered 406 PRECONDITION_FAILED: larger than max_message_size"),
                        false);
        };
    }

    /** Why there was no answer. */
    static Pipeline.Outcome of(Throwable failure, String what) {
        if (failure instanceof Blocked) {
            String why = Excerpt.clean(String.valueOf(failure.getMessage()));
            return new Pipeline.Outcome(Delivery.retry(what + ": the server takes nothing now: " + why), true);
        }
        if (failure instanceof IllegalArgumentException) {
            return new Pipeline.Outcome(
                    Delivery.rejected(what + ": the client cannot send it: its headers are too large"), false);
        }
        return new Pipeline.Outcome(Delivery.retry(what + ": " + reason(failure)), true);
    }

    /**
     * Which of those that have no answer are certainly larger than the server allows, if that is why it has closed the
     * channel. It does not say which one it was, but none is larger than the largest.
     */
    static List<RabbitPublication> culprits(Throwable why, List<RabbitPublication> unanswered) {
        if (!(why instanceof ShutdownSignalException signal)
                || !(signal.getReason() instanceof AMQP.Channel.Close close)
                || close.getReplyCode() != AMQP.PRECONDITION_FAILED
                || !close.getReplyText().contains("message size")) {
            return List.of();
        }
        int most = unanswered.stream().mapToInt(RabbitPublication::bytes).max().orElse(0);
        return unanswered.stream().filter(one -> one.bytes() == most).toList();
    }

    /**
     * Why there is no connection.
     *
     * @param secure whether it was to have TLS
     */
    static String whyNotConnected(Throwable failure, boolean secure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof AuthenticationFailureException
                    || cause instanceof PossibleAuthenticationFailureException) {
                return "user or password refused";
            }
            if (cause instanceof IllegalStateException || cause instanceof IllegalArgumentException) {
                return "cannot be set up with these properties: "
                        + root(cause).getClass().getSimpleName();
            }
        }
        return said(failure).orElseGet(() -> Unreachable.reason(failure, secure));
    }

    private static Throwable root(Throwable failure) {
        Throwable cause = failure.getCause();
        return cause == null ? failure : root(cause);
    }

    private static String reason(Throwable failure) {
        return said(failure).orElseGet(() -> Unreachable.reason(failure));
    }

    /** Empty if only the client knows why. */
    private static Optional<String> said(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof ShutdownSignalException signal && signal.getReason() != null) {
                return Optional.of(answered(signal.getReason()));
            }
            if (cause instanceof SocketTimeoutException || cause instanceof ChannelContinuationTimeoutException) {
                return Optional.of("no answer in time");
            }
        }
        return Optional.empty();
    }

    /** The text begins with the code's name, and names exchanges, queues and users. */
    private static String answered(Method reason) {
        if (reason instanceof AMQP.Channel.Close close) {
            return "answered " + close.getReplyCode() + " "
                    + (close.getReplyCode() == AMQP.NOT_FOUND ? MISSING : Excerpt.clean(close.getReplyText()));
        }
        return reason instanceof AMQP.Connection.Close close
                ? "answered " + close.getReplyCode() + " " + Excerpt.clean(close.getReplyText())
                : "connection broken";
    }
}
