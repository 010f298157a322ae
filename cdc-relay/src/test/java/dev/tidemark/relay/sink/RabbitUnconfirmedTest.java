package dev.tidemark.relay.sink;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.AMQP;
import com.rabbitmq.client.ShutdownSignalException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** What becomes of messages by what the server says of numbers and ids. */
class RabbitUnconfirmedTest {

    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private final AtomicLong clock = new AtomicLong(Long.MAX_VALUE); // a clock may pass over
    private final RabbitUnconfirmed unconfirmed = new RabbitUnconfirmed(TIMEOUT, clock::get);

    private static RabbitPublication publication(String id, int bytes) {
        return new RabbitPublication(
                "e", "k", new AMQP.BasicProperties.Builder().messageId(id).build(), new byte[bytes]);
    }

    private RabbitPublication added(long tag, String id) {
        RabbitPublication publication = publication(id, 1);
        assertThat(unconfirmed.add(tag, publication)).isTrue();
        return publication;
    }

    private static void assertAnswer(RabbitPublication publication, RabbitPublication.Answer answer) {
        assertThat(publication.answer()).isCompletedWithValue(answer);
    }

    @Test
    void oneConfirmMayBeAboutMany() {
        RabbitPublication a = added(1, "a");
        RabbitPublication b = added(2, "b");
        RabbitPublication c = added(3, "c");
        unconfirmed.settle(2, true, RabbitPublication.Answer.CONFIRMED);
        assertAnswer(a, RabbitPublication.Answer.CONFIRMED);
        assertAnswer(b, RabbitPublication.Answer.CONFIRMED);
        assertThat(c.isDone()).isFalse();
        unconfirmed.settle(3, false, RabbitPublication.Answer.REFUSED);
        assertAnswer(c, RabbitPublication.Answer.REFUSED);
        assertThat(unconfirmed.all()).isEmpty();
    }

    @Test
    void aConfirmOfOneIsAboutNoOther() {
        RabbitPublication a = added(1, "a");
        RabbitPublication b = added(2, "b");
        unconfirmed.settle(2, false, RabbitPublication.Answer.CONFIRMED);
        assertThat(a.isDone()).isFalse();
        assertAnswer(b, RabbitPublication.Answer.CONFIRMED);
    }

    @Test
    void whatCameBackIsNotDeliveredWhenItIsConfirmed() {
        RabbitPublication a = added(1, "a");
        RabbitPublication b = added(2, "b");
        assertThat(unconfirmed.returned("a", AMQP.NO_ROUTE)).isTrue();
        assertThat(a.isDone()).isFalse();
        unconfirmed.settle(2, true, RabbitPublication.Answer.CONFIRMED);
        assertAnswer(a, RabbitPublication.Answer.UNROUTABLE);
        assertAnswer(b, RabbitPublication.Answer.CONFIRMED);
    }

    /** The return has an id, and no number. */
    @Test
    void ofTwoAttemptsOfWhichOneCameBackNeitherIsDeliveredOrRejected() {
        RabbitPublication first = added(1, "a");
        RabbitPublication second = added(2, "a");
        unconfirmed.returned("a", AMQP.NO_ROUTE);
        unconfirmed.settle(2, true, RabbitPublication.Answer.CONFIRMED);
        assertAnswer(first, RabbitPublication.Answer.PERHAPS_UNROUTABLE);
        assertAnswer(second, RabbitPublication.Answer.PERHAPS_UNROUTABLE);
    }

    /** No other code is known to say that no queue would ever take it. */
    @Test
    void whatCameBackForAnotherReasonIsTriedAgain() {
        RabbitPublication a = added(1, "a");
        unconfirmed.returned("a", AMQP.NO_CONSUMERS);
        unconfirmed.settle(1, false, RabbitPublication.Answer.CONFIRMED);
        assertAnswer(a, RabbitPublication.Answer.PERHAPS_UNROUTABLE);
    }

