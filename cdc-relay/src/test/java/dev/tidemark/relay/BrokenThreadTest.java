package dev.tidemark.relay;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.UnsynchronizedAppenderBase;
import dev.tidemark.relay.backlog.Redelivery.Which;
import dev.tidemark.relay.backlog.RedeliveryAdmin;
import dev.tidemark.relay.config.RelayConfig;
import dev.tidemark.relay.config.ShutdownConfig;
import dev.tidemark.relay.config.SourceConfig;
import dev.tidemark.relay.sink.Delivery;
import dev.tidemark.testkit.PostgresServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.slf4j.LoggerFactory;

/** A thread of the relay that ends by an error takes the relay with it, so that another one may lead. */
@Timeout(600)
class BrokenThreadTest {

    private static PostgresServer server;

    @BeforeAll
    static void startServer() throws Exception {
        server = PostgresServer.builder().start();
    }

    @AfterAll
    static void stopServer() {
        server.close();
    }

    @AfterEach
    void mend() {
        BreakingSockets.breakNone();
    }

    @Test
    void theOneThatStoresWhatGoesAhead() throws Exception {
        assertTheRelayEnds("tidemark-starts", false);
    }

    @Test
    void theOneThatHasCommandsCarriedOut() throws Exception {
        assertTheRelayEnds("tidemark-duties", false);
    }

    @Test
    void theOneThatCountsBacklogs() throws Exception {
        assertTheRelayEnds("tidemark-measure", true);
    }

    @Test
    void theOneThatMaintainsTheOutbox() throws Exception {
        assertTheRelayEnds("tidemark-upkeep", true);
    }

    /** Whoever has no memory for one thing may have none for the next: the relay stops, and is not well while it does. */
    @Test
    void theRelayEndsAlsoIfItCannotSayWhy() throws Exception {
        OutboxFixture outbox = new OutboxFixture(server);
        RecordingSink sink = new RecordingSink();
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch answers = new CountDownLatch(1);
        sink.answer(envelope -> {
            asked.countDown();
            try {
                answers.await();
            } catch (InterruptedException e) {
                return Delivery.retry("interrupted");
            }
            return Delivery.delivered();
        });
        Logger log = (Logger) LoggerFactory.getLogger(Relay.class);
        BreakingLog breaking = new BreakingLog();
        breaking.start();
        log.addAppender(breaking);
        try (Relay relay = Relay.start(config(outbox, sink))) {
            outbox.write("a", 1);
            asked.await();
            BreakingSockets.breakThread("tidemark-duties");
            Awaitility.await()
                    .dontCatchUncaughtExceptions() // the thread ends by that of the log
                    .atMost(Duration.ofMinutes(2))
                    .until(() -> relay.failure().isPresent());
            for (String page : List.of("live", "ready")) {
                assertThat(health(relay, page)).contains("\"relay\":\"it stops, for it cannot go on: see the log\"");
            }
            answers.countDown();
            assertThat(relay.awaitStopped(Duration.ofMinutes(2))).isTrue();
        } finally {
            answers.countDown();
            log.detachAppender(breaking);
        }
    }

    /** An error comes of what is logged at ERROR. */
    private static final class BreakingLog extends UnsynchronizedAppenderBase<ILoggingEvent> {

        @Override
        protected void append(ILoggingEvent event) {
            if (event.getLevel() == Level.ERROR) {
                throw new StackOverflowError("of the test");
            }
        }
    }

    private static String health(Relay relay, String page) throws Exception {
        URI uri = URI.create("http://127.0.0.1:" + relay.opsPort() + "/health/" + page);
        return HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
                .body();
    }

    /** @param atTheStart whether it breaks as soon as it runs, for later it seldom does anything */
    private static void assertTheRelayEnds(String thread, boolean atTheStart) throws Exception {
        OutboxFixture outbox = new OutboxFixture(server);
        RecordingSink sink = new RecordingSink();
        if (atTheStart) {
            BreakingSockets.breakThread(thread);
        }
        try (Relay relay = Relay.start(config(outbox, sink))) {
            if (!atTheStart) {
                outbox.write("a", 1);
                sink.awaitDistinct(1);
                BreakingSockets.breakThread(thread);
            }
            Awaitility.await()
                    .atMost(Duration.ofMinutes(2))
                    .until(() -> relay.failure().isPresent());
            assertThat(relay.failure().orElseThrow())
                    .hasMessage("thread " + thread + " cannot go on: java.lang.StackOverflowError: of the test");
            assertThat(relay.awaitStopped(Duration.ofMinutes(2))).isTrue();
        }
        BreakingSockets.breakNone();
        long job = new RedeliveryAdmin(outbox.backlog()::connect, outbox.slot()).request("shop", Which.all());
        outbox.write("a", 2);
        int before = sink.delivered().size();
        try (Relay relay = Relay.start(config(outbox, sink))) {
            Awaitility.await()
                    .atMost(Duration.ofMinutes(2))
                    .until(() -> sink.delivered().stream()
                            .skip(before)
                            .anyMatch(event -> ("replay:" + job).equals(event.redelivery())));
            assertThat(relay.failure()).isEmpty();
        }
    }

    private static RelayConfig config(OutboxFixture outbox, RecordingSink sink) {
        RelayConfig plain = outbox.config(outbox.subscriber("shop", sink).build());
        SourceConfig source = plain.source();
        return RelayConfig.builder()
                .source(source.toBuilder()
                        .url(BreakingSockets.url(source.url()))
                        .build())
                .ops(plain.ops())
                .shutdown(new ShutdownConfig(Duration.ofMinutes(1)))
                .subscriber(plain.subscribers().get(0))
                .build();
    }
}
