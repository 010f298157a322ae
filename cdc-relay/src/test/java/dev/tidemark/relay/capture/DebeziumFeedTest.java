package dev.tidemark.relay.capture;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.UnsynchronizedAppenderBase;
import dev.tidemark.testkit.Database;
import io.debezium.connector.common.BaseSourceTask;
import io.debezium.embedded.async.AsyncEmbeddedEngine;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

final class DebeziumFeedTest extends ChangeFeedContract {

    @Override
    ChangeFeed feed(Database database, String slot) {
        FeedSettings settings = new FeedSettings(
                database.url(),
                database.user(),
                database.password(),
                slot,
                "tidemark_outbox",
                "public.outbox",
                8192,
                FedOutbox.FEED_BYTES,
                FedOutbox.DIRECTORY);
        return new DebeziumFeed(settings, new EventDecoder(WireNames.PLAIN, source -> 0), commit -> true);
    }

    /** Closed at that moment, the engine may wait for ever: which of two threads is first decides, so more than once. */
    @RepeatedTest(4)
    @Timeout(60)
    void closedWhenItHasStartedAndDoesNotPollYetItEnds() throws Exception {
        try (BetweenStartAndPoll moment = new BetweenStartAndPoll()) {
            RunningFeed feed = start(RecordingReceiver.settlingAll());
            moment.await();
            feed.close();
            assertThat(feed.awaitEnd()).isNull();
        }
    }

    /** Holds the engine there until its task is told to stop, or for a moment if that is not done so early. */
    private static final class BetweenStartAndPoll extends UnsynchronizedAppenderBase<ILoggingEvent>
            implements AutoCloseable {

        /** Longer than a feed that is being closed waits for a last turn. */
        private static final long MOMENT_MILLIS = 4000;

        private final Logger engine = (Logger) LoggerFactory.getLogger(AsyncEmbeddedEngine.class);
        private final Logger task = (Logger) LoggerFactory.getLogger(BaseSourceTask.class);
        private final CountDownLatch reached = new CountDownLatch(1);
        private final CountDownLatch stopping = new CountDownLatch(1);

        BetweenStartAndPoll() {
            start();
            for (Logger logger : new Logger[] {engine, task}) {
                logger.setLevel(Level.INFO);
                logger.addAppender(this);
                logger.setAdditive(false);
            }
        }

        void await() throws InterruptedException {
            assertThat(reached.await(1, TimeUnit.MINUTES)).isTrue();
        }

        @Override
        protected void append(ILoggingEvent event) {
            String message = event.getFormattedMessage();
            if (message.endsWith("to 'POLLING_TASKS'")) {
                reached.countDown();
                try {
                    stopping.await(MOMENT_MILLIS, TimeUnit.MILLISECONDS);
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            } else if (message.startsWith("Stopping down connector")) {
                stopping.countDown();
            }
        }

        @Override
        public void close() {
            for (Logger logger : new Logger[] {engine, task}) {
                logger.setLevel(null);
                logger.setAdditive(true);
                logger.detachAppender(this);
            }
        }
    }
}
