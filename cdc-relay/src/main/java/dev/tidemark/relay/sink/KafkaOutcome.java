package dev.tidemark.relay.sink;

import java.util.Set;
import javax.net.ssl.SSLException;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.BrokerNotAvailableException;
import org.apache.kafka.common.errors.ClusterAuthorizationException;
import org.apache.kafka.common.errors.DisconnectException;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.InvalidPidMappingException;
import org.apache.kafka.common.errors.InvalidTimestampException;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.NetworkException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.apache.kafka.common.errors.RecordBatchTooLargeException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.protocol.Errors;
import org.jspecify.annotations.Nullable;

/** What an error of Kafka means for the envelope. Table in docs/sinks.md. Its own text may hold anything, and is not shown. */
final class KafkaOutcome {

    /** Of the event itself. */
    private static final Set<Class<?>> OF_THE_EVENT = Set.of(
            InvalidRecordException.class,
            InvalidTopicException.class,
            RecordBatchTooLargeException.class,
            RecordTooLargeException.class);

    /** Of the cluster, not of the event: nothing else would be taken either. */
    private static final Set<Class<?>> OF_THE_CLUSTER = Set.of(
            BrokerNotAvailableException.class,
            ClusterAuthorizationException.class,
            DisconnectException.class,
            NetworkException.class,
            UnsupportedVersionException.class);

    /** Of the producer, which will send nothing more. */
    private static final Set<Class<?>> OF_THE_PRODUCER = Set.of(
            ClusterAuthorizationException.class,
            InvalidPidMappingException.class,
            ProducerFencedException.class,
            UnsupportedVersionException.class);

    /** How the client begins to say that a record was in a batch with one that was refused. */
    private static final String BESIDE_A_REFUSED_ONE = "Failed to append record because it was part of a batch";

    /** How the broker begins to say that a time is too far from its own, where the client has no class for that. */
    private static final String WRONG_TIME = "Timestamp ";

    private static final String NO_SUCH_HOST = "No resolvable bootstrap urls";

    private KafkaOutcome() {}

    /** @param what for people, such as {@code sending to topic events.order of Kafka at localhost:9092} */
    static Pipeline.Outcome of(Throwable failure, String what) {
        if (isOfAClock(failure)) {
            String why = ": the clock of the relay's machine or of the broker's is wrong, or"
                    + " message.timestamp.before.max.ms of the topic is too small";
            return new Pipeline.Outcome(Delivery.retry(what + " answered INVALID_TIMESTAMP" + why), true);
        }
        if (OF_THE_EVENT.contains(failure.getClass())) {
            return new Pipeline.Outcome(Delivery.rejected(what + " answered " + code(failure)), false);
        }
        if (isBesideARefusedOne(failure)) {
            return new Pipeline.Outcome(Delivery.retry(what + ": an event beside it was refused"), false);
        }
        if (failure instanceof TimeoutException) {
            return new Pipeline.Outcome(Delivery.retry(what + ": no acknowledgement in time"), true);
        }
        return new Pipeline.Outcome(Delivery.retry(what + " answered " + code(failure)), haltsAll(failure));
    }

    /** Whether there is no use in asking for another topic. */
    static boolean concernsAllTopics(Throwable failure) {
        return failure instanceof TimeoutException || haltsAll(failure);
    }

    private static boolean haltsAll(Throwable failure) {
        return failure instanceof AuthenticationException
                || OF_THE_CLUSTER.contains(failure.getClass())
                || refusesTheProducer(failure);
    }

    /** Whether the producer is of no use any more; nothing that it sent can be written later. */
    static boolean refusesTheProducer(Throwable failure) {
        boolean unforeseen = !(failure instanceof ApiException) && !isBesideARefusedOne(failure);
        return unforeseen || OF_THE_PRODUCER.contains(failure.getClass());
    }

    /** Whether the topic may have gone since it was looked at. */
    static boolean concernsTheTopic(Throwable failure) {
        return failure instanceof TimeoutException || failure instanceof UnknownTopicOrPartitionException;
    }

    /** Each attempt has a time of its own. Where several records of a batch are refused, only the text tells why. */
    private static boolean isOfAClock(Throwable failure) {
        return failure instanceof InvalidTimestampException
                || (failure instanceof InvalidRecordException
                        && String.valueOf(failure.getMessage()).startsWith(WRONG_TIME));
    }

    private static boolean isBesideARefusedOne(Throwable failure) {
        return String.valueOf(failure.getMessage()).startsWith(BESIDE_A_REFUSED_ONE);
    }

    /** Why Kafka cannot be asked, or the clients cannot be made. */
    static String whyNotConnected(Throwable failure) {
        Throwable deepest = failure;
        @Nullable Throwable answered = null;
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof ConfigException
                    && String.valueOf(cause.getMessage()).startsWith(NO_SUCH_HOST)) {
                return "unknown host";
            }
            if (cause instanceof TimeoutException) {
                return "no answer in time";
            }
            if (cause instanceof SSLException) {
                return Unreachable.reason(failure);
            }
            if (cause instanceof ApiException && !cause.getClass().equals(InvalidConfigurationException.class)) {
                answered = cause;
            }
            deepest = cause;
        }
        return answered != null
                ? "answered " + code(answered)
                : "the client refuses its properties: " + deepest.getClass().getSimpleName();
    }

    /** Such as {@code TOPIC_AUTHORIZATION_FAILED}. */
    static String code(Throwable failure) {
        Errors error = Errors.forException(failure);
        ApiException usual = error.exception();
        boolean exactly = usual != null && usual.getClass().equals(failure.getClass());
        return exactly ? error.name() : failure.getClass().getSimpleName();
    }
}
