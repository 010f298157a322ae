package dev.tidemark.relay.sink;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisCommandExecutionException;
import org.junit.jupiter.api.Test;

/** What the tests with a server do not get it to say. */
class RedisOutcomeTest {

    private static Delivery of(String message) {
        return RedisOutcome.of(new RedisCommandExecutionException(message), "adding")
                .delivery();
    }

    /** Any other fault of the protocol is the connection's, or that of something on the way. */
    @Test
    void onlyWhatIsTooLargeIsRejectedForTheProtocol() {
        assertThat(of("ERR Protocol error: invalid bulk length")).isInstanceOf(Delivery.Rejected.class);
        assertThat(of("ERR Protocol error: invalid multibulk length")).isEqualTo(Delivery.retry("adding answered ERR"));
        assertThat(of("ERR Protocol error: expected '$', got 'x'")).isEqualTo(Delivery.retry("adding answered ERR"));
    }

    @Test
    void aConnectionIsRefusedWhereAnotherOneMayDoBetter() {
        assertThat(refuses("READONLY You can't write against a read only replica."))
                .isTrue();
        assertThat(refuses("MASTERDOWN Link with MASTER is down")).isTrue();
        assertThat(refuses("NOAUTH Authentication required.")).isTrue();
        assertThat(refuses("OOM command not allowed")).isFalse();
        assertThat(RedisOutcome.refusesTheConnection(new IllegalStateException("READONLY")))
                .isFalse();
    }

    private static boolean refuses(String message) {
        return RedisOutcome.refusesTheConnection(new RedisCommandExecutionException(message));
    }
}