    /** A frozen server carries out what it has once it wakes; on the same channel nothing of that comes last. */
    @Test
    void aSilentChannelIsKeptForThreeTimeouts() {
        assertThat(afterTimeouts(100)).as("with nothing to confirm").isFalse();
        added(1, "a");
        assertThat(afterTimeouts(1)).isFalse();
        added(2, "a");
        assertThat(afterTimeouts(2)).as("at its third timeout").isFalse();
        clock.incrementAndGet();
        assertThat(unconfirmed.isHopeless()).isTrue();
    }

    @Test
    void anyConfirmShowsThatTheServerIsThere() {
        added(1, "a");
        added(2, "b");
        afterTimeouts(3);
        unconfirmed.settle(2, false, RabbitPublication.Answer.REFUSED);
        assertThat(afterTimeouts(3)).isFalse();
        assertThat(afterTimeouts(1)).isTrue();
    }

    private boolean afterTimeouts(int timeouts) {
        clock.addAndGet(TIMEOUT.multipliedBy(timeouts).toNanos());
        return unconfirmed.isHopeless();
    }

    @Test
    void aChannelThatIsOwedTooManyConfirmsIsNotKept() {
        for (int tag = 1; tag <= RabbitUnconfirmed.MOST; tag++) {
            added(tag, "a");
        }
        assertThat(unconfirmed.isHopeless()).isFalse();
        added(RabbitUnconfirmed.MOST + 1, "a");
        assertThat(unconfirmed.isHopeless()).isTrue();
    }

    @Test
    void whileTheServerTakesNothingNothingIsWritten() {
        RabbitPublication before = added(1, "a");
        Throwable why = new RabbitOutcome.Blocked("low on disk");
        unconfirmed.block(why);
        RabbitPublication meanwhile = publication("b", 1);
        assertThat(unconfirmed.add(2, meanwhile)).isFalse();
        assertThat(List.of(before, meanwhile))
                .allSatisfy(ended -> assertThat(ended.answer())
                        .failsWithin(Duration.ZERO)
                        .withThrowableOfType(ExecutionException.class)
                        .havingCause()
                        .isSameAs(why));
        assertThat(unconfirmed.all()).containsExactly(before);
        unconfirmed.unblock();
        added(2, "b");
    }

    @Test
    void whenTheChannelHasEndedNothingIsWrittenAnyMore() {
        Throwable why = new IOException("closed");
        unconfirmed.end(why);
        unconfirmed.unblock();
        RabbitPublication late = publication("a", 1);
        assertThat(unconfirmed.add(1, late)).isFalse();
        assertThat(late.answer()).isCompletedExceptionally();
    }

    @Test
    void aMessageThatIsNotKnownOrIsSettledCannotComeBack() {
        assertThat(unconfirmed.returned("a", AMQP.NO_ROUTE)).isFalse();
        added(1, "a");
        unconfirmed.settle(1, false, RabbitPublication.Answer.CONFIRMED);
        assertThat(unconfirmed.returned("a", AMQP.NO_ROUTE)).isFalse();
    }

    @Test
    void theLargestAreThoseThatAreTooLarge() {
        List<RabbitPublication> all = List.of(publication("a", 1), publication("b", 3), publication("c", 3));
        assertThat(RabbitOutcome.culprits(
                        closed(AMQP.PRECONDITION_FAILED, "PRECONDITION_FAILED - message size 3 is larger than"), all))
                .containsExactly(all.get(1), all.get(2));
        assertThat(RabbitOutcome.culprits(closed(AMQP.PRECONDITION_FAILED, "PRECONDITION_FAILED - other"), all))
                .isEmpty();
        assertThat(RabbitOutcome.culprits(closed(AMQP.NOT_FOUND, "message size"), all))
                .isEmpty();
        assertThat(RabbitOutcome.culprits(new IllegalStateException("message size"), all))
                .isEmpty();
    }

    private static ShutdownSignalException closed(int code, String text) {
        AMQP.Channel.Close close =
                new AMQP.Channel.Close.Builder().replyCode(code).replyText(text).build();
        return new ShutdownSignalException(false, false, close, "channel");
    }
}
