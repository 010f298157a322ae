package dev.tidemark.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.relay.backlog.Redelivery.Stage;
import dev.tidemark.relay.backlog.Redelivery.Which;
import dev.tidemark.relay.backlog.RedeliveryAdmin;
import dev.tidemark.relay.sink.Delivery;
import dev.tidemark.testkit.PostgresServer;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** While the job of one subscriber waits, here for a delivery to it that takes its time, others are not held back by theirs. */
@Timeout(600)
@SuppressWarnings("try") // a relay works while it is open
class JobsInTurnTest {

    private static PostgresServer server;

    private OutboxFixture outbox;
    private RedeliveryAdmin redeliveries;
    private final RecordingSink slow = new RecordingSink();
    private final RecordingSink other = new RecordingSink();
    private final CountDownLatch asked = new CountDownLatch(1);
    private final CountDownLatch answers = new CountDownLatch(1);

    @BeforeAll
    static void startServer() throws Exception {
        server = PostgresServer.builder().start();
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    @BeforeEach
    void createOutbox() throws Exception {
        outbox = new OutboxFixture(server);
        redeliveries = new RedeliveryAdmin(outbox.backlog()::connect, outbox.slot());
    }

    private void block() {
        slow.answer(envelope -> {
            asked.countDown();
            try {
                answers.await();
                return Delivery.delivered();
            } catch (InterruptedException e) {
                return Delivery.retry("interrupted");
            }
        });
    }

    @Test
    void whoseJobHasNotBegunGetsWhatIsLiveAndMayCancelIt() throws Exception {
        try (Relay relay = relay()) {
            block();
            outbox.write("a", 1);
            asked.await();
            outbox.backlog()
                    .run("insert into tidemark.redelivery (slot, subscriber) values ('" + outbox.slot()
                            + "', 'a-slow-one'), ('" + outbox.slot() + "', 'other')");
            awaitStage(1, Stage.STORING);
            outbox.write("a", 2);
            other.awaitDistinct(2);
            assertThat(redeliveries.cancel(2)).isTrue();
            awaitStage(2, Stage.CANCELLED);
            long next = redeliveries.request("other", Which.all());
            assertThat(stage(1)).isEqualTo(Stage.STORING);
            answers.countDown();
            awaitStage(1, Stage.DONE);
            awaitStage(next, Stage.DONE);
        }
    }

    @Test
    void whatWasStoredBeforeIsDoneWhileAnotherJobWaits() throws Exception {
        try (Relay relay = relay()) {
            outbox.write("a", 1);
            slow.awaitDistinct(1);
            other.awaitDistinct(1);
            other.answer(envelope -> Delivery.retry("down"));
            long first = redeliveries.request("other", Which.all());
            awaitStage(first, Stage.DELIVERING);
            block();
            outbox.write("b", 1);
            asked.await();
            long second = redeliveries.request("a-slow-one", Which.all());
            awaitStage(second, Stage.STORING);
            other.answer(envelope -> Delivery.delivered());
            awaitStage(first, Stage.DONE);
            assertThat(stage(second)).isEqualTo(Stage.STORING);
            answers.countDown();
            awaitStage(second, Stage.DONE);
        }
    }

    private Relay relay() {
        return Relay.start(outbox.config(
                outbox.subscriber("a-slow-one", slow).build(),
                outbox.subscriber("other", other).build()));
    }

    private void awaitStage(long job, Stage stage) {
        Awaitility.await().atMost(Duration.ofMinutes(2)).until(() -> stage(job) == stage);
    }

    private Stage stage(long job) throws SQLException {
        return redeliveries.look(job).orElseThrow().job().stage();
    }
}
