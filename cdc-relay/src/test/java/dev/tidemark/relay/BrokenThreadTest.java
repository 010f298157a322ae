package dev.tidemark.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.tidemark.relay.backlog.Redelivery.Which;
import dev.tidemark.relay.backlog.RedeliveryAdmin;
import dev.tidemark.relay.config.RelayConfig;
import dev.tidemark.relay.config.SourceConfig;
import dev.tidemark.testkit.PostgresServer;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

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
                .shutdown(plain.shutdown())
                .subscriber(plain.subscribers().get(0))
                .build();
    }
}
