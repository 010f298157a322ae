package dev.tidemark.relay.sink;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.tidemark.testkit.Broker;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** When a silent connection is given up, by a clock of the test's own. */
class RedisLinkTest {

    private static final Duration TIMEOUT = Duration.ofSeconds(10);

    private final AtomicLong nanos = new AtomicLong(System.nanoTime());
    private final Broker broker = Broker.redis();
    private final RedisLink link =
            new RedisLink(RedisURI.create(broker.uri().toString()), TIMEOUT, Map.of(), nanos::get);
    private StatefulRedisConnection<String, byte[]> connection;

    @BeforeEach
    void connect() throws Exception {
        connection = link.connection().get();
    }

    @AfterEach
    void close() {
        link.close();
        broker.close();
    }

    private void unansweredAfter(Duration wait) {
        nanos.addAndGet(wait.toNanos());
        link.unanswered(connection);
    }

    /** What a server got while it stood still must come before what it gets later: that is so on one connection. */
    @Test
    void itIsKeptForThreeTimeoutsThoughNothingWasSentForLong() {
        nanos.addAndGet(Duration.ofHours(1).toNanos());
        unansweredAfter(TIMEOUT);
        unansweredAfter(TIMEOUT);
        assertThat(connection.isOpen()).isTrue();
        unansweredAfter(TIMEOUT);
        await().until(() -> !connection.isOpen());
    }

    @Test
    void anyAnswerShowsThatItLeadsSomewhere() {
        unansweredAfter(TIMEOUT);
        unansweredAfter(TIMEOUT);
        link.answered();
        unansweredAfter(TIMEOUT);
        unansweredAfter(TIMEOUT);
        assertThat(connection.isOpen()).isTrue();
    }
}
