package dev.tidemark.relay.sink;

import static dev.tidemark.relay.Events.event;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.tidemark.envelope.Envelope;
import java.nio.charset.CharacterCodingException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(300)
class AwsWayTest {

    private static final Duration LONG = Duration.ofMinutes(4);

    private final ExecutorService threads = Executors.newCachedThreadPool();

    @AfterEach
    void stop() {
        threads.shutdownNow();
    }

    /** A service that says what it is asked, and answers as a test wants it. */
    private record Asked(
            Duration timeout, Function<List<AwsMessage>, AwsWay.Answers> answers, BlockingQueue<Integer> sizes)
            implements AwsWay.Service {

        Asked(Duration timeout, Function<List<AwsMessage>, AwsWay.Answers> answers) {
            this(timeout, answers, new LinkedBlockingQueue<>());
        }

        @Override
        public String target(Envelope envelope) {
            return "orders.fifo";
        }

        @Override
        public String what(String target) {
            return "sending to " + target;
        }

        @Override
        public @Nullable String problem(String target) {
            return null;
        }

        @Override
        public AwsMessage message(Envelope envelope, String target) throws CharacterCodingException {
            return AwsMessage.of(envelope, target);
        }

        @Override
        public int mostBytes() {
            return 1 << 20;
        }

        @Override
        public AwsWay.Answers send(String target, List<AwsMessage> messages, Duration left) {
            sizes.add(messages.size());
            return answers.apply(messages);
        }
    }

    private static AwsWay.Answers stored(List<AwsMessage> messages) {
        Set<String> ids =
                IntStream.range(0, messages.size()).mapToObj(Integer::toString).collect(Collectors.toSet());
        return new AwsWay.Answers(ids, Map.of());
    }

    private static List<Envelope> aggregates(int count) {
        return IntStream.range(0, count).mapToObj(i -> event("a" + i, 1)).toList();
    }

    private List<Delivery> deliver(Asked service, List<Envelope> batch, int mostUnderWay) throws InterruptedException {
        return new Pipeline(batch, new AwsWay(service, threads), service.timeout, mostUnderWay).deliver();
    }

    @Test
    void fourRequestsAreUnderWayAndWhatBecomesReadyFillsTheNext() throws InterruptedException, ExecutionException {
        Semaphore allowed = new Semaphore(0);
        List<Integer> answered = new CopyOnWriteArrayList<>();
        Asked service = new Asked(LONG, messages -> {
            allowed.acquireUninterruptibly();
            answered.add(messages.size());
            return stored(messages);
        });
        Future<List<Delivery>> answer = threads.submit(() -> deliver(service, aggregates(55), 55));
        for (int i = 0; i < 4; i++) {
            assertThat(service.sizes.take()).isEqualTo(10);
        }
        assertThat(service.sizes).isEmpty();
        assertThat(answered).isEmpty();
        allowed.release();
        assertThat(service.sizes.take()).isEqualTo(10);
        allowed.release(5);
        assertThat(answer.get()).hasSize(55).containsOnly(Delivery.delivered());
        assertThat(answered).containsExactlyInAnyOrder(10, 10, 10, 10, 10, 5);
    }

    @Test
    void whatIsGivenUpWhileItWaitsIsNeverSent() throws InterruptedException {
        Semaphore allowed = new Semaphore(0);
        Asked service = new Asked(Duration.ofMillis(500), messages -> {
            allowed.acquireUninterruptibly();
            return stored(messages);
        });
        List<Delivery> answer = deliver(service, aggregates(55), 55);
        assertThat(answer).hasSize(55).containsOnly(Delivery.retry("sending to orders.fifo: no answer within 500 ms"));
        allowed.release(100);
        threads.shutdown();
        assertThat(threads.awaitTermination(LONG.toMillis(), TimeUnit.MILLISECONDS))
                .isTrue();
        assertThat(service.sizes).as("requests, of six").hasSizeLessThanOrEqualTo(4);
    }

    @Test
    void whatIsNoAnswerOfTheServiceIsABug() {
        Asked service = new Asked(LONG, messages -> {
            throw new IllegalArgumentException("oops");
        });
        assertThatIllegalStateException()
                .isThrownBy(() -> deliver(service, aggregates(1), 1))
                .withMessageContaining("as it never should")
                .havingCause()
                .withMessage("oops");
    }
}
