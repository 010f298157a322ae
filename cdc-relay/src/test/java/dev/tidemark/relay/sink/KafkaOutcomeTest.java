package dev.tidemark.relay.sink;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumSet;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.common.InvalidRecordException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.SerializationException;
import org.apache.kafka.common.errors.SslAuthenticationException;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

class KafkaOutcomeTest {

    @Test
    void onlyWhatConcernsTheEventIsRejected() {
        assertThat(all(outcome -> outcome.delivery() instanceof Delivery.Rejected))
                .isEqualTo(EnumSet.of(
                        Errors.MESSAGE_TOO_LARGE,
                        Errors.RECORD_LIST_TOO_LARGE,
                        Errors.INVALID_RECORD,
                        Errors.INVALID_TOPIC_EXCEPTION));
        assertThat(all(outcome -> outcome.delivery() instanceof Delivery.Delivered))
                .isEmpty();
    }

    @Test
    void whatConcernsTheClusterOrTheProducerEndsTheBatch() {
        assertThat(all(Pipeline.Outcome::halts))
                .isEqualTo(EnumSet.of(
                        Errors.REQUEST_TIMED_OUT,
                        Errors.BROKER_NOT_AVAILABLE,
                        Errors.INVALID_TIMESTAMP,
                        Errors.NETWORK_EXCEPTION,
                        Errors.CLUSTER_AUTHORIZATION_FAILED,
                        Errors.UNSUPPORTED_SASL_MECHANISM,
                        Errors.ILLEGAL_SASL_STATE,
                        Errors.SASL_AUTHENTICATION_FAILED,
                        Errors.UNSUPPORTED_VERSION,
                        Errors.INVALID_PRODUCER_ID_MAPPING,
                        Errors.PRODUCER_FENCED));
    }

    /** The client has no other class for it where it concerns several records of a batch. */
    @Test
    void aClockThatIsWrongIsNotOfTheEvent() {
        Throwable refused =
                new InvalidRecordException("Timestamp 1783000000000 of message with offset 3 is out of range."
                        + " The timestamp should be within [1782000000000, 1782900000000]");
        Pipeline.Outcome outcome = KafkaOutcome.of(refused, "sending");
        assertThat(reason(outcome))
                .isEqualTo("sending answered INVALID_TIMESTAMP: the clock of the relay's machine or of the broker's is"
                        + " wrong, or message.timestamp.before.max.ms of the topic is too small");
        assertThat(outcome).isEqualTo(KafkaOutcome.of(Errors.INVALID_TIMESTAMP.exception(), "sending"));
        assertThat(outcome.delivery()).isInstanceOf(Delivery.Retry.class);
        assertThat(outcome.halts()).isTrue();
        assertThat(KafkaOutcome.of(new InvalidRecordException("a record without a key"), "sending")
                        .delivery())
                .isInstanceOf(Delivery.Rejected.class);
    }

    @Test
    void whatEndsAProducerIsNoAnswerToOneEvent() {
        Set<Errors> ending = Stream.of(Errors.values())
                .filter(error -> error != Errors.NONE && KafkaOutcome.refusesTheProducer(error.exception()))
                .collect(Collectors.toSet());
        assertThat(ending)
                .isEqualTo(EnumSet.of(
                        Errors.CLUSTER_AUTHORIZATION_FAILED,
                        Errors.UNSUPPORTED_VERSION,
                        Errors.INVALID_PRODUCER_ID_MAPPING,
                        Errors.PRODUCER_FENCED));
        assertThat(KafkaOutcome.refusesTheProducer(new KafkaException("Unexpected error in InitProducerIdResponse")))
                .isTrue();
        assertThat(
                        KafkaOutcome.refusesTheProducer(
                                new KafkaException(
                                        "Failed to append record because it was part of a batch which had one more more invalid records")))
                .isFalse();
    }

    @Test
    void noTextOfKafkaIsShown() {
        for (Errors error : EnumSet.complementOf(EnumSet.of(Errors.NONE))) {
            ApiException saying = error.exception("hunter2");
            assertThat(reason(KafkaOutcome.of(saying, "sending")))
                    .startsWith("sending")
                    .doesNotContain("hunter2");
            assertThat(KafkaOutcome.whyNotConnected(saying)).doesNotContain("hunter2");
        }
        assertThat(reason(KafkaOutcome.of(new SerializationException("hunter2"), "sending")))
                .isEqualTo("sending answered SerializationException");
        assertThat(KafkaOutcome.whyNotConnected(new SslAuthenticationException("hunter2")))
                .isEqualTo("answered SslAuthenticationException");
    }

    private static String reason(Pipeline.Outcome outcome) {
        return outcome.delivery().match(() -> "", Delivery.Retry::reason, Delivery.Rejected::reason, () -> "");
    }

    private static Set<Errors> all(Predicate<Pipeline.Outcome> predicate) {
        return Stream.of(Errors.values())
                .filter(error -> error != Errors.NONE)
                .filter(error -> predicate.test(KafkaOutcome.of(error.exception(), "sending")))
                .collect(Collectors.toSet());
    }
}
